package tracker_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"learningcity/internal/tracker"
)

func hashed(ids ...int64) []tracker.HashedRow {
	var rows []tracker.HashedRow
	for _, id := range ids {
		rows = append(rows, tracker.HashedRow{ID: id, Hash: sha256.Sum256([]byte{byte(id)})})
	}
	return rows
}

// TestSeal: HMAC-SHA-256 over the seal before and the row, written out.
func TestSeal(t *testing.T) {
	t.Parallel()
	key, before, row := tracker.SealKey{7}, tracker.Hash{8}, tracker.Hash{9}
	mac := hmac.New(sha256.New, key[:])
	_, _ = mac.Write(append(before[:], row[:]...))
	if got := key.Seal(before, row); !hmac.Equal(got[:], mac.Sum(nil)) {
		t.Errorf("the seal is %s", got)
	}
}

// TestExtend: in pieces or at once, the same chain; it is not continued from a
// seal that does not fit.
func TestExtend(t *testing.T) {
	t.Parallel()
	key := tracker.SealKey{7}
	all, err := key.Extend(tracker.Seal{}, tracker.Seal{}, hashed(2, 3, 7, 9))
	if err != nil || len(all) != 4 || all[3].Position != 4 || all[3].RowID != 9 {
		t.Fatalf("%v, %v", all, err)
	}
	rest, err := key.Extend(all[0], all[1], hashed(3, 7, 9))
	if err != nil || !reflect.DeepEqual(rest, all[2:]) {
		t.Errorf("the second half is %v, %v", rest, err)
	}
	if none, err := key.Extend(all[2], all[3], hashed(9)); err != nil || len(none) != 0 {
		t.Errorf("nothing new: %v, %v", none, err)
	}
	for name, broken := range map[string]struct {
		key          tracker.SealKey
		before, last tracker.Seal
		rows         []tracker.HashedRow
	}{
		"another key":        {tracker.SealKey{8}, all[0], all[1], hashed(3, 7)},
		"another seal":       {key, all[0], tracker.Seal{Position: 2, RowID: 3}, hashed(3, 7)},
		"its row has gone":   {key, all[0], all[1], hashed(7)},
		"all rows have gone": {key, all[0], all[1], nil},
		"its row is another": {key, all[0], all[1], []tracker.HashedRow{{ID: 3}}},
		"the one before":     {key, tracker.Seal{}, all[1], hashed(3, 7)},
	} {
		if seals, err := broken.key.Extend(broken.before, broken.last, broken.rows); !errors.Is(err, tracker.ErrSealBroken) || seals != nil {
			t.Errorf("%s: %v, %v", name, seals, err)
		}
	}
}

// TestSealCheckFindsAnything: whatever single thing is done to a chain, there
// is a fault; where nothing is done, there is none.
func TestSealCheckFindsAnything(t *testing.T) {
	t.Parallel()
	key := tracker.SealKey{7}
	random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the same cases each time
	for range 2000 {
		var ids []int64
		for id := int64(1); len(ids) < 8; id += 1 + random.Int64N(3) {
			ids = append(ids, id)
		}
		rows := hashed(ids...)
		seals, err := key.Extend(tracker.Seal{}, tracker.Seal{}, rows)
		if err != nil {
			t.Fatal(err)
		}
		heads := []tracker.Seal{seals[7], seals[3]}
		if faults := walk(key, heads, rows, seals); len(faults) != 0 {
			t.Fatalf("nothing was done: %v", faults)
		}
		n, what := random.IntN(8), random.IntN(5)
		switch what {
		case 0:
			rows[n].Hash[random.IntN(32)] ^= 1
		case 1:
			seals[n].Seal[random.IntN(32)] ^= 1
		case 2:
			rows = append(rows[:n], rows[n+1:]...)
		case 3:
			rows, seals = append(rows[:n], rows[n+1:]...), append(seals[:n], seals[n+1:]...)
		case 4:
			rows[n].Hash, rows[(n+1)%8].Hash = rows[(n+1)%8].Hash, rows[n].Hash
		}
		if faults := walk(key, heads, rows, seals); len(faults) == 0 {
			t.Fatalf("nothing found after %d to row %d of %v", what, n, ids)
		}
	}
}

// walk shows a check rows and seals by id, as the store joins them.
func walk(key tracker.SealKey, heads []tracker.Seal, rows []tracker.HashedRow, seals []tracker.Seal) []tracker.Fault {
	check := tracker.SealCheck{Key: key, Heads: heads}
	present, sealed := map[int64]tracker.HashedRow{}, map[int64]tracker.Seal{}
	last := int64(0)
	for _, row := range rows {
		present[row.ID], last = row, max(last, row.ID)
	}
	for _, s := range seals {
		sealed[s.RowID] = s
		check.Last, last = max(check.Last, s.RowID), max(last, s.RowID)
	}
	for id := range last + 1 {
		row, there := present[id]
		if seal := sealed[id]; there || seal.Position != 0 {
			check.Row(row, there, seal)
		}
	}
	check.End()
	return check.Faults
}

// TestSealAsJSON reads what it writes, and nothing shorter.
func TestSealAsJSON(t *testing.T) {
	t.Parallel()
	want := tracker.Seal{Position: 3, RowID: 5, Seal: tracker.Hash{1, 0xff}}
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	var got tracker.Seal
	if err := json.Unmarshal(text, &got); err != nil || got != want {
		t.Errorf("%s became %v: %v", text, got, err)
	}
	for _, bad := range []string{`{"seal":"00"}`, `{"seal":"zz"}`, `{"seal":5}`} {
		if err := json.Unmarshal([]byte(bad), &got); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// TestHeadStands: a head that was kept must be found as it was.
func TestHeadStands(t *testing.T) {
	t.Parallel()
	seals, err := tracker.SealKey{7}.Extend(tracker.Seal{}, tracker.Seal{}, hashed(2, 3))
	if err != nil {
		t.Fatal(err)
	}
	other := seals[1]
	other.Seal[0] ^= 1
	for name, tt := range map[string]struct {
		kept, found tracker.Seal
		want        error
	}{
		"in its place": {seals[1], seals[1], nil}, "none kept": {tracker.Seal{}, seals[1], nil}, "of nothing": {tracker.Seal{}, tracker.Seal{}, nil},
		"gone": {seals[1], tracker.Seal{}, tracker.ErrHeadLost}, "another seal": {seals[1], other, tracker.ErrHeadLost},
		"another row": {seals[1], tracker.Seal{Position: 2, RowID: 9, Seal: seals[1].Seal}, tracker.ErrHeadLost},
	} {
		if err := tt.kept.Stands(tt.found); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}
