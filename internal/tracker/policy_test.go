package tracker_test

import (
	"strings"
	"testing"

	"learningcity/internal/tracker"
)

// rights is the table of roles written down once more. "own" reaches the
// entries of the own department only.
var rights = map[tracker.Action]string{
	tracker.ReadCity:          "staff coordinator reviewer leader expert overseer",
	tracker.ChangeClaim:       "staff:own coordinator",
	tracker.BackdateClaim:     "coordinator",
	tracker.Submit:            "staff:own coordinator",
	tracker.Withdraw:          "staff:own coordinator",
	tracker.Accept:            "reviewer",
	tracker.Return:            "reviewer",
	tracker.Reopen:            "reviewer coordinator",
	tracker.EditNarrative:     "staff:own coordinator",
	tracker.RecordMeasurement: "staff:own coordinator",
	tracker.ManageCity:        "coordinator",
	tracker.ReadPeople:        "coordinator admin",
	tracker.ManagePeople:      "coordinator admin",
	tracker.ManageCities:      "admin",
	tracker.ReadAudit:         "coordinator",
	tracker.ReadReviews:       "reviewer coordinator leader",
	tracker.EditEvidence:      "staff:own coordinator",
	tracker.ReadRestricted:    "staff:own coordinator reviewer",
	tracker.LinkToEntry:       "staff:own coordinator",
	tracker.ReadThreads:       "staff coordinator reviewer leader expert",
	tracker.ReadInternal:      "reviewer",
	tracker.WriteComment:      "staff coordinator reviewer leader expert",
	tracker.ResolveThread:     "coordinator reviewer",
	tracker.GiveDirection:     "leader",
	tracker.AnswerDirection:   "staff:own coordinator",

	tracker.GiveRecommendation:    "expert",
	tracker.TakeOnRecommendation:  "coordinator",
	tracker.DeclineRecommendation: "coordinator",
	tracker.AnswerRecommendation:  "staff:own coordinator",
	tracker.CloseRecommendation:   "expert",
	tracker.ReopenRecommendation:  "expert",
	tracker.GiveTask:              "coordinator",
	tracker.ChangeTask:            "coordinator",
	tracker.CompleteTask:          "staff:own coordinator",
	tracker.DropTask:              "coordinator",
	tracker.ReopenTask:            "coordinator",

	tracker.ReadInstallationAudit: "admin",
}

func rightOf(action tracker.Action, role tracker.Role) (some, own bool) {
	for _, word := range strings.Fields(rights[action]) {
		name, reach, _ := strings.Cut(word, ":")
		if name == string(role) {
			return true, reach == "own"
		}
	}
	return false, false
}

func TestPolicy(t *testing.T) {
	t.Parallel()
	if len(rights) != len(tracker.Actions) {
		t.Errorf("%d actions in the table, %d in the program", len(rights), len(tracker.Actions))
	}
	for _, action := range tracker.Actions {
		for _, role := range tracker.Roles {
			for _, place := range places {
				e := entryIn("achieved/accepted")
				actor := place.arrange(role, &e)
				some, own := rightOf(action, role)
				// An admin's membership is of no city, so it is in every one.
				some = some && (place.inCity || role == tracker.Admin && place.name == "other city")
				want := some && (!own || place.ownDept)
				if got := actor.May(action, haLong, e.DepartmentID, today); got != want {
					t.Errorf("%s, %s, %s: may is %v", action, role, place.name, got)
				}
				if got := actor.MayAnywhere(action, haLong, today); got != some {
					t.Errorf("%s, %s, %s: may anywhere is %v", action, role, place.name, got)
				}
			}
		}
	}
}

// TestUnknownIsDenied: what the policy does not know, nobody may.
func TestUnknownIsDenied(t *testing.T) {
	t.Parallel()
	for _, role := range append([]tracker.Role{"", "owner"}, tracker.Roles...) {
		actor := in(1, role)
		if actor.May("delete_city", haLong, culture, today) || actor.MayAnywhere("delete_city", haLong, today) ||
			actor.MightAt("delete_city", haLong.Slug) {
			t.Errorf("%s may do what nobody knows", role)
		}
		unknown := in(1, "owner")
		if unknown.May(tracker.ReadCity, haLong, culture, today) {
			t.Error("a role that nobody knows may read")
		}
	}
}

// TestIncompleteMembership: a membership that lost its place opens nothing.
func TestIncompleteMembership(t *testing.T) {
	t.Parallel()
	nowhere := tracker.City{Regions: []int64{0}}
	for _, role := range tracker.Roles[:6] {
		actor := tracker.Actor{AccountID: self, Memberships: []tracker.Membership{{Role: role}}}
		if actor.May(tracker.ReadCity, nowhere, 0, today) || actor.May(tracker.ReadCity, haLong, 0, today) {
			t.Errorf("%s without city or region may read", role)
		}
		if actor.May(tracker.Submit, nowhere, 0, today) {
			t.Errorf("%s without city or region may submit", role)
		}
	}
}

// TestStaffWithoutDepartment: no department is not the department of entries
// that have none.
func TestStaffWithoutDepartment(t *testing.T) {
	t.Parallel()
	actor := in(1, tracker.Staff)
	actor.Memberships[0].DepartmentID = 0
	if actor.May(tracker.Submit, haLong, 0, today) || actor.May(tracker.Submit, haLong, culture, today) {
		t.Error("staff without a department may submit")
	}
}

func TestMightAt(t *testing.T) {
	t.Parallel()
	here := tracker.Actor{Memberships: []tracker.Membership{{Role: tracker.Staff, CityID: 1, CitySlug: "ha-long"}}}
	for _, tt := range []struct {
		name   string
		actor  tracker.Actor
		action tracker.Action
		slug   string
		want   bool
	}{
		{"own city", here, tracker.ChangeClaim, "ha-long", true},
		{"other city", here, tracker.ChangeClaim, "hue", false},
		{"own city, not the role", here, tracker.Accept, "ha-long", false},
		{"an overseer's city shows only when looked up", in(1, tracker.Overseer), tracker.ReadCity, "hue", true},
		{"an overseer changes nothing", in(1, tracker.Overseer), tracker.ChangeClaim, "hue", false},
		{"an admin manages cities", tracker.Operator(), tracker.ManageCities, "hue", true},
		{"an admin reads none", tracker.Operator(), tracker.ReadCity, "hue", false},
		{"nobody", tracker.Actor{}, tracker.ReadCity, "ha-long", false},
	} {
		if got := tt.actor.MightAt(tt.action, tt.slug); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestSeveralRoles: each membership counts for its own city only.
func TestSeveralRoles(t *testing.T) {
	t.Parallel()
	actor := tracker.Actor{AccountID: self, Memberships: append(in(1, tracker.Leader).Memberships, in(9, tracker.Coordinator).Memberships...)}
	hue := tracker.City{ID: 9}
	for _, tt := range []struct {
		action tracker.Action
		city   tracker.City
		want   bool
	}{
		{tracker.ReadCity, haLong, true},
		{tracker.ReadCity, hue, true},
		{tracker.ManageCity, haLong, false},
		{tracker.ManageCity, hue, true},
	} {
		if got := actor.May(tt.action, tt.city, 0, today); got != tt.want {
			t.Errorf("%s in city %d: %v, want %v", tt.action, tt.city.ID, got, tt.want)
		}
	}
}

func TestOperator(t *testing.T) {
	t.Parallel()
	got := tracker.Operator()
	if got.AccountID != 0 || got.Name != "operator" || len(got.Memberships) != 1 || got.Memberships[0] != (tracker.Membership{Role: tracker.Admin}) {
		t.Errorf("the operator is %+v", got)
	}
}
