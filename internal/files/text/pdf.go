package text

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// limited sets limits that the program cannot raise again and becomes it. The
// shell is the one way to set them before a program runs; where a system knows
// no such limit, that on time remains.
const limited = `ulimit -v %d 2>/dev/null; ulimit -t %d 2>/dev/null; ulimit -c 0 2>/dev/null; exec "$0" "$@"`

// readPDF runs pdftotext. It opens nothing but the file: it is given no address
// of a network, no environment and no other file.
func (e *Extractor) readPDF(ctx context.Context, file *os.File, to *sink) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	script := fmt.Sprintf(limited, maxMemory>>10, int(maxTime.Seconds()))
	cmd := exec.CommandContext(ctx, "/bin/sh", "-c", script, e.pdfToText, "-q", "-enc", "UTF-8", "-nopgbrk", file.Name(), "-")
	cmd.Env = []string{"LC_ALL=C.UTF-8"}
	cmd.WaitDelay = time.Second
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	read := readLines(out, to)
	if read != nil {
		stop() // there is enough, or no time
	}
	if err := cmd.Wait(); read == nil {
		return err
	}
	return read
}

// readLines takes text line by line: a piece must not end inside a character.
func readLines(r io.Reader, to *sink) error {
	lines := bufio.NewReaderSize(r, 64<<10)
	for {
		line, err := lines.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			// A line of 64 KiB: what is cut at its end is dropped as invalid.
			err = nil
		}
		if full := to.add(string(bytes.ToValidUTF8(line, nil))); full != nil {
			return full
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
