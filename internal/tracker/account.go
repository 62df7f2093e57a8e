package tracker

import (
	"strings"
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
}

// Actor is who does something, and from where. The zero Actor may do nothing.
type Actor struct {
	AccountID   int64 // 0: the operator at the shell
	Name        string
	Email       string
	Language    string // chosen by the person; empty: the installation's
	Memberships []Membership
	RequestID   string
	Address     string
}

// Operator is who runs a command at the installation's shell: an admin without
// an account.
func Operator() Actor {
	return Actor{Name: "operator", Memberships: []Membership{{Role: Admin}}}
}

// What an account's texts may hold, in characters. A longer password would
// only cost time.
const (
	MinPassword = 12
	MaxPassword = 1000
	MaxName     = 200
	maxEmail    = 254 // more cannot be delivered
)

// NewAccount is what somebody types who gets an account.
type NewAccount struct{ Email, Name, Password string }

// Check refuses, each at its field, what no account may have. An address is
// compared and stored in lower case; the caller brings it into it.
func (n NewAccount) Check() error {
	fields := map[string]string{}
	if !isEmail(n.Email) {
		fields["email"] = "email.error.malformed"
	}
	if key := checkName(n.Name); key != "" {
		fields["name"] = key
	}
	if key := checkPassword(n.Password, n.Email, n.Name); key != "" {
		fields["password"] = key
	}
	return invalidOrNil(fields)
}

// isEmail asks for no more than name@host of printable ASCII: only a mail that
// arrives proves an address, and an office may call its host "localhost".
// Letters with accents are a keyboard left on Vietnamese.
func isEmail(s string) bool {
	name, host, found := strings.Cut(s, "@")
	odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '@' || 'A' <= r && r <= 'Z' }
	return found && name != "" && host != "" && len(s) <= maxEmail &&
		!strings.ContainsFunc(name, odd) && !strings.ContainsFunc(host, odd)
}

func checkName(s string) string {
	switch {
	case strings.TrimSpace(s) == "":
		return "name.error.none"
	case utf8.RuneCountInString(s) > MaxName:
		return "name.error.long"
	}
	return ""
}
