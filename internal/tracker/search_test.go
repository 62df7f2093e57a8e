package tracker_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

func TestFold(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"Thư viện số", "thu vien so"},
		{norm.NFD.String("Thư viện số"), "thu vien so"},
		{"THƯ VIỆN SỐ", "thu vien so"},
		{"thu vien so", "thu vien so"},
		{"Đường đi", "duong di"},
		{"ĐÀO TẠO", "dao tao"},
		{"  một\t hai\n\u00a0ba  ", "mot hai ba"},
		{"ỨỬỮỰ ẮẰẲẴẶ ệ", "uuuu aaaaa e"},
		{"7.2.2", "7.2.2"},
		{"Café Straße", "cafe straße"},
		{"", ""},
		{"\xff", "\ufffd"},
	} {
		if got := tracker.Fold(tt.in); got != tt.want {
			t.Errorf("%q folds to %q, want %q", tt.in, got, tt.want)
		}
	}
}

// FuzzFold: folding twice changes nothing more, and neither the composition
// nor the case of what was typed matters to it.
func FuzzFold(f *testing.F) {
	for _, seed := range []string{"Thư viện số", "Đ", "ệ", " a  b ", "İ", "ǅ", "\u212a", "\xff\u0301", "\u1e9e", "\u0345", "\xf1Ǘ"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		folded := tracker.Fold(s)
		if !utf8.ValidString(folded) {
			t.Fatalf("%q folds to invalid %q", s, folded)
		}
		if again := tracker.Fold(folded); again != folded {
			t.Fatalf("%q folds to %q and then to %q", s, folded, again)
		}
		if strings.Contains(folded, "  ") || strings.TrimSpace(folded) != folded {
			t.Fatalf("%q folds to %q", s, folded)
		}
		if !utf8.ValidString(s) {
			return
		}
		for _, form := range []norm.Form{norm.NFC, norm.NFD} {
			if got := tracker.Fold(form.String(s)); got != folded {
				t.Fatalf("%q folds to %q, another composition of it to %q", s, folded, got)
			}
		}
	})
}

// library is a row that every filter of the test can be asked about.
var library = tracker.Row{
	Place: tracker.Place{
		Group:   &tracker.Group{Code: "B"},
		Area:    &tracker.Area{Code: "7"},
		Feature: &tracker.Feature{Code: "7.2"},
		Indicator: &tracker.Indicator{Code: "7.2.2",
			Title:    tracker.Text{VI: "Thư viện số dùng chung", EN: "Shared digital library"},
			Question: tracker.Text{VI: "Số lượt đọc", EN: "Number of readers"}},
	},
	Entry:      tracker.Entry{DueOn: today - 1},
	State:      stateOf("achieved/returned"),
	Department: tracker.Department{Code: "CUL", Name: tracker.Text{VI: "Văn hóa", EN: "Culture"}},
}

func TestFilter(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		f    tracker.Filter
		want bool
	}{
		{"nothing asked", tracker.Filter{}, true},
		{"its group", tracker.Filter{Group: "B"}, true},
		{"another group", tracker.Filter{Group: "A"}, false},
		{"its area", tracker.Filter{Area: "7"}, true},
		{"another area", tracker.Filter{Area: "72"}, false},
		{"its claim", tracker.Filter{Claim: tracker.ClaimAchieved}, true},
		{"another claim", tracker.Filter{Claim: tracker.ClaimInProgress}, false},
		{"its verdict", tracker.Filter{Verdict: tracker.VerdictReturned}, true},
		{"another verdict", tracker.Filter{Verdict: tracker.VerdictNone}, false},
		{"its department", tracker.Filter{Department: "CUL"}, true},
		{"another department", tracker.Filter{Department: "EDU"}, false},
		{"open", tracker.Filter{State: tracker.ChooseOpen}, true},
		{"achieved", tracker.Filter{State: tracker.ChooseAchieved}, false},
		{"changed", tracker.Filter{State: tracker.ChooseChanged}, false},
		{"overdue", tracker.Filter{Overdue: true}, true},
		{"the title without accents", tracker.Filter{Query: "thu vien so"}, true},
		{"words in another order", tracker.Filter{Query: "so thu"}, true},
		{"the English title", tracker.Filter{Query: "digital"}, true},
		{"the question", tracker.Filter{Query: "readers"}, true},
		{"the department's name", tracker.Filter{Query: "van hoa"}, true},
		{"the code", tracker.Filter{Query: "7.2.2"}, true},
		{"a word that is missing", tracker.Filter{Query: "thu bao"}, false},
		{"all that fit", tracker.Filter{Group: "B", Area: "7", Claim: tracker.ClaimAchieved, Verdict: tracker.VerdictReturned,
			State: tracker.ChooseOpen, Department: "CUL", Overdue: true, Query: "thu"}, true},
		{"all but one fit", tracker.Filter{Group: "B", Area: "7", Claim: tracker.ClaimAchieved, Verdict: tracker.VerdictAwaiting,
			State: tracker.ChooseOpen, Department: "CUL", Overdue: true, Query: "thu"}, false},
	} {
		if got := tt.f.Chooses(library, today, true); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// TestChoices: every state is either achieved or open, with and without review.
func TestChoices(t *testing.T) {
	t.Parallel()
	chosen := func(choice tracker.Choice, state string, needsReview bool) bool {
		return tracker.Filter{State: choice}.Chooses(tracker.Row{State: stateOf(state)}, today, needsReview)
	}
	for _, state := range allStates {
		reviewed := state == "achieved/accepted" || state == "achieved/accepted*"
		claimed := strings.HasPrefix(state, "achieved/")
		if chosen(tracker.ChooseAchieved, state, true) != reviewed || chosen(tracker.ChooseOpen, state, true) == reviewed {
			t.Errorf("%s, with review: achieved %v, open %v", state, chosen(tracker.ChooseAchieved, state, true), chosen(tracker.ChooseOpen, state, true))
		}
		if chosen(tracker.ChooseAchieved, state, false) != claimed || chosen(tracker.ChooseOpen, state, false) == claimed {
			t.Errorf("%s, without review: achieved %v, open %v", state, chosen(tracker.ChooseAchieved, state, false), chosen(tracker.ChooseOpen, state, false))
		}
		if changed := state == "achieved/accepted*"; chosen(tracker.ChooseChanged, state, true) != changed {
			t.Errorf("%s: changed is %v", state, !changed)
		}
	}
	for choice, known := range map[tracker.Choice]bool{"": true, "achieved": true, "open": true, "changed": true, "late": false, "Open": false} {
		if choice.Known() != known {
			t.Errorf("choice %q: known is %v", choice, !known)
		}
	}
}

func TestOverdue(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		due         tracker.Date
		state       string
		needsReview bool
		want        bool
	}{
		{today - 1, "in_progress/none", true, true},
		{today, "in_progress/none", true, false},
		{today + 1, "in_progress/none", true, false},
		{0, "in_progress/none", true, false},
		{today - 1, "achieved/accepted", true, false},
		{today - 1, "achieved/accepted*", true, false},
		{today - 1, "achieved/awaiting", true, true},
		{today - 1, "achieved/none", false, false},
		{today - 1, "achieved/none", true, true},
	} {
		row := tracker.Row{Entry: tracker.Entry{DueOn: tt.due}, State: stateOf(tt.state)}
		if got := row.Overdue(today, tt.needsReview); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
}
