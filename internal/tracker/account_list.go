package tracker

import "strings"

// Account is somebody's account as the installation's admin sees it.
type Account struct {
	ID    int64
	Name  string
	Email string
	Since Date
	// LockedOn is when it was shut out everywhere; zero while it is not.
	LockedOn Date
	Posts    []AccountPost
}

// AccountPost is what an account is, and where; no place for an admin.
type AccountPost struct {
	Role  Role
	Place Text
}

// Locked reports whether the account is shut out everywhere.
func (a Account) Locked() bool { return !a.LockedOn.IsZero() }

func (a Account) admin() bool {
	for _, p := range a.Posts {
		if p.Role == Admin {
			return true
		}
	}
	return false
}

// Matches reports whether name or address contain the words, whatever their
// case and accents.
func (a Account) Matches(query string) bool {
	return strings.Contains(Fold(a.Name+" "+a.Email), Fold(query))
}

// LockAccount decides whether the actor may shut the account out everywhere. One
// admin must stay who can let people in again.
func LockAccount(actor Actor, one Account, all []Account) error {
	if one.Locked() {
		return Invalid("", "accounts.error.disabled_already")
	}
	if one.ID == actor.AccountID {
		return Invalid("", "accounts.error.self")
	}
	if !one.admin() {
		return nil
	}
	for _, other := range all {
		if other.ID != one.ID && other.admin() && !other.Locked() {
			return nil
		}
	}
	return Invalid("", "accounts.error.last_admin")
}

// UnlockAccount decides whether the account may be let in again.
func UnlockAccount(one Account) error {
	if !one.Locked() {
		return Invalid("", "accounts.error.enabled_already")
	}
	return nil
}
