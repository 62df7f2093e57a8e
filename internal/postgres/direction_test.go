package postgres_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// TestDirection: only a leader gives and closes one, its department answers, and
// it waits again when it is reopened.
func TestDirection(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	for name, tt := range map[string]struct {
		by   tracker.Actor
		at   postgres.ThreadPlace
		n    tracker.NewThread
		want error
	}{
		"of the coordinator": {w.coordinator, w.onEntry(measured), directed(today, "x"), tracker.ErrForbidden},
		"of a reviewer":      {w.reviewer, w.onEntry(measured), directed(today, "x"), tracker.ErrForbidden},
		"without a day":      {w.leader, w.onEntry(measured), directed(0, "x"), tracker.Invalid("due_on", "thread_direction_has_a_day")},
		"for yesterday":      {w.leader, w.onEntry(measured), directed(today-1, "x"), tracker.Invalid("due_on", "direction.error.past")},
		"on evidence":        {w.leader, w.onEvidence(w.add(t, decree("a"))), directed(today, "x"), tracker.ErrForbidden},
	} {
		if _, err := w.store.OpenThread(ctx, tt.by, tt.at, tt.n); !same(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	before := len(w.audit(t))
	ref := w.begin(t, w.leader, w.onEntry(measured), directed(today+7, "Bổ sung số liệu"))
	answer := tracker.NewComment{Text: "Đã bổ sung", Answers: true}
	for name, tt := range map[string]struct {
		err, want error
	}{
		"another department's answer": {second(w.store.Reply(ctx, w.other, ref, answer)), tracker.ErrForbidden},
		"the leader's own answer":     {second(w.store.Reply(ctx, w.leader, ref, answer)), tracker.ErrForbidden},
		"closed by a reviewer":        {w.store.ResolveThread(ctx, w.reviewer, ref), tracker.ErrForbidden},
		"reopened while open":         {w.store.ReopenThread(ctx, w.leader, ref), tracker.Invalid("", "thread.error.open")},
	} {
		if !same(tt.err, tt.want) {
			t.Errorf("%s: %v, want %v", name, tt.err, tt.want)
		}
	}
	must(t, second(w.store.Reply(ctx, w.staff, ref, answer)))
	if err := second(w.store.Reply(ctx, w.coordinator, ref, answer)); !same(err, tracker.Invalid("text", "direction.error.answered")) {
		t.Errorf("answered twice: %v", err)
	}
	if got, want := w.threadLine(t, w.staff, ref.ID), "#1 direction city answered v2/2 due 2025-03-17 staff  | 1 leader (leader): Bổ sung số liệu | 2 staff (staff): Đã bổ sung answers"; got != want {
		t.Errorf("answered it is\n%s, want\n%s", got, want)
	}
	if err := w.store.ResolveThread(ctx, w.leader, ref); !same(err, tracker.ErrConflict) {
		t.Errorf("closed without having seen the answer: %v", err)
	}
	must(t, w.store.ReopenThread(ctx, w.leader, w.threadRef(t, ref.ID)))
	must(t, second(w.store.Reply(ctx, w.coordinator, ref, answer)))
	must(t, w.store.ResolveThread(ctx, w.leader, w.threadRef(t, ref.ID)))
	if got := w.threadLine(t, w.staff, ref.ID)[:70]; got != "#1 direction city resolved v5/3 due 2025-03-17 coordinator leader | 1 " {
		t.Errorf("closed it is %q", got)
	}
	var acts []string
	for _, line := range w.actsSince(t, before) {
		acts = append(acts, strings.Join(strings.Fields(line)[:4], " "))
	}
	if want := []string{"give_direction entry 1/1.1.1 leader", "answer_direction entry 1/1.1.1 staff", "reopen_thread entry 1/1.1.1 leader",
		"answer_direction entry 1/1.1.1 coordinator", "resolve_thread entry 1/1.1.1 leader"}; !slices.Equal(acts, want) {
		t.Errorf("on record is %q", acts)
	}
	for who, want := range map[*tracker.Actor][]string{
		&w.staff: {"comment #1 1.1.1", "direction #1 1.1.1"}, &w.leader: {"answered #1 1.1.1", "answered #1 1.1.1"},
		&w.coordinator: {"direction #1 1.1.1"}, &w.other: nil, &w.end: nil, &w.reviewer: nil,
	} {
		if got := w.tellings(t, *who); !slices.Equal(got, want) {
			t.Errorf("%s was told %q, want %q", who.Name, got, want)
		}
	}
}

// TestDirections: by department and by whether they are closed, the newest first.
func TestDirections(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	ctx := t.Context()
	for i, code := range []string{measured, "7.2.2", measured, described} {
		w.begin(t, w.leader, w.onEntry(code), directed(today+tracker.Date(i), fmt.Sprint("Việc ", i)))
	}
	w.begin(t, w.leader, w.onEntry(measured), asked(tracker.AudienceCity, "Không phải ý kiến chỉ đạo"))
	must(t, w.store.ResolveThread(ctx, w.leader, w.threadRef(t, 4)))
	for name, tt := range map[string]struct {
		ask  postgres.DirectionAsk
		want []string
		more bool
	}{
		"open":             {postgres.DirectionAsk{Most: 9}, []string{"3 1.1.1 CUL Việc 2", "2 7.2.2  Việc 1", "1 1.1.1 CUL Việc 0"}, false},
		"closed":           {postgres.DirectionAsk{Most: 9, Closed: true}, []string{"4 4.5.2 CUL Việc 3"}, false},
		"of a department":  {postgres.DirectionAsk{Most: 9, Department: "CUL"}, []string{"3 1.1.1 CUL Việc 2", "1 1.1.1 CUL Việc 0"}, false},
		"one at a time":    {postgres.DirectionAsk{Most: 1}, []string{"3 1.1.1 CUL Việc 2"}, true},
		"older":            {postgres.DirectionAsk{Most: 1, Before: 2}, []string{"1 1.1.1 CUL Việc 0"}, false},
		"of one with none": {postgres.DirectionAsk{Most: 1, Department: "EDU"}, nil, false},
	} {
		l, err := w.store.Directions(ctx, w.staff, w.slug, tt.ask)
		must(t, err)
		var got []string
		for _, d := range l.Directions {
			got = append(got, fmt.Sprint(d.ID, " ", d.On.Indicator, " ", d.On.Department.Code, " ", d.Comments[0].Text))
		}
		if !slices.Equal(got, tt.want) || l.More != tt.more || len(l.Departments) != 2 || l.City.Slug != w.slug || l.Today != today {
			t.Errorf("%s: %q more=%t, want %q", name, got, l.More, tt.want)
		}
	}
	if _, err := w.store.Directions(ctx, w.staff, w.slug, postgres.DirectionAsk{Most: 1, Department: "XYZ"}); !same(err, tracker.ErrNotFound) {
		t.Errorf("of a department that is none: %v", err)
	}
}
