//go:build bench

package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"learningcity/internal/postgres"
)

const (
	connections = 16
	stretch     = 3 * time.Second // of one load in one round
	warmUp      = time.Second

	saving, accepting = "saving a claim", "accepting, one reviewer"
)

// contest is one thing that both the program and the floor are asked for, and
// what they came to by round.
type contest struct {
	name           string
	least          float64 // of the floor's throughput
	most           float64 // times the floor's p50; 0: not asked
	program, floor side
}

type side struct {
	load    load
	results []result
}

// throughput compares the program with the floor on the same database. Pages
// are read from some cities and claims saved in others, so that the pages stay
// as long as they are.
func (b *bench) throughput(t *testing.T) {
	w := b.newWorld(t, "world")
	program := b.serve(t, "program", w.environment()...)
	order := floorOrder{DatabaseURL: w.appURL, Connections: postgres.DefaultConns()}
	order.Overview, _ = ask(t, program, get(0, ""))
	order.List, _ = ask(t, program, get(0, "/indicators"))
	order.Entry, _ = ask(t, program, get(0, "/indicators/"+shownIndicator))
	order.Save, _ = ask(t, program, firstClaims(t, program, w, manyCities-1).next())
	order.Verdict, _ = ask(t, program, firstVerdicts(t, program, w, manyCities-1).next())
	floor := b.startFloor(t, order)
	contests := b.contests(t, program, w)
	for i := range contests {
		contests[i].hold(t, program, floor, warmUp)
		contests[i].program.results, contests[i].floor.results = nil, nil
	}
	for range rounds {
		for i := range contests {
			contests[i].hold(t, program, floor, stretch)
		}
	}
	report(t, "the floor", contests)
}

func (b *bench) contests(t *testing.T, program *process, w world) []contest {
	t.Helper()
	var all []contest
	for _, page := range []struct{ name, path string }{
		{"dashboard", ""}, {"list", "/indicators"}, {"indicator", "/indicators/" + shownIndicator},
	} {
		all = append(all, contest{name: page.name, least: 0.5,
			program: side{load: pageLoad(page.path)}, floor: side{load: pageLoad(page.path)}})
	}
	return append(all, contest{name: saving, least: 0.4,
		program: side{load: claimLoad(t, program, w)}, floor: side{load: claimLoad(t, program, w)}},
		contest{name: accepting, least: 0.4, most: 2,
			program: side{load: verdictLoad(t, program, w)}, floor: side{load: verdictLoad(t, program, w)}})
}

// pageLoad reads one page of two cities on each connection.
func pageLoad(path string) load {
	l := load{status: http.StatusOK}
	for i := range connections {
		l.scripts = append(l.scripts, &turns{requests: [][]byte{get(i, path), get(i+connections, path)}})
	}
	return l
}

// claimLoad saves in cities that no page is read from, one on each connection.
func claimLoad(t *testing.T, program *process, w world) load {
	t.Helper()
	l := load{status: http.StatusSeeOther}
	for i := range connections {
		l.scripts = append(l.scripts, firstClaims(t, program, w, 2*connections+i))
	}
	return l
}

var (
	versionField = regexp.MustCompile(`name="version" value="(\d+)"`)
	claimField   = regexp.MustCompile(`data-claim="([a-z_]+)"`)
)

// firstClaims learns the versions of a city's open entries from their pages.
func firstClaims(t *testing.T, program *process, w world, city int) *claims {
	t.Helper()
	s := &claims{}
	for _, code := range w.open {
		_, text := ask(t, program, get(city, "/indicators/"+code))
		version, claim := versionField.FindStringSubmatch(text), claimField.FindStringSubmatch(text)
		if version == nil || claim == nil {
			t.Fatalf("the page of %s in %s holds no version or claim", code, slug(city))
		}
		number, _ := strconv.Atoi(version[1]) // digits by the pattern
		s.entries = append(s.entries, claimedEntry{city: city, code: code, version: number, claim: claim[1]})
	}
	return s
}

// ask sends one request and returns what the floor is to answer to it.
func ask(t *testing.T, p *process, request []byte) (answer, string) {
	t.Helper()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := conn.Write(request); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{Status: got.StatusCode, Header: got.Header, Size: len(text)}, string(text)
}

// hold lets both sides run once. Who begins changes from round to round.
func (c *contest) hold(t *testing.T, program, floor *process, length time.Duration) {
	t.Helper()
	turn := []func(){
		func() { c.program.run(t, "program, "+c.name, program, length) },
		func() { c.floor.run(t, "floor, "+c.name, floor, length) },
	}
	if len(c.floor.results)%2 == 1 {
		slices.Reverse(turn)
	}
	for _, run := range turn {
		run()
	}
}

func (s *side) run(t *testing.T, name string, p *process, length time.Duration) {
	t.Helper()
	r, err := s.load.run(p.addr, length)
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, p.said())
	}
	s.results = append(s.results, r)
}

// report prints the middle of the rounds and checks the ratios. Each ratio is
// the middle of the rounds' ratios, whose two sides met the same machine.
func report(t *testing.T, other string, contests []contest) {
	t.Helper()
	var bounds []bound
	for _, c := range contests {
		bounds = append(bounds,
			bound{what: c.name, value: c.ratio(perSecond), limit: c.least, atLeast: true, format: "%.2f",
				extra: fmt.Sprintf("%.0f requests a second; %s %.0f", c.program.middle(perSecond), other, c.floor.middle(perSecond))},
			bound{what: c.name + ", p99", value: c.ratio(p99), limit: 3, format: "%.2f",
				extra: fmt.Sprintf("p50 %.1f ms, p99 %.1f ms; %s %.1f ms, %.1f ms",
					c.program.middle(p50), c.program.middle(p99), other, c.floor.middle(p50), c.floor.middle(p99))})
		if c.most > 0 {
			bounds = append(bounds, bound{what: c.name + ", p50", value: c.ratio(p50), limit: c.most, format: "%.2f",
				extra: fmt.Sprintf("p50 %.2f ms; %s %.2f ms", c.program.middle(p50), other, c.floor.middle(p50))})
		}
	}
	check(t, fmt.Sprintf("Throughput and latency at %d connections, as ratios to %s", connections, other), bounds)
}

func perSecond(r result) float64 { return r.perSecond }
func p50(r result) float64       { return 1000 * r.p50.Seconds() }
func p99(r result) float64       { return 1000 * r.p99.Seconds() }

func (c contest) ratio(of func(result) float64) float64 {
	var ratios []float64
	for i := range c.program.results {
		ratios = append(ratios, of(c.program.results[i])/of(c.floor.results[i]))
	}
	return median(ratios)
}

func (s side) middle(of func(result) float64) float64 {
	var values []float64
	for _, r := range s.results {
		values = append(values, of(r))
	}
	return median(values)
}
