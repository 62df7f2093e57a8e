package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"

	"learningcity/internal/tracker"
)

// meaning translates what the database says into the errors of package
// tracker. What it does not know passes through: a fault of the program.
func meaning(err error) error {
	if err == nil || known(err) {
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pgMeaning(pg, err)
	}
	if connectionLost(err) {
		return fmt.Errorf("%w: %w", tracker.ErrUnavailable, err)
	}
	return err
}

func known(err error) bool {
	var invalid *tracker.InvalidError
	return errors.As(err, &invalid) || errors.Is(err, tracker.ErrNotFound) ||
		errors.Is(err, tracker.ErrForbidden) || errors.Is(err, tracker.ErrConflict) ||
		errors.Is(err, tracker.ErrEnded) || errors.Is(err, tracker.ErrLinkOver) ||
		errors.Is(err, tracker.ErrSecondStep) || errors.Is(err, tracker.ErrSecondStepMissing)
}

// pgMeaning goes by the class of the SQLSTATE. A broken constraint becomes an
// *InvalidError whose message key is the constraint's name.
func pgMeaning(pg *pgconn.PgError, err error) error {
	switch {
	case pg.Code == "40001" || pg.Code == "40P01": // serialization, deadlock
		return fmt.Errorf("%w: %w", tracker.ErrConflict, err)
	case strings.HasPrefix(pg.Code, "23") && pg.ConstraintName != "":
		return fmt.Errorf("%w: %w", tracker.Invalid("", pg.ConstraintName), err)
	case unavailable(pg.Code):
		return fmt.Errorf("%w: %w", tracker.ErrUnavailable, err)
	}
	return err
}

// atField puts a broken constraint to the field that people can mend it in.
func atField(field, constraint string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) && pg.ConstraintName == constraint {
		return fmt.Errorf("%w: %w", tracker.Invalid(field, constraint), err)
	}
	return err
}

// unavailable: connection trouble, no room, shutting down or starting, a
// statement or a lock that took too long.
func unavailable(code string) bool {
	return strings.HasPrefix(code, "08") || strings.HasPrefix(code, "53") || strings.HasPrefix(code, "57") ||
		code == "55P03" || code == "25P03"
}

func connectionLost(err error) bool {
	var connect *pgconn.ConnectError
	var network net.Error
	return errors.As(err, &connect) || errors.As(err, &network) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		errors.Is(err, context.DeadlineExceeded) ||
		errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "closed pool")
}
