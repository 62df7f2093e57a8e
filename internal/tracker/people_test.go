package tracker_test

import (
	"strings"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// crew are the people of Ha Long: two coordinators, of whom one has ended, and others.
func crew() *tracker.People {
	return &tracker.People{City: haLong, Now: now, Today: today, All: []tracker.Person{
		{ID: 1, AccountID: 1, Email: "binh@halong.vn", Role: tracker.Coordinator, Version: 1},
		{ID: 2, AccountID: 2, Email: "cuong@halong.vn", Role: tracker.Staff, Department: tracker.Department{ID: culture, Code: "CUL"}, Version: 1},
		{ID: 3, AccountID: 3, Email: "dung@halong.vn", Role: tracker.Coordinator, EndsOn: today - 1, Version: 1},
		{ID: 4, AccountID: 4, Email: "giang@halong.vn", Role: tracker.Coordinator, Disabled: true, Version: 1},
		{ID: 5, AccountID: 5, Email: "hai@halong.vn", Role: tracker.Coordinator, Locked: true, Version: 1},
	}, Invitations: []tracker.Invitation{{ID: 9, Email: "khanh@halong.vn", Post: tracker.Post{Role: tracker.Leader}, ExpiresAt: now.Add(time.Hour)}}}
}

func TestPersonState(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		person tracker.Person
		want   tracker.PersonState
	}{
		{tracker.Person{}, tracker.PersonActive},
		{tracker.Person{EndsOn: today}, tracker.PersonActive}, // the last day counts
		{tracker.Person{EndsOn: today - 1}, tracker.PersonEnded},
		{tracker.Person{EndsOn: today - 1, Disabled: true}, tracker.PersonDisabled},
		{tracker.Person{Disabled: true, Locked: true}, tracker.PersonLocked},
	} {
		if got := tt.person.State(today); got != tt.want {
			t.Errorf("%+v is %s, want %s", tt.person, got, tt.want)
		}
	}
}

func TestPostCheck(t *testing.T) {
	t.Parallel()
	wrong := func(pairs ...string) error {
		fields := map[string]string{}
		for i := 0; i < len(pairs); i += 2 {
			fields[pairs[i]] = pairs[i+1]
		}
		return &tracker.InvalidError{Fields: fields}
	}
	for _, tt := range []struct {
		name string
		post tracker.Post
		want error
	}{
		{"staff", tracker.Post{Role: tracker.Staff, Department: "CUL"}, nil},
		{"a leader", tracker.Post{Role: tracker.Leader}, nil},
		{"an expert of today", tracker.Post{Role: tracker.Expert, EndsOn: today}, nil},
		{"nothing chosen", tracker.Post{}, wrong("role", "people.error.role")},
		{"an admin", tracker.Post{Role: tracker.Admin}, wrong("role", "people.error.role")},
		{"an overseer", tracker.Post{Role: tracker.Overseer}, wrong("role", "people.error.role")},
		{"staff of nothing", tracker.Post{Role: tracker.Staff}, wrong("department", "people.error.department_missing")},
		{"an expert for ever", tracker.Post{Role: tracker.Expert}, wrong("ends_on", "people.error.end_missing")},
		{"an expert of yesterday", tracker.Post{Role: tracker.Expert, EndsOn: today - 1}, wrong("ends_on", "people.error.end_past")},
		{"a leader with all of it", tracker.Post{Role: tracker.Leader, Department: "CUL", EndsOn: today},
			wrong("department", "people.error.department_staff_only", "ends_on", "people.error.end_experts_only")},
	} {
		if got := tt.post.Check(today); !sameError(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLastCoordinator: one stays who may act today, whichever way they would go.
func TestLastCoordinator(t *testing.T) {
	t.Parallel()
	people := crew()
	leader, last := tracker.Post{Role: tracker.Leader}, people.All[0]
	if got := people.Change(last, leader); !sameError(got, tracker.Invalid("role", "people.error.last_coordinator")) {
		t.Errorf("changed: %v", got)
	}
	if got := people.Disable(last); !sameError(got, tracker.Invalid("", "people.error.last_coordinator")) {
		t.Errorf("disabled: %v", got)
	}
	for _, one := range people.All[1:4] {
		if got := people.Change(one, leader); got != nil {
			t.Errorf("%s changed: %v", one.Email, got)
		}
	}
	people.All[1].Role, people.All[1].Department = tracker.Coordinator, tracker.Department{}
	if got := people.Change(last, leader); got != nil {
		t.Errorf("with another coordinator, changed: %v", got)
	}
	if got := people.Disable(last); got != nil {
		t.Errorf("with another coordinator, disabled: %v", got)
	}
}

func TestChangeDisableEnable(t *testing.T) {
	t.Parallel()
	people := crew()
	staff, disabled := people.All[1], people.All[3]
	for _, tt := range []struct {
		name      string
		got, want error
	}{
		{"the same post", people.Change(staff, tracker.Post{Role: tracker.Staff, Department: "CUL"}), tracker.Invalid("", "people.error.same")},
		{"a wrong post", people.Change(staff, tracker.Post{}), tracker.Invalid("role", "people.error.role")},
		{"another department", people.Change(staff, tracker.Post{Role: tracker.Staff, Department: "EDU"}), nil},
		{"disabled", people.Disable(staff), nil},
		{"disabled twice", people.Disable(disabled), tracker.Invalid("", "people.error.disabled_already")},
		{"enabled", people.Enable(disabled), nil},
		{"enabled twice", people.Enable(staff), tracker.Invalid("", "people.error.enabled_already")},
		{"a link", staff.MayGetPasswordLink(false), nil},
		{"a link for more than the city", staff.MayGetPasswordLink(true), tracker.Invalid("", "people.error.role_elsewhere")},
		{"a link for a locked account", people.All[4].MayGetPasswordLink(false), tracker.Invalid("", "people.error.locked")},
	} {
		if !sameError(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
	if _, err := people.Find(99); !sameError(err, tracker.ErrNotFound) {
		t.Errorf("nobody: %v", err)
	}
	if got, err := people.Find(2); err != nil || got.Email != "cuong@halong.vn" {
		t.Errorf("found %+v, %v", got, err)
	}
}

func TestCheckName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]error{
		"An": nil, strings.Repeat("ệ", 200): nil, " ": tracker.Invalid("name", "name.error.none"),
		strings.Repeat("ệ", 201): tracker.Invalid("name", "name.error.long"),
	} {
		if got := tracker.CheckName("name", name); !sameError(got, want) {
			t.Errorf("%q: %v, want %v", name, got, want)
		}
	}
}

func TestTogether(t *testing.T) {
	t.Parallel()
	if got := tracker.Together(nil, nil); got != nil {
		t.Errorf("nothing wrong is %v", got)
	}
	got := tracker.Together(tracker.Invalid("name", "a"), nil, tracker.Invalid("password", "b"))
	if !sameError(got, &tracker.InvalidError{Fields: map[string]string{"name": "a", "password": "b"}}) {
		t.Errorf("together they are %v", got)
	}
}

// TestLinksEnd with the coordinator's power to make them, and only then.
func TestLinksEnd(t *testing.T) {
	t.Parallel()
	for _, from := range tracker.CityRoles {
		for _, to := range append([]tracker.Role{""}, tracker.CityRoles...) {
			want := from == tracker.Coordinator && to != tracker.Coordinator
			if got := (tracker.Person{Role: from}).LinksEnd(to); got != want {
				t.Errorf("from %s to %q: %t", from, to, got)
			}
		}
	}
}
