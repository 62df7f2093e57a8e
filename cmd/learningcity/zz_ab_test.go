//go:build bench

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
)

func TestDevAB(t *testing.T) {
	b := newBench(t)
	w := world{appURL: os.Getenv("DATABASE_URL"), ownerURL: os.Getenv("LEARNINGCITY_OWNER_URL")}
	o, _ := os.ReadFile("/tmp/lcdev/open")
	w.open = strings.Fields(string(o))
	o, _ = os.ReadFile("/tmp/lcdev/accepted")
	w.accepted = strings.Fields(string(o))
	base, _ := strconv.Atoi(os.Getenv("DEV_CITY"))
	what := os.Getenv("DEV_WHAT")
	rounds, _ := strconv.Atoi(os.Getenv("DEV_ROUNDS"))
	names := strings.Fields(os.Getenv("DEV_BINS"))
	var programs []*process
	for i, n := range names {
		b.program = "/tmp/lcdev/lc" + n
		programs = append(programs, b.serve(t, fmt.Sprint("program", i), append(w.environment(), "LEARNINGCITY_DATA_DIR=/tmp/lcdev/data")...))
	}
	order := floorOrder{DatabaseURL: w.appURL, Connections: postgres.DefaultConns()}
	order.Save = answer{Status: 303, Header: http.Header{"Location": {"/x"}}}
	order.Verdict = order.Save
	order.Overview, _ = ask(t, programs[0], get(0, ""))
	order.List, _ = ask(t, programs[0], get(0, "/indicators"))
	order.Entry, _ = ask(t, programs[0], get(0, "/indicators/"+shownIndicator))
	programs = append(programs, b.startFloor(t, order))
	names = append(names, "floor")
	var loads []load
	for k := range programs {
		var l load
		switch what {
		case "claim":
			l = load{status: http.StatusSeeOther}
			for i := range connections {
				l.scripts = append(l.scripts, firstClaims(t, programs[0], w, base+k*connections+i))
			}
		case "accept":
			l = load{status: http.StatusSeeOther, scripts: []script{firstVerdicts(t, programs[0], w, base+k)}}
		default:
			l = pageLoad(what)
		}
		loads = append(loads, l)
	}
	rps, lat := map[string][]float64{}, map[string][]float64{}
	for r := range rounds + 1 {
		for k := range programs {
			i := (k + r) % len(programs)
			res, err := loads[i].run(programs[i].addr, 500*time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if r > 0 {
				rps[names[i]] = append(rps[names[i]], res.perSecond)
				lat[names[i]] = append(lat[names[i]], float64(res.p50.Microseconds()))
			}
		}
	}
	for _, n := range names {
		var rr, ll []float64
		for i := range rps[n] {
			rr = append(rr, rps[n][i]/rps["floor"][i])
			ll = append(ll, lat[n][i]/lat["floor"][i])
		}
		fmt.Printf("%-12s %-8s rps %6.0f of floor %.3f  p50 %5.0f us, times the floor's %.3f\n", what, n, median(rps[n]), median(rr), median(lat[n]), median(ll))
	}
}
