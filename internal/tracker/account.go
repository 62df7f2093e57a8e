package tracker

import "time"

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

// Session is one of a person's sign-ins.
type Session struct {
	ID           int64
	Since, Until time.Time
	Address      string // where it began; empty where nobody noted it
	Here         bool   // the one that asks
}
