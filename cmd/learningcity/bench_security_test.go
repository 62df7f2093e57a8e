//go:build bench

package main_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

// rowSecurity compares the program with itself on a copy of the database in
// which row-level security is off, and nothing else differs.
func (b *bench) rowSecurity(t *testing.T) {
	w := b.newWorld(t, "twin-worlds")
	bare := w.withoutRowSecurity(t)
	program := b.serve(t, "program", w.environment()...)
	unguarded := b.serve(t, "program without row-level security", bare.environment()...)
	contests := b.contests(t, program, w)
	for i := range contests {
		c := &contests[i]
		c.least, c.most = 0.9, 0
		switch c.name { // each database has versions of its own
		case saving:
			c.floor.load = claimLoad(t, unguarded, bare)
		case accepting:
			c.floor.load = verdictLoad(t, unguarded, bare)
		}
		c.hold(t, program, unguarded, warmUp)
		c.program.results, c.floor.results = nil, nil
	}
	for range rounds {
		for i := range contests {
			contests[i].hold(t, program, unguarded, stretch)
		}
	}
	report(t, "no row-level security", contests)
}

// withoutRowSecurity copies the world, which nobody may be connected to, and
// takes the second lock off the copy.
func (w world) withoutRowSecurity(t *testing.T) world {
	t.Helper()
	const copied = "bare"
	of := func(name string) *strings.Replacer { return strings.NewReplacer("/"+database+"?", "/"+name+"?") }
	world{ownerURL: of("postgres").Replace(w.ownerURL)}.exec(t, "CREATE DATABASE "+copied+" TEMPLATE "+database)
	bare := world{appURL: of(copied).Replace(w.appURL), ownerURL: of(copied).Replace(w.ownerURL), open: w.open, accepted: w.accepted}
	bare.exec(t, `DO $$ DECLARE guarded regclass; BEGIN
		FOR guarded IN SELECT oid FROM pg_class WHERE relrowsecurity LOOP
			EXECUTE format('ALTER TABLE %s DISABLE ROW LEVEL SECURITY', guarded);
		END LOOP; END $$`)
	bare.exec(t, "VACUUM ANALYZE")
	return bare
}

func (w world) exec(t *testing.T, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), w.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}
