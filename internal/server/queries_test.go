package server_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres/pgtest"
)

// counter counts the queries that pages send. BEGIN, COMMIT and the setting of
// a connection's role are not a page's own.
type counter struct {
	mu  sync.Mutex
	all []string
}

func (c *counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	c.count(data.SQL)
	return ctx
}

func (c *counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (c *counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery: queries count, not round trips.
func (c *counter) TraceBatchQuery(_ context.Context, _ *pgx.Conn, data pgx.TraceBatchQueryData) {
	c.count(data.SQL)
}

func (c *counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

func (c *counter) count(sql string) {
	sql = strings.Join(strings.Fields(sql), " ")
	for _, prefix := range []string{"begin", "commit", "rollback", "set role", "-- ping"} {
		if strings.HasPrefix(strings.ToLower(sql), prefix) {
			return
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, sql)
}

// take returns the queries since it was called last.
func (c *counter) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := c.all
	c.all = nil
	return all
}

// TestQueriesOfAPage: six at most, three for an indicator's evidence, its advice and what is said of it and two more of a department, looking the session up included, whatever is
// asked of today and however many cities there are. A past day asks besides what
// departments were called and who led what, and an indicator's page which there are.
func TestQueriesOfAPage(t *testing.T) {
	t.Parallel()
	queries := &counter{}
	s := newSiteOn(t, pgtest.Options{Demo: true, Tracer: queries}).invite()
	s.as(leader).get(entryPath("7.2.2")) // a program reads once what never changes
	for _, email := range []string{coordinator, leader, overseer} {
		v := s.as(email)
		for path, want := range map[string]int{
			dashboard: 6, dashboard + "?on=2024-08-13": 8, dashboard + "?assessment=1&lang=en": 6,
			list: 6, list + "?area=7&q=so&state=open": 6, list + "?on=2024-08-13": 8, list + "?assignee=none": 7,
			entryPath("7.2.2"): 9, entryPath("1.1.1") + "?on=2024-08-13": 11,
			ofCulture: 8, dashboard + "/tasks": 5, dashboard + "/tasks/1": 6, dashboard + "/recommendations": 5, dashboard + "/recommendations/1": 6,
			"/cities": 2, "/": 1, "/healthz": 0, "/nowhere": 0,
		} {
			queries.take()
			got := v.get(path)
			if sent := queries.take(); len(sent) != want || got.status >= http.StatusInternalServerError {
				t.Errorf("%s answers %d after %d queries; want %d:\n%s", path, got.status, len(sent), want, strings.Join(sent, "\n"))
			}
		}
	}
	v := s.as(coordinator)
	for path, want := range map[string]int{
		"/cities/ha-long/assignments": 7, "/cities/ha-long/assignments?department=CUL": 7, "/cities/ha-long/assessments": 4,
		"/cities/ha-long/assessments/new": 4, "/cities/ha-long/assessments/1/close": 4, "/cities/ha-long/assessments/1/submission": 9, "/cities/ha-long/departments": 4,
		entryPath("7.2.2") + "/threads": 6, entryPath("7.2.2") + "/threads/new": 6, "/cities/ha-long/directions?department=CUL": 4,
		"/cities/ha-long/departments/new": 4, "/cities/ha-long/departments/CUL/rename": 4, "/cities/ha-long/departments/CUL/retire": 4,
	} {
		queries.take()
		v.get(path).expect(http.StatusOK)
		if sent := queries.take(); len(sent) != want {
			t.Errorf("%s sends %d queries; want %d:\n%s", path, len(sent), want, strings.Join(sent, "\n"))
		}
	}
	v = s.as(admin) // who also sees the cities that are not theirs to read
	queries.take()
	v.get("/cities").expect(http.StatusOK)
	equal(t, "queries of the admin's list", len(queries.take()), 3)
	v.get("/frameworks").expect(http.StatusOK)
	equal(t, "queries of the frameworks", len(queries.take()), 2)
}
