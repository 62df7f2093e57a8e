package text

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// readPlain reads UTF-8, and UTF-16 that begins with its mark.
func readPlain(_ context.Context, file *os.File, to *sink) error {
	all := bufio.NewReader(transform.NewReader(file, unicode.BOMOverride(unicode.UTF8.NewDecoder())))
	piece := make([]rune, 0, 4096)
	for {
		c, _, err := all.ReadRune()
		if err != nil || len(piece) == cap(piece) {
			if full := to.add(string(piece)); full != nil {
				return full
			}
			piece = piece[:0]
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		piece = append(piece, c)
	}
}
