package files

import (
	"errors"
	"io"
	"sync"
	"sync/atomic"
)

// What is on its way to the writers of a spread: 1 MiB at most.
const (
	pieceSize  = 256 << 10
	mostPieces = 4
)

// piece is a part of what was read, until the last writer is done with it.
type piece struct {
	all, filled []byte
	users       atomic.Int32
}

// spreading gives the same bytes to several writers, each of which works in a
// goroutine of its own: a file is hashed while its last bytes are being written
// and the next ones come.
type spreading struct {
	queues []chan *piece
	free   chan *piece
	made   int
	failed chan struct{} // closed with the first error of a writer
	once   sync.Once
	err    error
}

// spread reads r to its end and returns how much there was. All writers have
// returned when it does; the first error of one ends it.
func spread(r io.Reader, writers []io.Writer) (n int64, err error) {
	s := &spreading{free: make(chan *piece, mostPieces), failed: make(chan struct{})}
	var working sync.WaitGroup
	for _, w := range writers {
		queue := make(chan *piece, mostPieces)
		s.queues = append(s.queues, queue)
		working.Go(func() { s.work(w, queue) })
	}
	defer func() { // also where the reader panics
		for _, queue := range s.queues {
			close(queue)
		}
		if working.Wait(); s.err != nil {
			err = s.err
		}
	}()
	return s.read(r)
}

// read goes on until the reader or a writer ends it.
func (s *spreading) read(r io.Reader) (n int64, err error) {
	for err == nil {
		p := s.next()
		if p == nil {
			return n, nil // spread knows the error
		}
		p.filled, err = fill(p.all, r)
		n += int64(len(p.filled))
		p.users.Store(int32(len(s.queues))) //nolint:gosec // a few
		for _, queue := range s.queues {
			queue <- p
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return n, err
}

// fill is io.ReadFull that leaves the reader's errors as they are: one of a cut
// connection is io.ErrUnexpectedEOF.
func fill(all []byte, r io.Reader) (filled []byte, err error) {
	for len(filled) < len(all) && err == nil {
		var n int
		n, err = r.Read(all[len(filled):])
		filled = all[:len(filled)+n]
	}
	return filled, err
}

// next is a piece that nobody uses, as soon as there is one; nil after an error.
func (s *spreading) next() *piece {
	select {
	case <-s.failed:
		return nil
	default:
	}
	if len(s.free) == 0 && s.made < mostPieces { // a small file needs one
		s.made++
		return &piece{all: make([]byte, pieceSize)}
	}
	select {
	case p := <-s.free:
		return p
	case <-s.failed:
		return nil
	}
}

// work writes what comes; after an error it only lets go of it.
func (s *spreading) work(w io.Writer, queue <-chan *piece) {
	var err error
	for p := range queue {
		if err == nil {
			if _, err = w.Write(p.filled); err != nil {
				s.once.Do(func() {
					s.err = err
					close(s.failed)
				})
			}
		}
		if p.users.Add(-1) == 0 {
			s.free <- p
		}
	}
}
