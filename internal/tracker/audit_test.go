package tracker_test

import (
	"reflect"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// TestSpan: whole days on the clocks of the zone, and everything where none is asked.
func TestSpan(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("+7", 7*60*60)
	day := tracker.NewDate(2025, time.February, 28)
	from, before := tracker.AuditFilter{From: day, To: day}.Span(zone)
	if want := time.Date(2025, 2, 27, 17, 0, 0, 0, time.UTC); !from.Equal(want) {
		t.Errorf("from %s", from)
	}
	if want := time.Date(2025, 2, 28, 17, 0, 0, 0, time.UTC); !before.Equal(want) {
		t.Errorf("before %s", before)
	}
	from, before = tracker.AuditFilter{}.Span(zone)
	if from.After(time.Unix(0, 0)) || before.Year() != 9999 {
		t.Errorf("everything is from %s to %s", from, before)
	}
}

func TestAuditKey(t *testing.T) {
	t.Parallel()
	row := tracker.AuditRow{ID: 12, At: time.Date(2025, 3, 10, 5, 0, 0, 1000, time.UTC)}
	if got := row.Key().String(); got != "1741582800000001.12" {
		t.Errorf("the key is %s", got)
	}
	if got, err := tracker.ParseAuditKey("1741582800000001.12"); err != nil || got != row.Key() {
		t.Errorf("it is read as %v, %v", got, err)
	}
	for _, bad := range []string{"", ".", "1", "1.", ".1", "01.1", "1.1.1", "-1.1", "1.x", "253370764800000001.1", "99999999999999999999.1", "0.0"} {
		if got, err := tracker.ParseAuditKey(bad); err == nil {
			t.Errorf("%q is read as %v", bad, got)
		}
	}
}

func FuzzParseAuditKey(f *testing.F) {
	f.Add("1741582800000001.12")
	f.Add("1.-1")
	f.Fuzz(func(t *testing.T, s string) {
		if key, err := tracker.ParseAuditKey(s); err == nil && (key.String() != s || time.UnixMicro(key.Micros).Year() > 9999) {
			t.Errorf("%q is read as %v", s, key)
		}
	})
}

func TestParseSubject(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]tracker.Subject{
		"entry 1/7.2.2":    {Kind: "entry", Name: "7.2.2", Assessment: 1},
		"entry 7.2.2":      {Kind: "entry", Name: "7.2.2"},
		"entry x/7.2.2":    {Kind: "entry", Name: "x/7.2.2"},
		"account a@b/c":    {Kind: "account", Name: "a@b/c"},
		"session":          {Kind: "session"},
		"":                 {},
		"department CUL x": {Kind: "department", Name: "CUL x"},
	} {
		if got := tracker.ParseSubject(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func same(s string) tracker.Text { return tracker.Text{VI: s, EN: s} }

// TestChanges: only what differs, in the order in which people look for it.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, before, after string
		want                []tracker.AuditChange
	}{
		{"a claim", `{"claim":"in_progress","verdict":"none"}`, `{"effective_on":"2025-03-10","claim":"achieved","verdict":"none"}`,
			[]tracker.AuditChange{{Name: "claim", Before: same("in_progress"), After: same("achieved")}, {Name: "effective_on", After: same("2025-03-10")}}},
		{"the flag goes", `{"claim":"achieved","changed":true}`, `{"claim":"achieved"}`, []tracker.AuditChange{{Name: "changed", Before: same("true")}}},
		{"a figure, exactly", ``, `{"year":"2024","value":12345678901234567.9,"target":null,"source":""}`,
			[]tracker.AuditChange{{Name: "year", After: same("2024")}, {Name: "value", After: same("12345678901234567.9")}}},
		{"Go's own names", ``, `{"ID":3,"FrameworkID":4,"Name":{"VI":"Đợt","EN":"Round"},"OpenedOn":"2024-01-15","Regions":[7,{"Code":"x"}]}`,
			[]tracker.AuditChange{{Name: "name", After: tracker.Text{VI: "Đợt", EN: "Round"}}, {Name: "opened_on", After: same("2024-01-15")},
				{Name: "regions.1", After: same("7")}, {Name: "regions.2.code", After: same("x")}}},
		{"a text emptied", `{"Narrative":"x","Solution":"y"}`, `{"Narrative":"","Solution":"y"}`, []tracker.AuditChange{{Name: "narrative", Before: same("x")}}},
		{"not an object", `"x"`, `[1]`, []tracker.AuditChange{{Name: "", Before: same("x")}, {Name: "1", After: same("1")}}},
		{"broken", `{`, `{"a":`, nil},
		{"nothing", ``, ``, nil},
	} {
		row := tracker.AuditRow{Before: []byte(tt.before), After: []byte(tt.after)}
		if got := row.Changes(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// FuzzChanges: whatever was recorded can be shown, the same each time.
func FuzzChanges(f *testing.F) {
	f.Add([]byte(`{"a":{"VI":"x","EN":"y"}}`), []byte(`[{"b_id":1},null,true]`))
	f.Fuzz(func(t *testing.T, before, after []byte) {
		row := tracker.AuditRow{Before: before, After: after}
		changes := row.Changes()
		if !reflect.DeepEqual(changes, row.Changes()) {
			t.Error("another order the second time")
		}
		for _, c := range changes {
			if c.Before == c.After {
				t.Errorf("%q did not change", c.Name)
			}
		}
		if row.After = row.Before; len(row.Changes()) != 0 {
			t.Errorf("nothing changed, and yet %v", row.Changes())
		}
	})
}
