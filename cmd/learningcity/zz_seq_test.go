//go:build bench

package main_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestDevSeq(t *testing.T) {
	b := newBench(t)
	if o := os.Getenv("DEV_BIN"); o != "" {
		b.program = o
	}
	w := world{appURL: os.Getenv("DATABASE_URL"), ownerURL: os.Getenv("LEARNINGCITY_OWNER_URL")}
	o, _ := os.ReadFile("/tmp/lcdev/open")
	w.open = strings.Fields(string(o))
	o, _ = os.ReadFile("/tmp/lcdev/accepted")
	w.accepted = strings.Fields(string(o))
	logs := func(v string) {
		c, err := pgx.Connect(t.Context(), w.ownerURL)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Exec(t.Context(), "ALTER ROLE learningcity_app SET log_min_duration_statement="+v); err != nil {
			t.Fatal(err)
		}
		c.Close(t.Context())
	}
	program := b.serve(t, "program", append(w.environment(), "LEARNINGCITY_DATA_DIR=/tmp/lcdev/data")...)
	var l load
	switch os.Getenv("DEV_WHAT") {
	case "claim":
		l = load{status: http.StatusSeeOther, scripts: []script{firstClaims(t, program, w, 880)}}
	case "verdict":
		l = load{status: http.StatusSeeOther, scripts: []script{firstVerdicts(t, program, w, 902)}}
	default:
		l = load{status: 200, scripts: []script{&turns{requests: [][]byte{get(3, os.Getenv("DEV_WHAT"))}}}}
	}
	program.stop()
	logs("0")
	defer logs("-1")
	program = b.serve(t, "program", append(w.environment(), "LEARNINGCITY_DATA_DIR=/tmp/lcdev/data")...)
	l.run(program.addr, 500*time.Millisecond)
	exec.Command("sh", "-c", "truncate -s 0 /tmp/learningcity-bench-*/world/postgres.log").Run()
	r, err := l.run(program.addr, 2*time.Second)
	fmt.Println(r, err)
	exec.Command("sh", "-c", "cp /tmp/learningcity-bench-*/world/postgres.log /tmp/lcdev/pg.log").Run()
}
