package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal opens a pair of a terminal and the hand that types at it.
func terminal(t *testing.T) (hand, terminal *os.File) {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { hand.Close() })
	n, err := unix.IoctlGetInt(int(hand.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(hand.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { terminal.Close() })
	return hand, terminal
}

func echoes(t *testing.T, f *os.File) bool {
	t.Helper()
	state, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		t.Error(err) // also from beside the test
		return false
	}
	return state.Lflag&unix.ECHO != 0
}

// awaitSilence waits until the terminal does not show what is typed.
func awaitSilence(t *testing.T, terminal *os.File) {
	t.Helper()
	for range 500 {
		if !echoes(t, terminal) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the terminal shows what is typed")
}

// typing is where prompts appear; each one is answered with the next line.
type typing struct {
	t        *testing.T
	hand, at *os.File
	lines    []string
	prompts  strings.Builder
	answers  sync.WaitGroup
}

func (h *typing) Write(prompt []byte) (int, error) {
	h.prompts.Write(prompt)
	if strings.HasSuffix(string(prompt), ": ") && len(h.lines) > 0 {
		line := h.lines[0]
		h.lines = h.lines[1:]
		h.answers.Go(func() {
			awaitSilence(h.t, h.at)
			_, _ = h.hand.WriteString(line + "\n")
		})
	}
	return len(prompt), nil
}

// TestPasswordAtATerminal: asked for twice, not shown, and the terminal shows
// again what is typed afterwards.
func TestPasswordAtATerminal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		lines []string
		want  string
		err   error
	}{
		{[]string{"một câu dài dễ nhớ", "một câu dài dễ nhớ"}, "một câu dài dễ nhớ", nil},
		{[]string{"một câu dài dễ nhớ", "một câu khác"}, "", errPasswordsDiffer},
	} {
		hand, at := terminal(t)
		h := &typing{t: t, hand: hand, at: at, lines: tt.lines}
		got, err := askPassword(t.Context(), at, h)
		h.answers.Wait()
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%q: %q, %v", tt.lines, got, err)
		}
		if want := "Password, at least 12 characters: \nThe same again: \n"; h.prompts.String() != want {
			t.Errorf("prompts %q", h.prompts.String())
		}
		if !echoes(t, at) {
			t.Error("the terminal stays silent")
		}
	}
}

// TestPasswordInterrupted: Ctrl-C ends the question and leaves the terminal as
// it was.
func TestPasswordInterrupted(t *testing.T) {
	t.Parallel()
	_, at := terminal(t)
	// Never closed, or the reading that is left behind would meet another file.
	copied, err := unix.Dup(int(at.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		awaitSilence(t, at)
		cancel()
	}()
	if _, err := askHidden(ctx, copied, io.Discard, "Password: "); !errors.Is(err, context.Canceled) {
		t.Errorf("the error is %v", err)
	}
	if !echoes(t, at) {
		t.Error("the terminal stays silent")
	}
}
