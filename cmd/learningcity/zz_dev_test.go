//go:build bench

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestDevWorld(t *testing.T) {
	b := newBench(t)
	w := b.newWorld(t, "world")
	os.WriteFile("/tmp/lcdev/open", []byte(strings.Join(w.open, " ")), 0o600)
	os.WriteFile("/tmp/lcdev/accepted", []byte(strings.Join(w.accepted, " ")), 0o600); os.WriteFile("/tmp/lcdev/env", []byte(fmt.Sprintf("export DATABASE_URL='%s' LEARNINGCITY_OWNER_URL='%s'\n", w.appURL, w.ownerURL)), 0o600)
	for range 7200 {
		time.Sleep(time.Second)
		if _, err := os.Stat("/tmp/lcdev/stop"); err == nil {
			return
		}
	}
}

func ticks(pid int) int {
	s, _ := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	f := strings.Fields(string(s[strings.LastIndex(string(s), ")")+1:]))
	a, _ := strconv.Atoi(f[11])
	b, _ := strconv.Atoi(f[12])
	return a + b
}

func pgTicks() int {
	m, _ := filepath.Glob("/tmp/learningcity-bench-*/world/postgres-*/postmaster.pid")
	c, _ := os.ReadFile(m[len(m)-1])
	pm, _ := strconv.Atoi(strings.Fields(string(c))[0])
	all, _ := filepath.Glob("/proc/[0-9]*/stat")
	n := 0
	for _, p := range all {
		s, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		f := strings.Fields(string(s[strings.LastIndex(string(s), ")")+1:]))
		if f[1] == strconv.Itoa(pm) {
			a, _ := strconv.Atoi(f[11])
			b, _ := strconv.Atoi(f[12])
			n += a + b
		}
	}
	return n
}

func TestDevCost(t *testing.T) {
	b := newBench(t)
	if o := os.Getenv("DEV_BIN"); o != "" {
		b.program = o
	}
	w := world{appURL: os.Getenv("DATABASE_URL"), ownerURL: os.Getenv("LEARNINGCITY_OWNER_URL")}
	o, _ := os.ReadFile("/tmp/lcdev/open")
	w.open = strings.Fields(string(o)); o, _ = os.ReadFile("/tmp/lcdev/accepted"); w.accepted = strings.Fields(string(o))
	program := b.serve(t, "program", append(w.environment(), "LEARNINGCITY_DATA_DIR=/tmp/lcdev/data")...)
	order := floorOrder{DatabaseURL: w.appURL, Connections: 2}
	order.Overview, _ = ask(t, program, get(0, ""))
	order.List, _ = ask(t, program, get(0, "/indicators"))
	order.Entry, _ = ask(t, program, get(0, "/indicators/"+shownIndicator))
	order.Save = answer{Status: 303, Header: http.Header{"Location": {"/x"}}}; order.Verdict = order.Save
	floor := b.startFloor(t, order)
	d := 4 * time.Second
	gen0 := 0
	for _, c := range b.contests(t, program, w) {
		c.hold(t, program, floor, 500*time.Millisecond)
		var tot [2]float64
		var rps [2]float64
		for i := range 2 {
			p := []*process{program, floor}[i]
			s := []*side{&c.program, &c.floor}[i]
			if i == 1 && strings.Contains(c.name, "sav") {
				continue
			}
			a, g := ticks(p.cmd.Process.Pid), pgTicks()
			gen0 = ticks(os.Getpid())
			if i == 0 {
				exec.Command("sh", "-c", "curl -s -o '/tmp/lcdev/cpu-"+c.name+".prof' 'http://127.0.0.1:9302/debug/pprof/profile?seconds=3' &").Start()
			}
			s.run(t, "x", p, d)
			n := s.results[len(s.results)-1].perSecond * d.Seconds()
			own, pg, gen := float64(ticks(p.cmd.Process.Pid)-a)*10/n, float64(pgTicks()-g)*10/n, float64(ticks(os.Getpid())-gen0)*10/n
			tot[i] = own + pg + gen
			rps[i] = n / d.Seconds()
			fmt.Printf("%-15s %d  rps %6.0f  own %.2f  pg %.2f gen %.2f  p99 %v\n", c.name, i, rps[i], own, pg, gen, s.results[len(s.results)-1].p99)
		}
		fmt.Printf("       CPU ratio %.2f  rps ratio %.2f\n", tot[1]/tot[0], rps[0]/rps[1])
	}
}

func TestDevLoad(t *testing.T) {
	for _, p := range []string{"", "/indicators", "/indicators/" + shownIndicator} {
		if o := os.Getenv("DEV_PAGE"); o != "" && o != p && !(o == "/" && p == "") {
			continue
		}
		r, err := pageLoad(p).run(os.Getenv("DEV_ADDR"), 6*time.Second)
		fmt.Println(p, r, err)
	}
}
