package tracker

import "time"

// How long links work that a coordinator passes on.
const (
	InvitationLifetime   = 7 * 24 * time.Hour
	PasswordLinkLifetime = 24 * time.Hour
)

// OwnPasswordLinkLifetime is how long a link works that people had mailed to
// themselves; MaxOwnPasswordLinks is how many an address gets in OwnPasswordLinkPause.
const (
	OwnPasswordLinkLifetime = time.Hour
	OwnPasswordLinkPause    = time.Hour
	MaxOwnPasswordLinks     = 3
)

// Invitation is a post in a city that waits for somebody. Whoever holds its
// link may take it, once, until it expires.
type Invitation struct {
	ID         int64
	Email      string // CanonicalEmail
	Post       Post
	Department Department // the post's, written out
	Language   string     // of the person, until they choose another
	InvitedBy  string     // name; empty: the operator
	ExpiresAt  time.Time
	Over       bool  // accepted or withdrawn
	AccountID  int64 // of who has the address already; 0: nobody
}

// State is how the invitation stands.
func (i Invitation) State(now time.Time, today Date) PersonState {
	if now.Before(i.ExpiresAt) && !over(i.Post.EndsOn, today) {
		return PersonInvited
	}
	return PersonExpired
}

// Open returns ErrLinkOver where nobody can accept the invitation any more.
func (i Invitation) Open(now time.Time, today Date) error {
	if i.Over || i.State(now, today) != PersonInvited {
		return ErrLinkOver
	}
	return nil
}

// AcceptAs decides whether the account may take the post. An address that has
// an account already is taken by signing in to it, and only so.
func (i Invitation) AcceptAs(actor Actor) error {
	switch {
	case actor.AccountID == 0 && i.AccountID != 0:
		return Invalid("", "invitation.error.sign_in")
	case actor.AccountID != 0 && actor.AccountID != i.AccountID:
		return Invalid("", "invitation.error.other_account")
	}
	return nil
}

// Invite decides whether the actor may invite somebody, who may not be in the
// city nor invited already.
func (p *People) Invite(actor Actor, i Invitation) error {
	if !actor.MayInvite(i.Post.Role, p.City, p.Today) {
		return Invalid("role", "people.error.coordinators_only")
	}
	fields := map[string]string{}
	if key := p.taken(i.Email); key != "" {
		fields["invitee"] = key
	}
	if i.Language != "vi" && i.Language != "en" {
		fields["person_language"] = "people.error.language"
	}
	return Together(i.Post.Check(p.Today), invalidOrNil(fields))
}

// taken says why the address cannot be invited; empty where it can.
func (p *People) taken(email string) string {
	if key := checkEmail(email); key != "" {
		return key
	}
	for _, one := range p.All {
		if one.Email == email {
			return "people.error.member_already"
		}
	}
	for _, other := range p.Invitations {
		if other.Email == email {
			return "people.error.invited_already"
		}
	}
	return ""
}

// FindInvitation returns the one that waits, or ErrNotFound.
func (p *People) FindInvitation(id int64) (Invitation, error) {
	for _, i := range p.Invitations {
		if i.ID == id {
			return i, nil
		}
	}
	return Invitation{}, ErrNotFound
}

// Renew decides whether the invitation may get a new link, which ends the old
// one. One whose post would be over is withdrawn instead and made anew.
func (p *People) Renew(actor Actor, i Invitation) error {
	if !actor.MayInvite(i.Post.Role, p.City, p.Today) {
		return ErrForbidden
	}
	if over(i.Post.EndsOn, p.Today) {
		return Invalid("", "people.error.end_past")
	}
	return nil
}

// MayInvite reports whether the actor may give the role in the city: a
// coordinator every one, who manages cities the coordinator's, so that the
// first one can come in.
func (a Actor) MayInvite(role Role, city City, today Date) bool {
	return a.May(ManageCity, city, 0, today) || role == Coordinator && a.May(ManagePeople, city, 0, today)
}
