package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"learningcity/internal/tracker"
)

var errPasswordsDiffer = errors.New("the two passwords differ; nothing was done")

// askPassword reads a password twice from a terminal that does not show it, or
// the first line of an input that is no terminal.
func askPassword(ctx context.Context, in *os.File, prompts io.Writer) (string, error) {
	terminal := int(in.Fd())
	if !term.IsTerminal(terminal) {
		line, err := bufio.NewReader(in).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	first, err := askHidden(ctx, terminal, prompts, fmt.Sprintf("Password, at least %d characters: ", tracker.MinPassword))
	if err != nil {
		return "", err
	}
	again, err := askHidden(ctx, terminal, prompts, "The same again: ")
	if err != nil {
		return "", err
	}
	if first != again {
		return "", errPasswordsDiffer
	}
	return first, nil
}

// askHidden reads one line without echo. Ctrl-C cannot end the reading itself,
// so the terminal is put right and the reading left behind.
func askHidden(ctx context.Context, terminal int, prompts io.Writer, prompt string) (string, error) {
	before, err := term.GetState(terminal)
	if err != nil {
		return "", fmt.Errorf("look at the terminal: %w", err)
	}
	if _, err := io.WriteString(prompts, prompt); err != nil {
		return "", err
	}
	defer func() { _, _ = io.WriteString(prompts, "\n") }() // nobody sees the line end that was typed
	type reading struct {
		line []byte
		err  error
	}
	done := make(chan reading, 1)
	go func() {
		line, err := term.ReadPassword(terminal)
		done <- reading{line, err}
	}()
	select {
	case r := <-done:
		return string(r.line), r.err
	case <-ctx.Done():
		return "", errors.Join(ctx.Err(), term.Restore(terminal, before))
	}
}
