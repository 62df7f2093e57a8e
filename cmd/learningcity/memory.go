package main

import (
	"math"
	"runtime/debug"
)

const (
	// heapLimit is what Go may hold before it collects in earnest. Two passwords
	// that are being checked take 38 MiB of it.
	heapLimit = 64 << 20
	// garbagePercent lets garbage come to ten times what is in use. Little is in
	// use, and at Go's own 100 a fifth of the time would go into collecting.
	garbagePercent = 1000
)

// limitMemory trades memory that nobody misses for time, below a limit. Who
// sets GOGC or GOMEMLIMIT has the say.
func limitMemory() {
	if debug.SetMemoryLimit(-1) == math.MaxInt64 {
		debug.SetMemoryLimit(heapLimit)
	}
	if before := debug.SetGCPercent(garbagePercent); before != 100 {
		debug.SetGCPercent(before)
	}
}
