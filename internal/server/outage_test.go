package server_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/config"
	"learningcity/internal/demonstration"
	"learningcity/internal/pgserver"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/server/htmlcheck"
)

// outage is a site on a database server of its own, which can stop.
type outage struct {
	*site
	options  pgserver.Options
	database *pgserver.Server
}

func newOutage(t *testing.T) *outage {
	t.Helper()
	c, err := config.FromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	dir, err := os.MkdirTemp("", "learningcity-outage-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	o := &outage{options: pgserver.Options{
		Dir: dir, BinDir: c.PostgresBin, CacheDir: c.CacheDir, Settings: map[string]string{"fsync": "off"}}}
	o.start(t)
	t.Cleanup(func() { o.stop(t) })
	o.site = &site{t: t, journal: &journal{}, home: home}
	settings := options(t, o.journal)
	settings.Store = o.load(t)
	o.server = server.New(settings)
	o.server.Open()
	return o
}

func (o *outage) start(t *testing.T) {
	t.Helper()
	var err error
	if o.database, err = pgserver.Start(t.Context(), o.options); err != nil {
		t.Fatal(err)
	}
}

func (o *outage) stop(t *testing.T) {
	t.Helper()
	if err := o.database.Stop(context.WithoutCancel(t.Context())); err != nil {
		t.Error(err)
	}
}

// load prepares the database like a first start, but for slow hashes.
func (o *outage) load(t *testing.T) *postgres.Store {
	t.Helper()
	owner := o.database.URL("postgres", pgserver.Owner)
	framework, err := catalogue.Framework()
	if err != nil {
		t.Fatal(err)
	}
	store, err := postgres.Open(t.Context(), postgres.Options{URL: o.database.URL("postgres", postgres.AppRole)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	for _, step := range []func() error{
		func() error { return postgres.Migrate(t.Context(), owner, "") },
		func() error { return postgres.ImportFramework(t.Context(), owner, framework, pgtest.Now) },
		func() error { return store.Ready(t.Context()) },
		func() error {
			return demonstration.Load(t.Context(), store, demonstration.Options{Zone: pgtest.Zone, Hash: pgtest.CheapHash})
		},
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// storm stops the database while many people read, and returns what they were
// answered, each until the first page that was not there.
func (o *outage) storm(t *testing.T, v *visitor) map[int]bool {
	t.Helper()
	const many = 6
	seen, reading := map[int]bool{}, make(chan struct{}, many)
	var mu sync.Mutex
	var wait sync.WaitGroup
	for range many {
		wait.Go(func() {
			for status := 0; status == 0 || status == http.StatusOK; {
				status = v.get(dashboard).status
				mu.Lock()
				seen[status] = true
				mu.Unlock()
				select {
				case reading <- struct{}{}:
				default:
				}
			}
		})
	}
	for range many {
		<-reading
	}
	o.stop(t)
	wait.Wait()
	return seen
}

// TestDatabaseStops: under load and after it, every page says so honestly and at once, and works again
// by itself when the database is back.
func TestDatabaseStops(t *testing.T) {
	t.Parallel()
	o := newOutage(t)
	v := o.as(staff)
	version := v.version("7.2.2")
	if seen := o.storm(t, v); !maps.Equal(seen, map[int]bool{http.StatusOK: true, http.StatusServiceUnavailable: true}) {
		t.Errorf("answers while it stopped: %v", seen)
	}
	began := time.Now()
	for _, got := range []answer{
		v.get("/"), v.get(dashboard), v.get(list), v.get(entryPath("7.2.2")), v.get("/sign-in"),
		v.post(entryPath("7.2.2")+"/claim", "version", version, "claim", "achieved"),
		v.post("/sign-in", "email", staff, "password", "x"), v.post("/sign-out"),
	} {
		got.expect(http.StatusServiceUnavailable, says(say(t, "error.unavailable.title")), says(got.header.Get("X-Request-Id")))
		equal(t, "Retry-After", got.header.Get("Retry-After"), "5")
	}
	equal(t, "readyz", v.get("/readyz").status, http.StatusServiceUnavailable)
	equal(t, "healthz", v.get("/healthz").status, http.StatusOK)
	v.get("/nowhere").expect(http.StatusNotFound)
	equal(t, "within seconds", time.Since(began) < 10*time.Second, true)
	o.start(t)
	equal(t, "readyz again", v.get("/readyz").status, http.StatusOK)
	v.post(entryPath("7.2.2")+"/claim", "version", version, "claim", "achieved").redirects(entryPath("7.2.2")).follow().
		expect(http.StatusOK, htmlcheck.In("[data-claim]", htmlcheck.HasAttr("data-claim", "achieved")))
}
