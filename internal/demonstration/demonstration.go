// Package demonstration plays the demonstration city into an empty database,
// through the same store methods as people's acts, with the clock set to each
// act's day, so that its figures are counted from rows like anybody's.
//
// It must not write rows by itself.
package demonstration

import (
	"context"
	"errors"
	"fmt"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/files"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// Password of all demonstration accounts. It is public.
const Password = "thanh-pho-hoc-tap" //nolint:gosec // see above

// Account is one that a visitor may use.
type Account struct {
	Email      string
	Name       string
	Role       tracker.Role
	Department string // code, staff only
}

// Accounts lists the demonstration accounts, the coordinator first.
func Accounts() []Account {
	return []Account{
		{"coordinator@ha-long.demo", "Điều phối viên (minh họa)", tracker.Coordinator, ""},
		{"staff@ha-long.demo", "Cán bộ văn hóa (minh họa)", tracker.Staff, "CUL"},
		{"reviewer@ha-long.demo", "Người thẩm định (minh họa)", tracker.Reviewer, ""},
		{"leader@ha-long.demo", "Lãnh đạo thành phố (minh họa)", tracker.Leader, ""},
		{"expert@ha-long.demo", "Chuyên gia (minh họa)", tracker.Expert, ""},
	}
}

// ErrNotEmpty is the answer to a database that holds something: the demonstration is never mixed with a city's own data.
var ErrNotEmpty = errors.New("the database is not empty: the demonstration is only loaded into an empty one")

// Options say how the demonstration is loaded.
type Options struct {
	Zone *time.Location
	// Hash turns the password into what is stored.
	Hash func(string) (string, error)
	// Files keeps the contents of evidence; nil: the city has none.
	Files files.Store
	Today tracker.Date // from which the last days of some evidence are counted
}

// Load plays the demonstration city in one transaction: a load that is
// interrupted leaves nothing but files, which are swept. The store must be
// migrated and hold the framework.
func Load(ctx context.Context, store *postgres.Store, o Options) error {
	empty, err := store.Empty(ctx)
	if err != nil {
		return err
	}
	if !empty {
		return ErrNotEmpty
	}
	framework, err := catalogue.Framework()
	if err != nil {
		return err
	}
	city, err := catalogue.HaLong()
	if err != nil {
		return err
	}
	papers, err := makePapers(ctx, framework, city, o)
	if err != nil {
		return fmt.Errorf("make the documents of the demonstration city: %w", err)
	}
	err = store.Atomically(ctx, func(inside *postgres.Store) error {
		p := &player{ctx: ctx, city: city, zone: o.Zone, hash: o.Hash, versions: map[string]int{}, sources: sources(framework), papers: papers}
		p.store = inside.Quietly().WithClock(func() time.Time { return p.now })
		return p.play()
	})
	if err == nil {
		return nil
	}
	if empty, unknown := store.Empty(ctx); unknown == nil && !empty {
		return fmt.Errorf("%w: %w", ErrNotEmpty, err) // somebody was faster
	}
	return fmt.Errorf("load the demonstration city: %w", err)
}

// player acts as the demonstration's people, day by day.
type player struct {
	ctx                   context.Context
	store                 *postgres.Store
	city                  catalogue.Demonstration
	zone                  *time.Location
	hash                  func(string) (string, error)
	now                   time.Time
	coordinator, reviewer tracker.Actor
	expert, leader        tracker.Actor
	advice                *adviser
	versions              map[string]int // of each entry, by indicator
	sources               map[string]tracker.Source
	papers                []*paper
}

func sources(f tracker.Framework) map[string]tracker.Source {
	all := map[string]tracker.Source{}
	for _, place := range f.Places() {
		all[place.Indicator.Code] = place.Indicator.Source
	}
	return all
}

func (p *player) play() error {
	for _, step := range []func() error{p.found, p.open, p.replay, p.addLateValues, p.closeFebruary, p.settleAdvice} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// at sets the clock to an hour of a day in the city.
func (p *player) at(day tracker.Date, hour int) {
	p.now = time.Date(day.Year(), day.Month(), day.Day(), hour, 0, 0, 0, p.zone)
}

// found makes the city and its people on the opening day.
func (p *player) found() error {
	p.at(p.city.Assessment.OpenedOn, 8)
	c := p.city.City
	id, err := p.store.CreateCity(p.ctx, tracker.Operator(), tracker.City{
		Slug: c.Slug, Name: c.Name, Province: c.Province, TimeZone: p.zone.String(), Language: "vi",
		Demonstration: p.city.Provenance.Note,
	})
	if err != nil {
		return err
	}
	for i, account := range Accounts() {
		if err := p.join(id, account); err != nil {
			return err
		}
		if i == 0 { // the first is the coordinator, who makes the departments that others join
			if err := p.createDepartments(); err != nil {
				return err
			}
		}
	}
	return nil
}

// expertUntil is the last day of the demonstration's expert: visitors are to be
// one for years.
var expertUntil = tracker.NewDate(2099, time.December, 31)

// join adds a person; the operator adds the coordinator, who adds the others.
func (p *player) join(cityID int64, a Account) error {
	hash, err := p.hash(Password)
	if err != nil {
		return err
	}
	inviter := p.coordinator
	if a.Role == tracker.Coordinator {
		inviter = tracker.Operator()
	}
	m := postgres.NewMember{Email: a.Email, Name: a.Name, PasswordHash: hash, Role: a.Role, Department: a.Department}
	if a.Role == tracker.Expert {
		m.EndsOn = expertUntil
	}
	id, err := p.store.AddMember(p.ctx, inviter, p.city.City.Slug, m)
	if err != nil {
		return err
	}
	actor := tracker.Actor{AccountID: id, Name: a.Name, Email: a.Email, Memberships: []tracker.Membership{
		{Role: a.Role, CityID: cityID, CitySlug: p.city.City.Slug}}}
	switch a.Role {
	case tracker.Coordinator:
		p.coordinator = actor
	case tracker.Reviewer:
		p.reviewer = actor
	case tracker.Expert:
		p.expert = actor
	case tracker.Leader:
		p.leader = actor
	}
	return nil
}

func (p *player) createDepartments() error {
	for _, d := range p.city.Departments {
		department := tracker.Department{Code: d.Code, Name: d.Name}
		if err := p.store.CreateDepartment(p.ctx, p.coordinator, p.city.City.Slug, department); err != nil {
			return err
		}
	}
	return nil
}

// open opens the assessment, assigns its entries and notes the milestones.
func (p *player) open() error {
	a := p.city.Assessment
	number, err := p.store.OpenAssessment(p.ctx, p.coordinator, p.city.City.Slug, a.Framework, tracker.Assessment{
		Name: a.Name, OpenedOn: a.OpenedOn, SubmissionDueOn: a.SubmissionDueOn, NeedsReview: true}, tracker.CarryOver{})
	if err != nil {
		return err
	}
	var assignments []postgres.Assignment
	for _, one := range p.city.Assignments {
		assignments = append(assignments, postgres.Assignment{Indicator: one.Indicator, Department: one.Department, DueOn: one.DueOn})
		p.versions[one.Indicator] = 2 // opened and assigned
	}
	if err := p.store.Assign(p.ctx, p.coordinator, p.city.City.Slug, number, assignments); err != nil {
		return err
	}
	for _, m := range p.city.Milestones {
		milestone := tracker.Milestone(m)
		if err := p.store.AddMilestone(p.ctx, p.coordinator, p.city.City.Slug, number, milestone); err != nil {
			return err
		}
	}
	return nil
}
