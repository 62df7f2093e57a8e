package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

var sealKey = tracker.SealKey{1, 2, 3}

// sealed is a database with a record of some acts, all of them sealed.
func sealed(t testing.TB) (*pgtest.Database, *town) {
	t.Helper()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	w.bring(t, described, "achieved/accepted*")
	n, err := sealAll(t.Context(), db.Store, sealKey)
	must(t, err)
	if want := db.Count(t, `SELECT count(*) FROM audit`); n != want || n < 20 {
		t.Fatalf("%d rows sealed, there are %d", n, want)
	}
	return db, w
}

// sealAll seals without a head that was kept.
func sealAll(ctx context.Context, s *postgres.Store, key tracker.SealKey) (int, error) {
	_, n, err := s.SealAudit(ctx, key, tracker.Seal{})
	return n, err
}

func head(t testing.TB, db *pgtest.Database) *tracker.Seal {
	t.Helper()
	h, err := db.Store.AuditHead(t.Context())
	must(t, err)
	return &h
}

const insertRow = `INSERT INTO audit (act, subject, recorded_at, request_id, address) VALUES ('sign_in', 'session', now(), 'x', 'y')`

// TestAuditHead: there is none before the first seal.
func TestAuditHead(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	if _, err := db.Store.AuditHead(t.Context()); !errors.Is(err, tracker.ErrNotFound) {
		t.Errorf("head of nothing: %v", err)
	}
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 0 || err != nil {
		t.Errorf("%d rows sealed of none: %v", n, err)
	}
	db.Exec(t, insertRow)
	_, err := sealAll(t.Context(), db.Store, sealKey)
	must(t, err)
	hash := db.Lines(t, `SELECT encode(hash, 'hex') FROM audit_hashes(0, 9, 9)`)[0]
	var row tracker.Hash
	must(t, row.UnmarshalText([]byte(hash)))
	if got, want := *head(t, db), (tracker.Seal{Position: 1, RowID: 1, Seal: sealKey.Seal(tracker.Hash{}, row)}); got != want {
		t.Errorf("head %v, want %v", got, want)
	}
}

// writer is a transaction that has written an act and not yet ended.
func writer(t testing.TB, db *pgtest.Database) pgx.Tx {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.URL)
	must(t, err)
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	tx, err := conn.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), insertRow)
	must(t, err)
	return tx
}

// TestOlderIDCommitsLater: an id that was given out first appears last. The
// sealer waits for it, seals in the order of ids, and holds nobody up.
func TestOlderIDCommitsLater(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(pgx.Tx, context.Context) error{"commit": pgx.Tx.Commit, "rollback": pgx.Tx.Rollback} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, w := sealed(t)
			older := writer(t, db)
			younger := writer(t, db)
			must(t, younger.Commit(t.Context()))
			done := make(chan error, 1)
			sealer := db.Open(t, pgtest.Options{})
			go func() {
				_, err := sealAll(t.Context(), sealer, sealKey)
				done <- err
			}()
			select {
			case err := <-done:
				t.Fatalf("it did not wait: %v", err)
			case <-time.After(3 * time.Second / 2):
			}
			w.bring(t, measured, "achieved/accepted") // while it waits, people act
			must(t, end(older, t.Context()))
			select {
			case err := <-done:
				must(t, err)
			case <-time.After(10 * time.Second):
				t.Fatal("it waits for ever")
			}
			check := verify(t, db, nil)
			if len(check.Faults) != 0 || check.Unsealed == 0 {
				t.Errorf("faults %v, %d not sealed", check.Faults, check.Unsealed)
			}
			if n := db.Count(t, `SELECT count(*) FROM audit a JOIN audit_seal s ON s.audit_id = a.id WHERE a.request_id = 'x'`); n != map[string]int{"commit": 2, "rollback": 1}[name] {
				t.Errorf("%d of the two rows are sealed", n)
			}
		})
	}
}

// TestLowerIDHigherTransaction: transactions need not take their row's ids in
// the order in which they began, so the order of transaction ids proves nothing.
func TestLowerIDHigherTransaction(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	first, err := db.Owner.Begin(t.Context())
	must(t, err)
	_, err = first.Exec(t.Context(), `SELECT pg_current_xact_id()`)
	must(t, err)
	second := writer(t, db)
	_, err = first.Exec(t.Context(), insertRow)
	must(t, err)
	must(t, first.Commit(t.Context()))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if n, err := sealAll(ctx, db.Store, sealKey); n != 0 || err == nil {
		t.Errorf("%d rows sealed while an older one is under way: %v", n, err)
	}
	must(t, second.Commit(t.Context()))
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 2 || err != nil {
		t.Errorf("%d rows sealed: %v", n, err)
	}
	if faults := verify(t, db, nil).Faults; len(faults) != 0 {
		t.Errorf("faults %v", faults)
	}
}

// TestTwoSealers and many writers, some of which give up: one chain without faults.
func TestTwoSealers(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	stop := make(chan struct{})
	var sealers []chan error
	for range 2 {
		done := make(chan error, 1)
		sealers = append(sealers, done)
		store := db.Open(t, pgtest.Options{})
		go func() {
			for {
				if _, err := sealAll(t.Context(), store, sealKey); err != nil {
					done <- err
					return
				}
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
			}
		}()
	}
	writeAtOnce(t, db)
	close(stop)
	for _, done := range sealers {
		must(t, <-done)
	}
	_, err := sealAll(t.Context(), db.Store, sealKey)
	must(t, err)
	check := verify(t, db, head(t, db))
	if all := int64(db.Count(t, `SELECT count(*) FROM audit`)); len(check.Faults) != 0 || check.Sealed != all || check.Unsealed != 0 {
		t.Errorf("faults %v, %d sealed of %d, %d not", check.Faults, check.Sealed, all, check.Unsealed)
	}
}

// writeAtOnce lets several transactions overlap for a while.
func writeAtOnce(t testing.TB, db *pgtest.Database) {
	t.Helper()
	var writers []chan error
	for n := range 4 {
		done := make(chan error, 1)
		writers = append(writers, done)
		conn, err := pgx.Connect(t.Context(), db.URL)
		must(t, err)
		t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
		go func() {
			for i := range 60 {
				end := "COMMIT"
				if i%5 == n {
					end = "ROLLBACK"
				}
				pause := fmt.Sprintf("SELECT pg_sleep(%d / 1000.0)", (i*7+n*3)%20)
				if _, err := conn.Exec(t.Context(), strings.Join([]string{"BEGIN", insertRow, pause, insertRow, end}, "; ")); err != nil {
					done <- err
					return
				}
			}
			done <- nil
		}()
	}
	for _, done := range writers {
		must(t, <-done)
	}
}

// TestAnotherProgramSeals: who does not get the lock does nothing.
func TestAnotherProgramSeals(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	db.Exec(t, insertRow)
	tx, err := db.Owner.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), `SELECT pg_advisory_xact_lock(hashtext('learningcity seal'))`)
	must(t, err)
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 0 || err != nil {
		t.Errorf("%d rows sealed beside another program: %v", n, err)
	}
	must(t, tx.Rollback(t.Context()))
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 1 || err != nil {
		t.Errorf("%d rows sealed: %v", n, err)
	}
}

// TestManyRowsAreSealedInPieces: more than one transaction takes.
func TestManyRowsAreSealedInPieces(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	db.Exec(t, insertMany)
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 2500 || err != nil {
		t.Errorf("%d rows sealed: %v", n, err)
	}
	if faults := verify(t, db, nil).Faults; len(faults) != 0 {
		t.Errorf("faults %v", faults)
	}
}

const insertMany = `INSERT INTO audit (act, subject, before, after, recorded_at, request_id, address)
	SELECT 'sign_in', E'ê "\\" \n đ' || n, jsonb_build_object('n', n / 7.0, 'x', E'\u00e9\t<>&'), to_jsonb(array[n, NULL]), now() + n * interval '1 us', 'x', 'y'
	FROM generate_series(1, 2500) n`

// TestSealsAreAppendOnly for the app, and tell it nothing of other cities' rows.
func TestSealsAreAppendOnly(t *testing.T) {
	t.Parallel()
	db, w := sealed(t)
	for _, sql := range []string{`UPDATE audit_seal SET position = position`, `DELETE FROM audit_seal`, `TRUNCATE audit_seal`} {
		asApp(t, db, w.id, func(tx pgx.Tx) {
			if _, err := tx.Exec(t.Context(), sql); codeOf(err) != "42501" {
				t.Errorf("%s: %v", sql, err)
			}
		})
	}
	got := db.Lines(t, `SELECT format('%s: %s', proname, pg_get_function_result(oid)) FROM pg_proc WHERE proname IN ('audit_edge', 'audit_hashes') ORDER BY 1`)
	want := []string{"audit_edge: TABLE(newest bigint, writers text[])", "audit_hashes: TABLE(id bigint, hash bytea)"}
	if !slices.Equal(got, want) {
		t.Errorf("the sealer's functions give %q", got)
	}
}

// keep seals and returns the newest seal, as who keeps it beside the key does.
func keep(t testing.TB, db *pgtest.Database, kept tracker.Seal) tracker.Seal {
	t.Helper()
	kept, _, err := db.Store.SealAudit(t.Context(), sealKey, kept)
	must(t, err)
	return kept
}

// TestAlteredRowsAreNotSealedAnew: whoever changes rows and takes their seals
// away does not get new ones, once the head is kept outside the database.
func TestAlteredRowsAreNotSealedAnew(t *testing.T) {
	t.Parallel()
	for name, sql := range map[string][]string{
		"changed, without their seals": {`UPDATE audit SET subject = 'x' WHERE id = 10`, `DELETE FROM audit_seal WHERE audit_id >= 10`},
		"cut off":                      {`DELETE FROM audit WHERE id >= 10`, `DELETE FROM audit_seal WHERE audit_id >= 10`},
		"all seals gone":               {`DELETE FROM audit_seal`},
		"another seal in its place":    {`UPDATE audit_seal SET seal = sha256('x') WHERE position = (SELECT max(position) FROM audit_seal)`},
		"another row in its place":     {`UPDATE audit_seal SET audit_id = audit_id + 100 WHERE position = (SELECT max(position) FROM audit_seal)`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, w := sealed(t)
			kept := keep(t, db, tracker.Seal{})
			if kept != *head(t, db) {
				t.Errorf("kept is %v", kept)
			}
			for _, one := range sql {
				db.Exec(t, one)
			}
			seals := db.Count(t, `SELECT count(*) FROM audit_seal`)
			w.bring(t, measured, "achieved/awaiting")
			got, n, err := db.Store.SealAudit(t.Context(), sealKey, kept)
			if n != 0 || got != kept || !errors.Is(err, tracker.ErrHeadLost) {
				t.Errorf("%d rows sealed, head %v: %v", n, got, err)
			}
			if now := db.Count(t, `SELECT count(*) FROM audit_seal`); now != seals {
				t.Errorf("%d new seals", now-seals)
			}
			if err := db.Store.CheckAuditHead(t.Context(), kept); !errors.Is(err, tracker.ErrHeadLost) {
				t.Errorf("looked at: %v", err)
			}
		})
	}
}

// TestAnotherProgramIsAhead: the head that one of them kept is an older seal of
// the same record, and stands.
func TestAnotherProgramIsAhead(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	kept := keep(t, db, tracker.Seal{})
	db.Exec(t, insertMany)
	ahead := keep(t, db, kept)
	if ahead.Position != kept.Position+2500 {
		t.Errorf("ahead is %d after %d", ahead.Position, kept.Position)
	}
	must(t, db.Store.CheckAuditHead(t.Context(), kept))
	db.Exec(t, insertRow)
	if got := keep(t, db, kept); got != *head(t, db) || got.Position != ahead.Position+1 {
		t.Errorf("from an older head: %v", got)
	}
	if got := keep(t, db, kept); got != *head(t, db) {
		t.Errorf("with nothing new: %v", got)
	}
}

// TestAcceptAuditHead: what an older backup cost is on record, and sealing goes on.
func TestAcceptAuditHead(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	kept := keep(t, db, tracker.Seal{})
	db.Exec(t, `DELETE FROM audit WHERE id > $1 - 3`, kept.RowID)
	db.Exec(t, `DELETE FROM audit_seal WHERE audit_id > $1 - 3`, kept.RowID)
	now, err := db.Store.AcceptAuditHead(t.Context(), tracker.Operator(), kept)
	if err != nil || now != *head(t, db) || now.Position != kept.Position-3 {
		t.Errorf("accepted is %v: %v", now, err)
	}
	want := fmt.Sprintf("accept_audit_head audit t %d %d", kept.Position, now.Position)
	if got := db.Lines(t, `SELECT concat_ws(' ', act, subject, account_id IS NULL, before->>'seals', after->>'seals') FROM audit ORDER BY id DESC LIMIT 1`); got[0] != want {
		t.Errorf("recorded is %q, want %q", got[0], want)
	}
	if got := keep(t, db, now); got.Position != now.Position+1 {
		t.Errorf("sealed up to %v", got)
	}
	db.Exec(t, `DELETE FROM audit_seal`)
	if none, err := db.Store.AcceptAuditHead(t.Context(), tracker.Operator(), now); err != nil || none != (tracker.Seal{}) {
		t.Errorf("of nothing: %v, %v", none, err)
	}
}
