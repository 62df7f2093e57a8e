package postgres

import (
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"learningcity/internal/tracker"
)

// registerTypes teaches a connection to read and write the values of package
// tracker, which must not know pgx itself.
func registerTypes(m *pgtype.Map) {
	m.TryWrapScanPlanFuncs = append([]pgtype.TryWrapScanPlanFunc{wrapScan}, m.TryWrapScanPlanFuncs...)
	m.TryWrapEncodePlanFuncs = append([]pgtype.TryWrapEncodePlanFunc{wrapEncode}, m.TryWrapEncodePlanFuncs...)
}

func wrapScan(target any) (pgtype.WrappedScanPlanNextSetter, any, bool) {
	switch target.(type) {
	case *tracker.Date:
		return &datePlan{}, new(day), true
	case *tracker.Claim:
		return &wordPlan[tracker.Claim]{words: tracker.Claims}, new(string), true
	case *tracker.Verdict:
		return &wordPlan[tracker.Verdict]{words: tracker.Verdicts}, new(string), true
	case *tracker.Action:
		return &wordPlan[tracker.Action]{words: tracker.Actions}, new(string), true
	case *tracker.Role:
		return &wordPlan[tracker.Role]{words: tracker.Roles}, new(string), true
	case *tracker.Kind:
		return &wordPlan[tracker.Kind]{}, new(string), true
	case *tracker.ThreadKind:
		return &wordPlan[tracker.ThreadKind]{words: threadKinds}, new(string), true
	case *tracker.Audience:
		return &wordPlan[tracker.Audience]{words: tracker.Audiences}, new(string), true
	case *tracker.Unit:
		return &wordPlan[tracker.Unit]{}, new(string), true
	}
	return nil, nil, false
}

var threadKinds = []tracker.ThreadKind{tracker.CommentThread, tracker.DirectionThread}

// wordPlan scans one of a few words without making a new string of it: an
// assessment's history has hundreds. Other words are scanned as strings are,
// for which pgx would have to find out anew in every query what the type is.
type wordPlan[T ~string] struct {
	words []T
	next  pgtype.ScanPlan
}

func (p *wordPlan[T]) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *wordPlan[T]) Scan(src []byte, dst any) error {
	target := dst.(*T) //nolint:errcheck // wrapScan has looked
	if src != nil && len(src) == 0 {
		*target = ""
		return nil
	}
	for _, word := range p.words {
		if src != nil && string(src) == string(word) {
			*target = word
			return nil
		}
	}
	var other string
	err := p.next.Scan(src, &other)
	*target = T(other)
	return err
}

type datePlan struct{ next pgtype.ScanPlan }

func (p *datePlan) SetNext(next pgtype.ScanPlan) { p.next = next }

func (p *datePlan) Scan(src []byte, dst any) error {
	return p.next.Scan(src, (*day)(dst.(*tracker.Date))) //nolint:errcheck // wrapScan has looked
}

func wrapEncode(value any) (pgtype.WrappedEncodePlanNextSetter, any, bool) {
	if d, ok := value.(tracker.Date); ok {
		return &dateEncodePlan{}, day(d), true
	}
	return nil, nil, false
}

type dateEncodePlan struct{ next pgtype.EncodePlan }

func (p *dateEncodePlan) SetNext(next pgtype.EncodePlan) { p.next = next }

func (p *dateEncodePlan) Encode(value any, buf []byte) ([]byte, error) {
	return p.next.Encode(day(value.(tracker.Date)), buf) //nolint:errcheck // wrapEncode has looked
}

// day is a tracker.Date on its way to or from the database: the zero Date is
// NULL there.
type day tracker.Date

// ScanDate implements pgtype.DateScanner.
func (d *day) ScanDate(v pgtype.Date) error {
	*d = 0
	if v.Valid {
		*d = day(tracker.DateOf(v.Time))
	}
	return nil
}

// DateValue implements pgtype.DateValuer.
func (d day) DateValue() (pgtype.Date, error) {
	if d == 0 {
		return pgtype.Date{}, nil
	}
	return pgtype.Date{Time: tracker.Date(d).Time(), Valid: true}, nil
}

// orZero is a moment that may be NULL in the database, and then is zero.
type orZero struct{ into *time.Time }

// ScanTimestamptz implements pgtype.TimestamptzScanner.
func (o orZero) ScanTimestamptz(v pgtype.Timestamptz) error {
	*o.into = v.Time // zero, where it is not valid
	return nil
}

// nullID stores the id 0 as NULL.
func nullID(id int64) *int64 {
	if id == 0 {
		return nil
	}
	return &id
}

// nullText stores an empty text as NULL.
func nullText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
