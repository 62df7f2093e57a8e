package tracker_test

import (
	"testing"
	"time"

	"learningcity/internal/tracker"
)

func TestInvite(t *testing.T) {
	t.Parallel()
	leader := tracker.Post{Role: tracker.Leader}
	for _, tt := range []struct {
		name  string
		actor tracker.Actor
		i     tracker.Invitation
		want  error
	}{
		{"by a coordinator", in(1, tracker.Coordinator), tracker.Invitation{Email: "an@halong.vn", Post: leader, Language: "vi"}, nil},
		{"a coordinator by an admin", in(1, tracker.Admin), tracker.Invitation{Email: "an@halong.vn", Post: tracker.Post{Role: tracker.Coordinator}, Language: "en"}, nil},
		{"a leader by an admin", in(1, tracker.Admin), tracker.Invitation{Email: "an@halong.vn", Post: leader, Language: "vi"}, tracker.Invalid("role", "people.error.coordinators_only")},
		{"by staff", in(1, tracker.Staff), tracker.Invitation{Email: "an@halong.vn", Post: leader, Language: "vi"}, tracker.Invalid("role", "people.error.coordinators_only")},
		{"in the city", in(1, tracker.Coordinator), tracker.Invitation{Email: "giang@halong.vn", Post: leader, Language: "vi"}, tracker.Invalid("invitee", "people.error.member_already")},
		{"invited", in(1, tracker.Coordinator), tracker.Invitation{Email: "khanh@halong.vn", Post: leader, Language: "vi"}, tracker.Invalid("invitee", "people.error.invited_already")},
		{"all wrong", in(1, tracker.Coordinator), tracker.Invitation{Email: "an", Post: tracker.Post{Role: tracker.Expert}, Language: "fr"},
			&tracker.InvalidError{Fields: map[string]string{"invitee": "email.error.malformed", "ends_on": "people.error.end_missing", "person_language": "people.error.language"}}},
	} {
		if got := crew().Invite(tt.actor, tt.i); !sameError(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestEmails(t *testing.T) {
	t.Parallel()
	for email, good := range map[string]bool{
		"an@halong.vn": true, "an+x@ubnd.halong.gov.vn": true, "an@localhost": true,
		"": false, "an": false, "@halong.vn": false, "an@": false, "an@b@c": false, "an @halong.vn": false, "an@halong.vn,ba@halong.vn": false, "An <an@halong.vn>": false,
	} {
		err := crew().Invite(in(1, tracker.Coordinator), tracker.Invitation{Email: email, Post: tracker.Post{Role: tracker.Leader}, Language: "vi"})
		if (err == nil) != good {
			t.Errorf("%q: %v", email, err)
		}
	}
	if got := tracker.CanonicalEmail("  An@HaLong.VN\n"); got != "an@halong.vn" {
		t.Errorf("canonical is %q", got)
	}
}

func TestInvitationOpen(t *testing.T) {
	t.Parallel()
	open := tracker.Invitation{ExpiresAt: now.Add(time.Second)}
	for _, tt := range []struct {
		name  string
		i     tracker.Invitation
		state tracker.PersonState
		want  error
	}{
		{"open", open, tracker.PersonInvited, nil},
		{"for an expert until today", tracker.Invitation{ExpiresAt: open.ExpiresAt, Post: tracker.Post{EndsOn: today}}, tracker.PersonInvited, nil},
		{"used", tracker.Invitation{ExpiresAt: open.ExpiresAt, Over: true}, tracker.PersonInvited, tracker.ErrLinkOver},
		{"expired", tracker.Invitation{ExpiresAt: now}, tracker.PersonExpired, tracker.ErrLinkOver},
		{"for an expert until yesterday", tracker.Invitation{ExpiresAt: open.ExpiresAt, Post: tracker.Post{EndsOn: today - 1}}, tracker.PersonExpired, tracker.ErrLinkOver},
	} {
		if got := tt.i.Open(now, today); !sameError(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
		if got := tt.i.State(now, today); got != tt.state {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.state)
		}
	}
}

func TestAcceptAs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		account, actor int64
		want           error
	}{
		{"new", 0, 0, nil},
		{"their own", 7, 7, nil},
		{"an account that is not signed in", 7, 0, tracker.Invalid("", "invitation.error.sign_in")},
		{"somebody else", 7, 8, tracker.Invalid("", "invitation.error.other_account")},
		{"somebody else, for a new one", 0, 8, tracker.Invalid("", "invitation.error.other_account")},
	} {
		got := tracker.Invitation{AccountID: tt.account}.AcceptAs(tracker.Actor{AccountID: tt.actor})
		if !sameError(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestRenew(t *testing.T) {
	t.Parallel()
	people := crew()
	waiting, err := people.FindInvitation(9)
	if err != nil || waiting.Email != "khanh@halong.vn" {
		t.Errorf("found %+v, %v", waiting, err)
	}
	if _, err := people.FindInvitation(8); !sameError(err, tracker.ErrNotFound) {
		t.Errorf("none: %v", err)
	}
	past := tracker.Invitation{Post: tracker.Post{Role: tracker.Expert, EndsOn: today - 1}}
	for _, tt := range []struct {
		name      string
		got, want error
	}{
		{"by a coordinator", people.Renew(in(1, tracker.Coordinator), waiting), nil},
		{"a leader's by an admin", people.Renew(in(1, tracker.Admin), waiting), tracker.ErrForbidden},
		{"an expert's whose day has passed", people.Renew(in(1, tracker.Coordinator), past), tracker.Invalid("", "people.error.end_past")},
	} {
		if !sameError(tt.got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, tt.got, tt.want)
		}
	}
}

func TestEndedIn(t *testing.T) {
	t.Parallel()
	actor := in(1, tracker.Expert)
	for _, tt := range []struct {
		endsOn tracker.Date
		city   tracker.City
		want   bool
	}{
		{today - 1, haLong, true}, {today, haLong, false}, {0, haLong, false}, {today - 1, tracker.City{ID: 9}, false},
	} {
		actor.Memberships[0].EndsOn = tt.endsOn
		if got := actor.EndedIn(tt.city, today); got != tt.want {
			t.Errorf("until %s in city %d: %v", tt.endsOn, tt.city.ID, got)
		}
	}
}
