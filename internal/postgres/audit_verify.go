package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// ErrNotOwner means that the login does not see the whole record, so that rows
// would look as if they had been removed.
var ErrNotOwner = errors.New("this login does not see the whole record; verify as the owner of the database")

// VerifyAudit compares the whole record with its seals, as the owner of the
// database, who alone sees all of it, and with the heads. It reads one state of the
// database and changes nothing; what is wrong stands in the check's Faults.
func VerifyAudit(ctx context.Context, ownerURL string, key tracker.SealKey, heads ...tracker.Seal) (*tracker.SealCheck, error) {
	conn, err := connectOwner(ctx, ownerURL)
	if err != nil {
		return nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	check := &tracker.SealCheck{Key: key, Heads: heads}
	err = pgx.BeginTxFunc(ctx, conn, reading, func(tx pgx.Tx) error {
		hidden := false
		err := tx.QueryRow(ctx, `SELECT row_security_active('public.audit'), coalesce(max(audit_id), 0) FROM public.audit_seal`).
			Scan(&hidden, &check.Last)
		if err != nil {
			return fmt.Errorf("read the seals: %w", err)
		}
		if hidden {
			return ErrNotOwner
		}
		return checkRows(ctx, tx, check)
	})
	if err != nil {
		return nil, meaning(err)
	}
	check.End()
	return check, nil
}

func connectOwner(ctx context.Context, ownerURL string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(ownerURL)
	if err != nil {
		return nil, fmt.Errorf("read the owner's database address: %w", err)
	}
	// What the database itself defines is not asked: it could have been replaced.
	config.RuntimeParams["search_path"] = "pg_catalog"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("connect as owner: %w", err)
	}
	return conn, nil
}

// checkRows shows the check each row beside its seal. The hash is that of the
// function audit_hashes, computed here from the columns.
func checkRows(ctx context.Context, tx pgx.Tx, check *tracker.SealCheck) error {
	rows, err := tx.Query(ctx, `
		SELECT coalesce(a.id, 0), sha256(convert_to(jsonb_build_array(a.id, a.city_id, a.account_id, a.act, a.subject,
		           a.before::text, a.after::text, (extract(epoch FROM a.recorded_at) * 1000000)::bigint,
		           a.request_id, a.address)::text, 'UTF8')),
		       coalesce(s.position, 0), coalesce(s.audit_id, 0), s.seal
		FROM public.audit a FULL JOIN public.audit_seal s ON s.audit_id = a.id
		ORDER BY coalesce(s.audit_id, a.id)`)
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	var row tracker.HashedRow
	var seal tracker.Seal
	var rowHash, sealHash []byte
	_, err = pgx.ForEachRow(rows, []any{&row.ID, &rowHash, &seal.Position, &seal.RowID, &sealHash}, func() error {
		copy(row.Hash[:], rowHash)
		copy(seal.Seal[:], sealHash)
		check.Row(row, row.ID != 0, seal)
		return nil
	})
	if err != nil {
		return fmt.Errorf("read the record: %w", err)
	}
	return nil
}
