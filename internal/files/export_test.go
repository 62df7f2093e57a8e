package files

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
