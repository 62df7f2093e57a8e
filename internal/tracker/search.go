package tracker

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Fold prepares text for a search that ignores case, accents and runs of
// space: "Thư viện số" becomes "thu vien so", and đ becomes d.
func Fold(s string) string {
	var b strings.Builder
	for _, r := range norm.NFD.String(strings.ToValidUTF8(s, "\ufffd")) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case r == 'đ' || r == 'Đ':
			b.WriteByte('d')
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// Filter chooses entries of a list. A zero field does not restrict; the fields
// that are set must all hold.
type Filter struct {
	Group, Area string // codes
	Claim       Claim
	Verdict     Verdict
	State       Choice
	Department  string // code
	Assignee    string // an account's id, AnyAssignee or NoAssignee
	Overdue     bool
	Query       string // folded; words that must all occur
}

// Choice is what the figures of a dashboard choose beyond claim and verdict.
type Choice string

// The choices: what counts in the score, what does not, what changed since, what
// was carried over and nobody has confirmed.
const (
	ChooseAchieved  Choice = "achieved"
	ChooseOpen      Choice = "open"
	ChooseChanged   Choice = "changed"
	ChooseToConfirm Choice = "to_confirm"
)

// Known reports whether the choice is empty or one of the choices.
func (c Choice) Known() bool {
	return c == "" || c == ChooseAchieved || c == ChooseOpen || c == ChooseChanged || c == ChooseToConfirm
}

// Row is one line of a list: an entry as it stood on a day, in its place.
type Row struct {
	Place      Place
	Entry      Entry
	State      State
	ChangedOn  Date // the effective date of the last event by then; zero before any
	Department Department
}

// Overdue reports whether the row's due date has passed without it being achieved.
func (r Row) Overdue(today Date, needsReview bool) bool {
	return !r.Entry.DueOn.IsZero() && r.Entry.DueOn < today && !r.State.Achieved(needsReview)
}

// Chooses reports whether the filter lets the row through.
func (f Filter) Chooses(r Row, today Date, needsReview bool) bool {
	return (f.Group == "" || f.Group == r.Place.Group.Code) &&
		(f.Area == "" || f.Area == r.Place.Area.Code) &&
		(f.Claim == "" || f.Claim == r.State.Claim) &&
		(f.Verdict == "" || f.Verdict == r.State.Verdict) &&
		(f.Department == "" || f.Department == r.Department.Code) &&
		f.choosesAssignee(r.Entry.Assignee.ID) &&
		(!f.Overdue || r.Overdue(today, needsReview)) &&
		f.State.chooses(r.State, needsReview) &&
		(f.Query == "" || containsWords(r.Haystack(), f.Query))
}

func (c Choice) chooses(s State, needsReview bool) bool {
	switch c {
	case ChooseAchieved:
		return s.Achieved(needsReview)
	case ChooseOpen:
		return !s.Achieved(needsReview)
	case ChooseChanged:
		return s.Changed
	case ChooseToConfirm:
		return s.ToConfirm
	default:
		return true
	}
}

func containsWords(haystack, query string) bool {
	for _, word := range strings.Fields(query) {
		if !strings.Contains(haystack, word) {
			return false
		}
	}
	return true
}
