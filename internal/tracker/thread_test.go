package tracker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"learningcity/internal/tracker"
)

// acting on the threads of the culture department's entry.
func onThread(actor tracker.Actor) tracker.ThreadAct {
	return tracker.ThreadAct{Actor: actor, City: haLong, Today: today, On: tracker.ThreadOn{
		EntryID: 9, Indicator: "1.1.1", Assessment: assessment, Department: tracker.Department{ID: culture}}}
}

func threadOf(kind tracker.ThreadKind, audience tracker.Audience, state tracker.ThreadState) tracker.Thread {
	t := tracker.Thread{ID: 3, Kind: kind, Audience: audience, OpenedBy: tracker.Author{ID: somebody}, Total: 1}
	if state != tracker.ThreadOpen && (kind == tracker.DirectionThread || state == tracker.ThreadResolved) {
		t.AnsweredAt, t.ResolvedAt = now, now
		if state == tracker.ThreadAnswered {
			t.ResolvedAt = time.Time{}
		}
	}
	return t
}

func word(err error) string {
	switch {
	case err == nil:
		return "yes"
	case errors.Is(err, tracker.ErrNotFound):
		return "hidden"
	case errors.Is(err, tracker.ErrForbidden):
		return "no"
	}
	return "invalid"
}

// TestThreadActs: every act on every thread by every role.
func TestThreadActs(t *testing.T) {
	t.Parallel()
	want := map[string]string{ // reply, answer, resolve, reopen; threads: comment, internal, open direction, answered, resolved
		"staff":       "yes invalid no no | hidden hidden hidden hidden | yes yes no no | yes invalid no no | invalid invalid no no",
		"coordinator": "yes invalid yes invalid | hidden hidden hidden hidden | yes yes no no | yes invalid no no | invalid invalid no no",
		"reviewer":    "yes no yes invalid | yes no yes invalid | yes no no no | yes no no no | invalid no no no",
		"leader":      "yes no no no | hidden hidden hidden hidden | yes no yes invalid | yes no yes yes | invalid no invalid yes",
		"expert":      "yes no no no | hidden hidden hidden hidden | yes no no no | yes no no no | invalid no no no",
		"overseer":    "hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden",
		"admin":       "hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden | hidden hidden hidden hidden",
	}
	threads := []tracker.Thread{
		threadOf(tracker.CommentThread, tracker.AudienceCity, tracker.ThreadOpen), threadOf(tracker.CommentThread, tracker.AudienceInternal, tracker.ThreadOpen),
		threadOf(tracker.DirectionThread, tracker.AudienceCity, tracker.ThreadOpen), threadOf(tracker.DirectionThread, tracker.AudienceCity, tracker.ThreadAnswered),
		threadOf(tracker.DirectionThread, tracker.AudienceCity, tracker.ThreadResolved),
	}
	for _, role := range tracker.Roles {
		a := onThread(in(haLong.ID, role))
		var parts []string
		for _, one := range threads {
			parts = append(parts, strings.Join([]string{word(a.Reply(one, tracker.NewComment{Text: "x"}, nil)),
				word(a.Reply(one, tracker.NewComment{Text: "x", Answers: true}, nil)), word(a.Resolve(one)), word(a.Reopen(one))}, " "))
			may := word(a.Reply(one, tracker.NewComment{Text: "x", Answers: true}, nil)) == "yes"
			if a.MayAnswer(one) != may {
				t.Errorf("%s may answer %s: %t", role, one.Kind, !may)
			}
		}
		if got := strings.Join(parts, " | "); got != want[string(role)] {
			t.Errorf("%s: %s, want %s", role, got, want[string(role)])
		}
	}
	others := onThread(in(haLong.ID, tracker.Staff))
	others.On.Department.ID = education
	if got := word(others.Reply(threads[2], tracker.NewComment{Text: "x", Answers: true}, nil)); got != "no" {
		t.Errorf("another department's staff answers: %s", got)
	}
	own := threads[0]
	own.OpenedBy.ID = self
	if got := word(onThread(in(haLong.ID, tracker.Staff)).Resolve(own)); got != "yes" {
		t.Errorf("who began it resolves: %s", got)
	}
}

func TestThreadState(t *testing.T) {
	t.Parallel()
	for _, kind := range []tracker.ThreadKind{tracker.CommentThread, tracker.DirectionThread} {
		for _, state := range tracker.ThreadStates {
			one := threadOf(kind, tracker.AudienceCity, state)
			one.DueOn = today - 1
			if want := state; one.State() != want && (kind == tracker.DirectionThread || state != tracker.ThreadAnswered) {
				t.Errorf("%s %s is %s", kind, want, one.State())
			}
			if want := kind == tracker.DirectionThread && state == tracker.ThreadOpen; one.Overdue(today) != want || one.Overdue(today-1) {
				t.Errorf("%s %s is overdue: %t", kind, state, !want)
			}
		}
	}
}

// people are one of each role, and some who cannot read.
func people() []tracker.Person {
	all := []tracker.Person{{AccountID: 20, Role: tracker.Staff, Disabled: true}, {AccountID: 21, Role: tracker.Reviewer, Locked: true},
		{AccountID: 22, Role: tracker.Expert, EndsOn: today - 1}, {AccountID: 23, Role: tracker.Staff, Department: tracker.Department{ID: education}}}
	for i, role := range tracker.CityRoles {
		p := tracker.Person{AccountID: int64(i + 1), Role: role}
		if role == tracker.Staff {
			p.Department.ID = culture
		}
		all = append(all, p)
	}
	return all
}

// TestReaders: who may be mentioned, and so told.
func TestReaders(t *testing.T) {
	t.Parallel()
	evidence := tracker.ThreadOn{EvidenceID: 4, Access: tracker.AccessRestricted, Department: tracker.Department{ID: culture}}
	city := haLong
	city.SecondStepRequired = true
	for name, tt := range map[string]struct {
		on       tracker.ThreadOn
		city     tracker.City
		audience tracker.Audience
		want     string
	}{
		"an entry":            {onThread(tracker.Actor{}).On, haLong, tracker.AudienceCity, "23 1 2 3 4 5"},
		"with a second step":  {onThread(tracker.Actor{}).On, city, tracker.AudienceCity, "23 1 2 3 4 5"},
		"among reviewers":     {onThread(tracker.Actor{}).On, haLong, tracker.AudienceInternal, "3"},
		"restricted evidence": {evidence, haLong, tracker.AudienceCity, "1 2 3"},
	} {
		var got []string
		for _, p := range (tracker.ThreadAct{City: tt.city, Today: today, On: tt.on}).Readers(people(), tt.audience) {
			got = append(got, fmt.Sprint(p.AccountID))
		}
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %s, want %s", name, got, tt.want)
		}
	}
}

// TestTold: each once, by what concerns them most; nobody who may not read.
func TestTold(t *testing.T) {
	t.Parallel()
	a := onThread(in(haLong.ID, tracker.Leader))
	told := func(all []tracker.Told) string {
		var words []string
		for _, one := range all {
			words = append(words, fmt.Sprint(one.AccountID, " ", one.Kind))
		}
		return strings.Join(words, ", ")
	}
	charged := a
	charged.On.AssigneeID = 23
	direction := tracker.NewThread{Kind: tracker.DirectionThread, Audience: tracker.AudienceCity, Mentioned: []int64{1, 5, 20}}
	comment := tracker.NewThread{Kind: tracker.CommentThread, Audience: tracker.AudienceInternal, Mentioned: []int64{3, 1}}
	thread := tracker.Thread{Kind: tracker.DirectionThread, Audience: tracker.AudienceCity, OpenedBy: tracker.Author{ID: 4}}
	for name, tt := range map[string]struct{ got, want string }{
		"a direction":            {told(a.ToldOfOpening(direction, people())), "1 direction, 2 direction, 5 mention"},
		"one with who is charge": {told(charged.ToldOfOpening(direction, people())), "23 direction, 2 direction, 1 mention, 5 mention"},
		"among reviewers":        {told(charged.ToldOfOpening(comment, people())), "3 mention"},
		"a question": {told(charged.ToldOfOpening(tracker.NewThread{Kind: tracker.CommentThread, Audience: tracker.AudienceCity}, people())),
			"23 comment"},
		"a reply": {told(a.ToldOfReply(thread, tracker.NewComment{Mentioned: []int64{3}}, people(), []int64{4, 1, 3, 20})), "3 mention, 4 comment, 1 comment"},
		"an answer": {told(a.ToldOfReply(thread, tracker.NewComment{Answers: true, Mentioned: []int64{4}}, people(), []int64{4, 1})),
			"4 answered, 1 comment"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %s, want %s", name, tt.got, tt.want)
		}
	}
}

// TestAudiences: what the address alone tells leaves none out.
func TestAudiences(t *testing.T) {
	t.Parallel()
	for _, role := range tracker.Roles {
		actor := in(haLong.ID, role)
		actor.Memberships[0].CitySlug = haLong.Slug
		want := map[tracker.Role]string{tracker.Reviewer: "[city internal]", tracker.Overseer: "[]", tracker.Admin: "[]"}[role]
		if want == "" {
			want = "[city]"
		}
		if at, of := fmt.Sprint(actor.AudiencesAt(haLong.Slug)), fmt.Sprint(actor.AudiencesOf(haLong, today)); at != want || of != want {
			t.Errorf("%s: %s at the address, %s in the city, want %s", role, at, of, want)
		}
		if elsewhere := fmt.Sprint(actor.AudiencesAt("hue")); elsewhere != "[]" {
			t.Errorf("%s elsewhere: %s", role, elsewhere)
		}
	}
}
