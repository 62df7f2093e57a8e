package files

import "os"

// OnStep calls f at each step of an upload to the store.
func OnStep(store Store, f func(step string)) {
	switch s := store.(type) {
	case *Disk:
		s.reached = f
	case *S3:
		s.reached = f
	}
}

// IsFull reports whether an error of the disk is held for a full one.
var IsFull = isFull

// WriteLarge writes more than is left for the last flush.
func WriteLarge(file *os.File) error {
	w := &diskWriter{file: file, flush: true}
	for range 2 * flushEvery / bufferSize {
		if _, err := w.Write(make([]byte, bufferSize)); err != nil {
			return err
		}
	}
	return w.wait()
}
