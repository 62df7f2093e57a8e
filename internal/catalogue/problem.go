package catalogue

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing wrong with a file.
type Problem struct {
	File  string
	Line  int    // from 1
	Where string // the place in words, such as "indicator 1.1.1"; empty for the file as a whole
	What  string
}

// String returns the problem the way compilers print theirs.
func (p Problem) String() string {
	if p.Where == "" {
		return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What)
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.Where, p.What)
}

// ProblemsError lists what is wrong with a file, in the order of its lines.
type ProblemsError struct {
	Problems []Problem
	Omitted  int // problems beyond the first thousand, counted and not kept
}

// Error prints one problem per line.
func (e *ProblemsError) Error() string {
	lines := make([]string, 0, len(e.Problems)+1)
	for _, p := range e.Problems {
		lines = append(lines, p.String())
	}
	if e.Omitted > 0 {
		lines = append(lines, fmt.Sprintf("and %d more problems", e.Omitted))
	}
	return strings.Join(lines, "\n")
}

// maxProblems keeps the report of a hostile file small.
const maxProblems = 1000

// problemLog collects the problems of one file.
type problemLog struct {
	file    string
	renamed map[string]string // keys that the file must no longer use, and their new names
	found   []Problem
	omitted int
	broken  bool // something is missing or of the wrong type, so that values must not be compared
}

func (l *problemLog) add(line int, where, format string, args ...any) {
	if len(l.found) == maxProblems {
		l.omitted++
		return
	}
	l.found = append(l.found, Problem{l.file, line, where, fmt.Sprintf(format, args...)})
}

func (l *problemLog) empty() bool { return len(l.found) == 0 }

func (l *problemLog) err() error {
	if l.empty() {
		return nil
	}
	slices.SortStableFunc(l.found, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return &ProblemsError{Problems: l.found, Omitted: l.omitted}
}

// quote shows a text of the file in a message, shortened: the text may be as
// long as the file.
func quote(s string) string {
	const most = 80
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
