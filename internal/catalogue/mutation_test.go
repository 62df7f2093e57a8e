package catalogue

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"

	"learningcity/internal/tracker"
)

// mutation is a small damage to one of the embedded files and the problems it
// must cause, as Problem prints them but without the name of the file.
type mutation struct {
	name  string
	after string // where to begin looking; the beginning of the file when empty
	old   string
	new   string
	to    string // damages everything from old up to this text
	every bool   // damages every old
	want  []string
}

// toEnd as mutation.to damages the rest of the file.
const toEnd = "$"

func (m mutation) apply(t *testing.T, data []byte) []byte {
	t.Helper()
	head, rest := cut(t, string(data), m.after)
	if m.every {
		return []byte(head + strings.ReplaceAll(rest, m.old, m.new))
	}
	before, tail := cut(t, rest, m.old)
	before = strings.TrimSuffix(before, m.old)
	switch m.to {
	case "":
	case toEnd:
		tail = ""
	default:
		skipped, after := cut(t, tail, m.to)
		tail = skipped[len(skipped)-len(m.to):] + after
	}
	return []byte(head + before + m.new + tail)
}

// cut splits s behind the first sep.
func cut(t *testing.T, s, sep string) (before, after string) {
	t.Helper()
	i := strings.Index(s, sep)
	if i < 0 {
		t.Fatalf("the file does not contain %q", sep)
	}
	return s[:i+len(sep)], s[i+len(sep):]
}

// report returns the problems of an error without the name of their file.
func report(t *testing.T, file string, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var problems *ProblemsError
	if !errors.As(err, &problems) {
		t.Fatalf("error is %T, want *ProblemsError: %v", err, err)
	}
	var lines []string
	for _, line := range strings.Split(err.Error(), "\n") {
		rest, ok := strings.CutPrefix(line, file+":")
		if !ok {
			t.Errorf("line %q does not name %s", line, file)
		}
		lines = append(lines, rest)
	}
	return lines
}

func compare(t *testing.T, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("problems are\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// firstArea is the beginning of the framework file, up to its second area. It
// is a framework too, with the same lines, and read in a fraction of the time.
var firstArea, _, _ = bytes.Cut(frameworkData, []byte("      - code: \"2\"\n"))

// testFramework damages all of the framework file or its first area.
func testFramework(t *testing.T, data []byte, mutations []mutation) {
	t.Parallel()
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadFramework(frameworkFile, m.apply(t, data))
			compare(t, report(t, frameworkFile, err), m.want)
		})
	}
}

// testOwn also checks that another city may have such a framework.
func testOwn(t *testing.T, mutations []mutation) {
	t.Parallel()
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			data := m.apply(t, frameworkData)
			_, err := readOwnFramework(frameworkFile, data)
			compare(t, report(t, frameworkFile, err), m.want)
			_, err = ReadFramework(frameworkFile, data)
			compare(t, report(t, frameworkFile, err), nil)
		})
	}
}

func testDemonstration(t *testing.T, mutations []mutation) {
	t.Parallel()
	fw := mustFramework(t)
	for _, m := range mutations {
		t.Run(m.name, func(t *testing.T) {
			t.Parallel()
			_, err := ReadDemonstration(demonstrationFile, m.apply(t, demonstrationData), fw)
			compare(t, report(t, demonstrationFile, err), m.want)
		})
	}
}

// readOnce reads the undamaged framework, which the tests share.
var readOnce = sync.OnceValues(Framework)

func mustFramework(t testing.TB) tracker.Framework {
	t.Helper()
	fw, err := readOnce()
	if err != nil {
		t.Fatal(err)
	}
	return fw
}
