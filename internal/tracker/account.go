package tracker

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Role is what a person is in a city, a region or the installation.
type Role string

// The roles. Staff, coordinator, reviewer, leader and expert belong to a city,
// an overseer to a region, an admin to the installation.
const (
	Staff       Role = "staff"
	Coordinator Role = "coordinator"
	Reviewer    Role = "reviewer"
	Leader      Role = "leader"
	Expert      Role = "expert"
	Overseer    Role = "overseer"
	Admin       Role = "admin"
)

// Roles lists all roles.
var Roles = []Role{Staff, Coordinator, Reviewer, Leader, Expert, Overseer, Admin}

// Membership is one role of one account.
type Membership struct {
	Role         Role
	CityID       int64 // for the roles of a city
	CitySlug     string
	CityName     Text
	DepartmentID int64 // staff: whose entries they update
	RegionID     int64 // overseer
	EndsOn       Date  // the last day; zero: until somebody ends it
	// SecondStepRequired: the city requires a second step of SecondStepRoles.
	SecondStepRequired bool
}

// Actor is who does something, and from where. The zero Actor may do nothing.
type Actor struct {
	AccountID   int64 // 0: the operator at the shell
	Name        string
	Email       string
	Language    string // chosen by the person; empty: the installation's
	SecondStep  bool   // signs in with a code, too
	Memberships []Membership
	RequestID   string
	Address     string
	Unread      bool // something unread is in the inbox
}

// Operator is who runs a command at the installation's shell: an admin without
// an account.
func Operator() Actor {
	return Actor{Name: "operator", Memberships: []Membership{{Role: Admin}}}
}

// What an account's texts may hold, in characters. A longer password would
// only cost time, and to a longer address nothing can be delivered.
const (
	MinPassword = 12
	MaxPassword = 1000
	MaxName     = 200
	MaxEmail    = 254
)

// NewAccount is what somebody types who gets an account.
type NewAccount struct{ Email, Name, Password string }

// Check refuses, each at its field, what no account may have. Email is in the
// form that CanonicalEmail gives.
func (n NewAccount) Check() error {
	var email error
	if key := checkEmail(n.Email); key != "" {
		email = Invalid("email", key)
	}
	return Together(email, CheckName("name", n.Name), CheckPassword("password", n.Password, n.Email, n.Name))
}

// CanonicalEmail is the one way in which an address is stored and compared:
// people write the same one in different letter case.
func CanonicalEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// checkEmail asks for no more than name@host of printable ASCII: only a mail
// that arrives proves an address, and an office may call its host "localhost".
// Letters with accents are a keyboard left on Vietnamese.
func checkEmail(email string) string {
	name, host, found := strings.Cut(email, "@")
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '@' || 'A' <= r && r <= 'Z' }
	if !found || name == "" || host == "" || len(email) > MaxEmail ||
		strings.ContainsFunc(name, odd) || strings.ContainsFunc(host, odd) {
		return "email.error.malformed"
	}
	return ""
}

// CheckOwnEmail refuses what cannot be anybody's address, as it was typed on
// the page for a forgotten password: nothing else is written down there, for
// people type passwords into the wrong field.
func CheckOwnEmail(field, email string) error {
	if key := checkEmail(email); key != "" {
		return Invalid(field, key)
	}
	return nil
}

// CheckName is the rule for the names that people give themselves.
func CheckName(field, name string) error {
	switch {
	case strings.TrimSpace(name) == "":
		return Invalid(field, "name.error.none")
	case utf8.RuneCountInString(name) > MaxName:
		return Invalid(field, "name.error.long")
	}
	return nil
}

// Session is one of a person's sign-ins.
type Session struct {
	ID           int64
	Since, Until time.Time
	Address      string // where it began; empty where nobody noted it
	Here         bool   // the one that asks
}
