package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// TestMeaning: each way in which a database fails has one meaning, and what is
// not known stays what it was.
func TestMeaning(t *testing.T) {
	t.Parallel()
	said := func(code, constraint string) error {
		return fmt.Errorf("write: %w", &pgconn.PgError{Code: code, ConstraintName: constraint})
	}
	bug, canceled := errors.New("a fault of the program"), fmt.Errorf("write: %w", context.Canceled)
	missing, vague := said("42P01", ""), said("23502", "")
	for _, tt := range []struct {
		name      string
		err, want error
	}{
		{"nothing", nil, nil},
		{"serialization failure", said("40001", ""), tracker.ErrConflict},
		{"deadlock", said("40P01", ""), tracker.ErrConflict},
		{"unique", said("23505", "city_slug_once"), tracker.Invalid("", "city_slug_once")},
		{"foreign key", said("23503", "entry_department_fkey"), tracker.Invalid("", "entry_department_fkey")},
		{"check", said("23514", "account_name_is_text"), tracker.Invalid("", "account_name_is_text")},
		{"not null has no name", vague, vague},
		{"no such table", missing, missing},
		{"lock timeout", said("55P03", ""), tracker.ErrUnavailable},
		{"statement timeout", said("57014", ""), tracker.ErrUnavailable},
		{"shutting down", said("57P01", ""), tracker.ErrUnavailable},
		{"crashed", said("57P02", ""), tracker.ErrUnavailable},
		{"starting", said("57P03", ""), tracker.ErrUnavailable},
		{"too many connections", said("53300", ""), tracker.ErrUnavailable},
		{"disk full", said("53100", ""), tracker.ErrUnavailable},
		{"connection failure", said("08006", ""), tracker.ErrUnavailable},
		{"idle in transaction", said("25P03", ""), tracker.ErrUnavailable},
		{"end of file", fmt.Errorf("read: %w", io.EOF), tracker.ErrUnavailable},
		{"half a message", fmt.Errorf("read: %w", io.ErrUnexpectedEOF), tracker.ErrUnavailable},
		{"broken pipe", fmt.Errorf("write: %w", syscall.EPIPE), tracker.ErrUnavailable},
		{"reset", fmt.Errorf("read: %w", syscall.ECONNRESET), tracker.ErrUnavailable},
		{"network", &net.OpError{Op: "dial", Err: errors.New("no route")}, tracker.ErrUnavailable},
		{"closed", errors.New("conn closed"), tracker.ErrUnavailable},
		{"out of time", fmt.Errorf("wait: %w", context.DeadlineExceeded), tracker.ErrUnavailable},
		{"the person went away", canceled, canceled},
		{"a fault", bug, bug},
		{"a refusal", tracker.ErrForbidden, tracker.ErrForbidden},
		{"a conflict", fmt.Errorf("act: %w", tracker.ErrConflict), tracker.ErrConflict},
		{"an invalid input", tracker.Invalid("note", "note.error.long"), tracker.Invalid("note", "note.error.long")},
	} {
		got := postgres.Meaning(tt.err)
		if !same(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if tt.err != nil && !errors.Is(got, tt.err) {
			t.Errorf("%s: %v does not say where it came from", tt.name, got)
		}
		for _, other := range []error{tracker.ErrConflict, tracker.ErrUnavailable} {
			if errors.Is(got, other) && !errors.Is(tt.want, other) {
				t.Errorf("%s: %v also means %v", tt.name, got, other)
			}
		}
	}
}
