//go:build bench

// The bench measures the built program against floors that it ships, side by
// side in one run. Absolute numbers are the machine's and are only printed;
// the bounds are on ratios, on memory and on bytes. It needs Linux's /proc.
package main_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"learningcity/internal/config"
)

// rounds is how often everything is measured, interleaved; the middle counts.
const rounds = 5

func TestBench(t *testing.T) {
	b := newBench(t)
	t.Run("Start", b.starts)
	t.Run("Memory", b.memory)
	t.Run("Streams", b.streams)
	t.Run("Wire", b.wire)
	t.Run("Throughput", b.throughput)
	t.Run("RowSecurity", b.rowSecurity)
	t.Run("Storm", b.storm)
	t.Run("Evidence", b.evidence)
}

// bench is what all measurements share.
type bench struct {
	dir     string // on this machine's disk, open to whom PostgreSQL runs as
	program string // the built program
	config  config.Config
}

func newBench(t *testing.T) *bench {
	t.Helper()
	c, err := config.FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "learningcity-bench-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	// PostgreSQL may have to run as another user, who must get through.
	if err := os.Chmod(dir, 0o711); err != nil {
		t.Fatal(err)
	}
	b := &bench{dir: dir, program: filepath.Join(dir, "learningcity"), config: c}
	build := exec.Command("go", "build", "-trimpath", "-o", b.program, ".")
	if said, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, said)
	}
	return b
}

// bound is what a measurement must keep to.
type bound struct {
	what          string
	value, limit  float64
	atLeast       bool // else at most
	format, extra string
}

// check prints the bounds as a table and fails for each that is broken.
func check(t *testing.T, title string, bounds []bound) {
	t.Helper()
	var text bytes.Buffer
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	for _, b := range bounds {
		sign, kept := "≤", b.value <= b.limit
		if b.atLeast {
			sign, kept = "≥", b.value >= b.limit
		}
		verdict := "ok"
		if !kept {
			verdict = "BROKEN"
			t.Errorf("%s is "+b.format+", must be %s "+b.format, b.what, b.value, sign, b.limit)
		}
		fmt.Fprintf(w, "  %s\t"+b.format+"\t%s "+b.format+"\t%s\t%s\n", b.what, b.value, sign, b.limit, verdict, b.extra)
	}
	_ = w.Flush() // into memory
	t.Logf("%s\n%s", title, strings.TrimRight(text.String(), "\n"))
}

// median returns the middle of an odd number of values.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// shownIndicator is one with figures, texts and a history to show.
const shownIndicator = "7.2.2"
