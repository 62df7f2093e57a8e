package tracker

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Hash is a SHA-256 or an HMAC made with it.
type Hash [sha256.Size]byte

// String is the hash in hexadecimal.
func (h Hash) String() string { return hex.EncodeToString(h[:]) }

// MarshalText writes the hash in hexadecimal.
func (h Hash) MarshalText() ([]byte, error) { return []byte(h.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (h *Hash) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != len(h) {
		return fmt.Errorf("%q is not a hash of %d bytes", text, len(h))
	}
	copy(h[:], b)
	return nil
}

// SealKey is the secret that seals are made with. It is kept outside the
// database, so that who can write there cannot make seals.
type SealKey [32]byte

// Seal is the seal of a row whose hash is given, linked to the seal before it;
// the first one is linked to the zero Hash.
func (k SealKey) Seal(before, row Hash) Hash {
	mac := hmac.New(sha256.New, k[:])
	mac.Write(before[:])
	mac.Write(row[:])
	return Hash(mac.Sum(nil))
}

// Seal is one link of the chain: the Position-th seal, counted from 1, is that
// of the row with the id.
type Seal struct {
	Position int64 `json:"seals"`
	RowID    int64 `json:"row"`
	Seal     Hash  `json:"seal"`
}

// ErrSealBroken means that the newest seal is not that of its row, or that the
// row has gone: the row or the seal was tampered with, or another key made it.
var ErrSealBroken = errors.New("the newest seal does not fit its row")

// ErrHeadLost means that the record does not hold the head that was kept beside
// the key: its newest seals were removed or replaced, or an older backup of the
// database was restored.
var ErrHeadLost = errors.New("the record does not hold the head that is kept beside the key")

// Stands returns ErrHeadLost where the head was kept and is not what is found in
// its place, zero for nothing. Who seals from a record without it would seal
// whatever somebody put in the place of what was sealed before.
func (s Seal) Stands(found Seal) error {
	if s.Position != 0 && s != found {
		return fmt.Errorf("%w: seal %d of row %d", ErrHeadLost, s.Position, s.RowID)
	}
	return nil
}

// HashedRow is a row of the record as the sealer sees it.
type HashedRow struct {
	ID   int64
	Hash Hash
}

// Extend seals rows that follow the newest seal, in the order of their ids.
// before and newest are the last two seals, zero where there are fewer. The
// first row must be that of the newest seal: what does not fit is not continued.
func (k SealKey) Extend(before, newest Seal, rows []HashedRow) ([]Seal, error) {
	if newest.Position != 0 {
		if len(rows) == 0 || rows[0].ID != newest.RowID || k.Seal(before.Seal, rows[0].Hash) != newest.Seal {
			return nil, fmt.Errorf("%w, row %d", ErrSealBroken, newest.RowID)
		}
		rows = rows[1:]
	}
	seals := make([]Seal, 0, len(rows))
	for _, row := range rows {
		newest = Seal{newest.Position + 1, row.ID, k.Seal(newest.Seal, row.Hash)}
		seals = append(seals, newest)
	}
	return seals, nil
}

// Fault is one thing that is wrong with the record.
type Fault struct {
	Kind FaultKind
	// RowID is the row that it is about; for rows that are missing, the one
	// after them, or the one that the head names.
	RowID int64
	Count int64 // of missing rows; 0 for other faults
}

// FaultKind is what can be wrong.
type FaultKind string

// The faults.
const (
	RowChanged   FaultKind = "changed"   // the row or its seal is not what was sealed
	RowRemoved   FaultKind = "removed"   // its seal is there
	RowsMissing  FaultKind = "missing"   // with their seals
	RowInserted  FaultKind = "inserted"  // among sealed rows, without a seal
	HeadMissing  FaultKind = "cut"       // the record ends before the head
	HeadReplaced FaultKind = "rewritten" // at the head's place stands another seal
)

// SealCheck goes through the record, row by row, and finds what is wrong with
// it. Give it to Row in the order of ids, then ask Faults.
type SealCheck struct {
	Key   SealKey
	Heads []Seal // kept or exported earlier
	Last  int64  // the highest sealed id

	Sealed   int64 // rows that were found as they were sealed
	Unsealed int64 // rows newer than the newest seal
	Faults   []Fault

	before Seal
	found  []int // heads at whose place a seal stands
}

// Row looks at one row. A row without a seal comes with a zero Seal, a seal
// without its row with present false.
func (c *SealCheck) Row(row HashedRow, present bool, seal Seal) {
	switch {
	case seal.Position == 0 && row.ID > c.Last:
		c.Unsealed++
		return
	case seal.Position == 0:
		c.fault(RowInserted, row.ID, 0)
		return
	}
	c.link(row, present, seal)
	c.compareHeads(seal)
	c.before = seal
}

func (c *SealCheck) link(row HashedRow, present bool, seal Seal) {
	switch {
	case seal.Position != c.before.Position+1:
		// Without the seal before it, nobody can tell whether this row is right.
		c.fault(RowsMissing, seal.RowID, max(seal.Position-c.before.Position-1, 1))
		if !present {
			c.fault(RowRemoved, seal.RowID, 0)
		}
	case !present:
		c.fault(RowRemoved, seal.RowID, 0)
	case seal.Seal != c.Key.Seal(c.before.Seal, row.Hash):
		c.fault(RowChanged, seal.RowID, 0)
	default:
		c.Sealed++
	}
}

func (c *SealCheck) compareHeads(seal Seal) {
	for i, head := range c.Heads {
		if head.Position != seal.Position {
			continue
		}
		c.found = append(c.found, i)
		if seal != head {
			c.fault(HeadReplaced, head.RowID, 0)
		}
	}
}

// End says that there are no more rows: what the heads promise must have come.
func (c *SealCheck) End() {
	for i, head := range c.Heads {
		if !slices.Contains(c.found, i) {
			c.fault(HeadMissing, head.RowID, max(head.Position-c.before.Position, 1))
		}
	}
}

func (c *SealCheck) fault(kind FaultKind, row, count int64) {
	c.Faults = append(c.Faults, Fault{kind, row, count})
}
