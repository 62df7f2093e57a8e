package postgres_test

import (
	"slices"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestAddMember: what is written, and by whom it may be.
func TestAddMember(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w, hue := emptyTown(t, db, "ha-long"), emptyTown(t, db, "hue")
	audit := w.audit(t)
	id, err := w.store.AddMember(t.Context(), w.coordinator, "ha-long", postgres.NewMember{
		Email: " An@HaLong.VN ", Name: "An", PasswordHash: "hash", Role: tracker.Staff, Department: "EDU", EndsOn: dueOn})
	must(t, err)
	lines := db.Lines(t, `SELECT concat_ws(' ', a.email, a.name, a.password_hash, a.language, a.created_at AT TIME ZONE 'UTC', a.disabled_at,
			m.role, m.city_id = $2, d.code, m.region_id, m.ends_on)
		FROM account a JOIN membership m ON m.account_id = a.id LEFT JOIN department d ON d.id = m.department_id WHERE a.id = $1`, id, w.id)
	if !slices.Equal(lines, []string{"an@halong.vn An hash 2025-03-10 05:00:00 staff t EDU 2025-06-30"}) {
		t.Errorf("written is %q", lines)
	}
	if got := w.audit(t)[len(audit):]; !slices.Equal(got, []string{`add_member account an@halong.vn coordinator  > ` +
		`{"role": "staff", "ends_on": "2025-06-30", "department": "EDU"} at 2025-03-10 05:00:00  `}) {
		t.Errorf("audit %q", got)
	}
	both := tracker.Actor{AccountID: w.coordinator.AccountID, Memberships: append(slices.Clone(w.coordinator.Memberships),
		tracker.Membership{Role: tracker.Admin, EndsOn: today - 1})}
	for _, tt := range []struct {
		name string
		by   tracker.Actor
		m    postgres.NewMember
		want error
	}{
		{"an address that is taken", w.coordinator, postgres.NewMember{Email: "AN@halong.vn", Role: tracker.Leader}, tracker.Invalid("", "account_email_once")},
		{"no address", w.coordinator, postgres.NewMember{Email: "an", Role: tracker.Leader}, tracker.Invalid("", "account_email_lower_case")},
		{"no name", w.coordinator, postgres.NewMember{Name: " ", Role: tracker.Leader}, tracker.Invalid("", "account_name_is_text")},
		{"staff of nothing", w.coordinator, postgres.NewMember{Role: tracker.Staff}, tracker.Invalid("", "membership_staff_have_a_department")},
		{"a leader of a department", w.coordinator, postgres.NewMember{Role: tracker.Leader, Department: "EDU"}, tracker.Invalid("", "membership_staff_have_a_department")},
		{"an unknown department", w.coordinator, postgres.NewMember{Role: tracker.Staff, Department: "XYZ"}, tracker.Invalid("department", "department.error.unknown")},
		{"an admin", w.coordinator, postgres.NewMember{Role: tracker.Admin}, tracker.Invalid("", "membership_role_has_its_place")},
		{"an overseer", w.coordinator, postgres.NewMember{Role: tracker.Overseer}, tracker.Invalid("", "membership_role_has_its_place")},
		{"an unknown role", w.coordinator, postgres.NewMember{Role: "owner"}, tracker.Invalid("", "membership_role_known")},
		{"by staff", w.staff, postgres.NewMember{Role: tracker.Leader}, tracker.ErrForbidden},
		{"by somebody of another city", hue.coordinator, postgres.NewMember{Role: tracker.Leader}, tracker.ErrNotFound},
		{"a leader by the operator", tracker.Operator(), postgres.NewMember{Role: tracker.Leader}, tracker.ErrForbidden},
		{"a coordinator by the operator", tracker.Operator(), postgres.NewMember{Role: tracker.Coordinator}, nil},
		{"a coordinator by a coordinator", w.coordinator, postgres.NewMember{Role: tracker.Coordinator}, nil},
		{"by a coordinator who was an admin", both, postgres.NewMember{Role: tracker.Coordinator}, nil},
	} {
		before, m := fingerprint(t, db), tt.m
		if m.Email == "" {
			m.Email = "new" + tt.name[:len(tt.name)/2*2] + "@halong.vn"
		}
		if m.Name == "" {
			m.Name = "New"
		}
		id, err := w.store.AddMember(t.Context(), tt.by, "ha-long", m)
		if !same(err, tt.want) || (id != 0) != (tt.want == nil) {
			t.Errorf("%s: %d, %v, want %v", tt.name, id, err, tt.want)
		}
		if written := fingerprint(t, db) != before; written != (tt.want == nil) {
			t.Errorf("%s: something was written: %v", tt.name, written)
		}
	}
}
