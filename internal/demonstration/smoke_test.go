package demonstration_test

import (
	"testing"
	"time"

	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestSmoke(t *testing.T) {
	start := time.Now()
	d := pgtest.New(t, pgtest.Options{Demo: true})
	t.Log(time.Since(start))
	rows, err := d.Owner.Query(t.Context(), "select email, id from account")
	_ = rows
	t.Log(err)
	_ = tracker.Operator()
	start = time.Now()
	d = pgtest.New(t, pgtest.Options{Demo: true})
	t.Log(time.Since(start))
	t.Log(d.Count(t, "select count(*) from status_change"))
}
