package pgserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// A child is a running program of PostgreSQL.
type child struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when the program has ended
	err  error         // how it ended; read it after done
}

// launch starts cmd and closes done when it ends.
func launch(cmd *exec.Cmd, done chan struct{}) (*child, error) {
	c := &child{cmd: cmd, done: done}
	started := make(chan error)
	go c.live(started)
	if err := <-started; err != nil {
		return nil, err
	}
	return c, nil
}

// live sees the program through. The kernel signals a child when the thread
// that started it ends, not the process, so the thread is kept for as long.
func (c *child) live(started chan<- error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := c.cmd.Start(); err != nil {
		started <- err
		return
	}
	started <- nil
	c.err = c.cmd.Wait()
	close(c.done)
}

// wait returns how the program ended; it is made to end when ctx does.
func (c *child) wait(ctx context.Context) error {
	select {
	case <-c.done:
		return c.err
	case <-ctx.Done():
	}
	_ = c.end(context.WithoutCancel(ctx), orderly) // that it ends is all that counts
	return ctx.Err()
}

// A demand is a signal and the time to obey it.
type demand struct {
	signal   syscall.Signal
	patience time.Duration
}

// PostgreSQL's own shutdown modes: fast lets it write a checkpoint, immediate
// leaves recovery to the next start and gives up on stuck backends after 5 s.
var (
	orderly  = []demand{{syscall.SIGINT, 10 * time.Second}, {syscall.SIGQUIT, 7 * time.Second}, {syscall.SIGKILL, time.Minute}}
	unwanted = orderly[1:]
)

// end makes the server stop by ever stronger demands. The end of ctx cuts the
// patience with the first one short, and only that: a server must not be left
// behind. It returns an error unless the server obeyed the first.
func (c *child) end(ctx context.Context, demands []demand) error {
	select {
	case <-c.done:
		return fmt.Errorf("postgresql had ended by itself: %v", c.cmd.ProcessState)
	default:
	}
	for i, demand := range demands {
		_ = c.cmd.Process.Signal(demand.signal) // fails when it has just ended
		if !c.endsWithin(ctx, demand.patience) {
			ctx = context.WithoutCancel(ctx)
			continue
		}
		if i > 0 {
			return fmt.Errorf("postgresql did not stop when asked and took %v", demand.signal)
		}
		return nil
	}
	return fmt.Errorf("postgresql, process %d, does not end", c.cmd.Process.Pid)
}

func (c *child) endsWithin(ctx context.Context, patience time.Duration) bool {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
		return false
	case <-timer.C:
		return false
	}
}

// childEnvironment is all that PostgreSQL sees of ours: variables such as
// PGPORT or LC_ALL would otherwise change what it does from person to person.
func childEnvironment() []string {
	return []string{"LC_ALL=C", "PATH=/usr/local/bin:/usr/bin:/bin"}
}

// logTail returns what a file gained since it was start bytes long, for the
// end of an error message.
func logTail(path string, start int64) string {
	content, err := os.ReadFile(path)
	if err != nil || int64(len(content)) < start {
		return ""
	}
	return tail(content[start:])
}

// tail shortens output to what fits into an error message.
func tail(output []byte) string {
	output = bytes.TrimSpace(output)
	if len(output) == 0 {
		return ""
	}
	const enough = 1500
	return ":\n" + string(output[max(0, len(output)-enough):])
}
