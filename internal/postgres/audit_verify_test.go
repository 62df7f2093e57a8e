package postgres_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

func verify(t testing.TB, db *pgtest.Database, head *tracker.Seal) *tracker.SealCheck {
	t.Helper()
	var heads []tracker.Seal
	if head != nil {
		heads = append(heads, *head)
	}
	check, err := postgres.VerifyAudit(t.Context(), db.OwnerURL, sealKey, heads...)
	must(t, err)
	return check
}

// TestSealedRecordIsWhole: sealed in one go or piece by piece, with gaps that
// rollbacks leave, and with a head, there is nothing to find.
func TestSealedRecordIsWhole(t *testing.T) {
	t.Parallel()
	db, w := sealed(t)
	early := head(t, db)
	// A refused act takes an id and gives it back to nobody.
	tx, err := db.Owner.Begin(t.Context())
	must(t, err)
	_, err = tx.Exec(t.Context(), insertRow)
	must(t, err)
	must(t, tx.Rollback(t.Context()))
	w.bring(t, measured, "achieved/awaiting")
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 2 || err != nil {
		t.Errorf("%d more rows sealed: %v", n, err)
	}
	if gaps := db.Count(t, `SELECT max(id) - count(*) FROM audit`); gaps != 1 {
		t.Errorf("%d gaps: the test shows nothing", gaps)
	}
	must(t, w.store.Withdraw(t.Context(), w.staff, w.ref(t, measured), ""))
	for _, h := range []*tracker.Seal{nil, early, head(t, db)} {
		check := verify(t, db, h)
		want := int64(db.Count(t, `SELECT count(*) FROM audit_seal`))
		if len(check.Faults) != 0 || check.Sealed != want || check.Unsealed != 1 {
			t.Errorf("with head %v: faults %v, %d sealed of %d, %d unsealed", h, check.Faults, check.Sealed, want, check.Unsealed)
		}
	}
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 1 || err != nil {
		t.Errorf("%d rows sealed at last: %v", n, err)
	}
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 0 || err != nil {
		t.Errorf("%d rows sealed when there are none: %v", n, err)
	}
}

type tampering struct {
	name string
	sql  []string
	want []tracker.Fault
}

// TestTampering: what an owner of the database without the key can do to the
// record, and what verify says to it. Row 10 is in the middle.
func TestTampering(t *testing.T) {
	t.Parallel()
	changed := func(ids ...int64) (faults []tracker.Fault) {
		for _, id := range ids {
			faults = append(faults, tracker.Fault{Kind: tracker.RowChanged, RowID: id})
		}
		return faults
	}
	tests := []tampering{
		{"a middle row deleted", []string{`DELETE FROM audit WHERE id = 10`}, []tracker.Fault{{Kind: tracker.RowRemoved, RowID: 10}}},
		{"a middle row deleted with its seal", []string{`DELETE FROM audit WHERE id = 10`, `DELETE FROM audit_seal WHERE audit_id = 10`},
			[]tracker.Fault{{Kind: tracker.RowsMissing, RowID: 11, Count: 1}}},
		{"three of them", []string{`DELETE FROM audit WHERE id IN (8, 9, 10)`, `DELETE FROM audit_seal WHERE audit_id IN (8, 9, 10)`},
			[]tracker.Fault{{Kind: tracker.RowsMissing, RowID: 11, Count: 3}}},
		{"the same, and the seals counted anew", []string{`DELETE FROM audit WHERE id = 10`, `DELETE FROM audit_seal WHERE audit_id = 10`,
			`UPDATE audit_seal SET position = position + 1000 WHERE audit_id > 10`, `UPDATE audit_seal SET position = position - 1001 WHERE position > 1000`}, changed(11)},
		{"the first row deleted with its seal", []string{`DELETE FROM audit WHERE id = 1`, `DELETE FROM audit_seal WHERE audit_id = 1`},
			[]tracker.Fault{{Kind: tracker.RowsMissing, RowID: 2, Count: 1}}},
		{"a seal alone deleted", []string{`DELETE FROM audit_seal WHERE audit_id = 10`},
			[]tracker.Fault{{Kind: tracker.RowInserted, RowID: 10}, {Kind: tracker.RowsMissing, RowID: 11, Count: 1}}},
		{"two rows swapped", []string{`ALTER TABLE audit ALTER id DROP IDENTITY`, `UPDATE audit SET id = -1 WHERE id = 9`, `UPDATE audit SET id = 9 WHERE id = 10`, `UPDATE audit SET id = 10 WHERE id = -1`}, changed(9, 10)},
		{"two seals swapped", []string{`UPDATE audit_seal SET audit_id = -1 WHERE audit_id = 9`, `UPDATE audit_seal SET audit_id = 9 WHERE audit_id = 10`,
			`UPDATE audit_seal SET audit_id = 10 WHERE audit_id = -1`},
			[]tracker.Fault{{Kind: tracker.RowsMissing, RowID: 9, Count: 1}, {Kind: tracker.RowsMissing, RowID: 10, Count: 1}, {Kind: tracker.RowsMissing, RowID: 11, Count: 1}}},
		{"a row inserted before all", []string{insertWithID(0 - 5)}, []tracker.Fault{{Kind: tracker.RowInserted, RowID: -5}}},
		{"a seal changed", []string{`UPDATE audit_seal SET seal = sha256('x') WHERE audit_id = 10`}, changed(10, 11)},
	}
	for _, column := range []string{`city_id = NULL`, `account_id = NULL`, `act = act || '.'`, `subject = subject || ' '`, `before = '1'`, `after = NULL`, `before = 'null'`,
		`recorded_at = recorded_at + interval '1 microsecond'`, `request_id = 'x'`, `address = 'x'`} {
		tests = append(tests, tampering{"changed: " + column, []string{`UPDATE audit SET ` + column + ` WHERE id = 10`}, changed(10)})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db, _ := sealed(t)
			for _, sql := range tt.sql {
				db.Exec(t, sql)
			}
			if got := verify(t, db, nil).Faults; !reflect.DeepEqual(got, tt.want) {
				t.Errorf("faults %v, want %v", got, tt.want)
			}
		})
	}
}

func insertWithID(id int) string {
	return fmt.Sprintf(`INSERT INTO audit (id, act, subject, recorded_at, request_id, address) OVERRIDING SYSTEM VALUE
		VALUES (%d, 'sign_in', 'session', now(), 'x', 'y')`, id)
}

// TestRowInsertedIntoAGap that a rollback had left: it is found, and the sealer
// does not make it good.
func TestRowInsertedIntoAGap(t *testing.T) {
	t.Parallel()
	db, w := sealed(t)
	gap := db.Count(t, `SELECT nextval(pg_get_serial_sequence('audit', 'id'))`)
	must(t, w.store.Withdraw(t.Context(), w.staff, func() postgres.EntryRef { w.bring(t, measured, "achieved/awaiting"); return w.ref(t, measured) }(), ""))
	_, err := sealAll(t.Context(), db.Store, sealKey)
	must(t, err)
	db.Exec(t, insertWithID(gap))
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 0 || err != nil {
		t.Errorf("%d rows sealed: %v", n, err)
	}
	if got, want := verify(t, db, nil).Faults, []tracker.Fault{{Kind: tracker.RowInserted, RowID: int64(gap)}}; !reflect.DeepEqual(got, want) {
		t.Errorf("faults %v, want %v", got, want)
	}
}

// TestNewestRowsRemoved with their seals: only a head that was exported before
// can tell, also when the record went on afterwards.
func TestNewestRowsRemoved(t *testing.T) {
	t.Parallel()
	db, w := sealed(t)
	h := head(t, db)
	db.Exec(t, `DELETE FROM audit WHERE id > $1 - 3`, h.RowID)
	db.Exec(t, `DELETE FROM audit_seal WHERE audit_id > $1 - 3`, h.RowID)
	if faults := verify(t, db, nil).Faults; len(faults) != 0 {
		t.Errorf("without a head: %v", faults)
	}
	if got, want := verify(t, db, h).Faults, []tracker.Fault{{Kind: tracker.HeadMissing, RowID: h.RowID, Count: 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("with the head: %v, want %v", got, want)
	}
	w.bring(t, measured, "achieved/accepted")
	_, err := sealAll(t.Context(), db.Store, sealKey)
	must(t, err)
	if got, want := verify(t, db, h).Faults, []tracker.Fault{{Kind: tracker.HeadReplaced, RowID: h.RowID}}; !reflect.DeepEqual(got, want) {
		t.Errorf("with the head, later: %v, want %v", got, want)
	}
}

// TestWrongKey: seals that were all made anew with another key fit none of the
// rows, and the sealer does not go on with them.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	db, w := sealed(t)
	db.Exec(t, `UPDATE audit SET subject = 'x' WHERE id = 3`)
	db.Exec(t, `DELETE FROM audit_seal`)
	n, err := sealAll(t.Context(), db.Store, tracker.SealKey{9})
	must(t, err)
	check := verify(t, db, nil)
	if len(check.Faults) != n || check.Sealed != 0 || check.Faults[0].Kind != tracker.RowChanged {
		t.Errorf("%d faults of %d, %d sealed", len(check.Faults), n, check.Sealed)
	}
	w.bring(t, measured, "achieved/awaiting")
	if n, err := sealAll(t.Context(), db.Store, sealKey); n != 0 || !errors.Is(err, tracker.ErrSealBroken) {
		t.Errorf("%d rows sealed: %v", n, err)
	}
}

// TestVerifyAsSomebodyElse: who does not see all rows is told so, not that rows
// were removed.
func TestVerifyAsSomebodyElse(t *testing.T) {
	t.Parallel()
	db, _ := sealed(t)
	if check, err := postgres.VerifyAudit(t.Context(), db.URL, sealKey); !errors.Is(err, postgres.ErrNotOwner) {
		t.Errorf("as the app role: %+v, %v", check, err)
	}
	if _, err := postgres.VerifyAudit(t.Context(), "postgres:///x?host=/nowhere", sealKey); err == nil || !strings.HasPrefix(err.Error(), "connect as owner: ") {
		t.Errorf("without a server: %v", err)
	}
}
