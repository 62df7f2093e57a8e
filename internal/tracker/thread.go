package tracker

import (
	"slices"
	"time"
)

// ThreadKind says what a thread is. It never changes.
type ThreadKind string

// A comment begins a conversation; a direction (ý kiến chỉ đạo) is what a leader
// asks for until a day, and is answered.
const (
	CommentThread   ThreadKind = "comment"
	DirectionThread ThreadKind = "direction"
)

// Audience says who may read a thread. It never changes.
type Audience string

// For everybody who works in the city, or for its reviewers among themselves.
const (
	AudienceCity     Audience = "city"
	AudienceInternal Audience = "internal"
)

// Audiences lists them.
var Audiences = []Audience{AudienceCity, AudienceInternal}

// ThreadState is how a thread stands.
type ThreadState string

// The states; only directions are answered.
const (
	ThreadOpen     ThreadState = "open"
	ThreadAnswered ThreadState = "answered"
	ThreadResolved ThreadState = "resolved"
)

// ThreadStates lists them.
var ThreadStates = []ThreadState{ThreadOpen, ThreadAnswered, ThreadResolved}

// MaxThread is how many comments a thread takes, deleted ones included.
const MaxThread = 500

// ThreadOn is what a thread is on: an entry or, with an EvidenceID, a piece of
// evidence.
type ThreadOn struct {
	EntryID        int64
	Indicator      string // code
	IndicatorTitle Text
	Assessment     Assessment
	EvidenceID     int64
	Title          string // of the evidence
	Access         Access // of the evidence
	Department     Department
	AssigneeID     int64 // account in charge of the entry
}

// Author is who did something, and the account.
type Author struct {
	ID   int64
	Name string
}

// Thread is a conversation on an entry or on evidence.
type Thread struct {
	ID         int64
	Kind       ThreadKind
	Audience   Audience
	On         ThreadOn // where it was asked for
	Version    int      // counts what is done to the thread as a whole; forms carry it
	OpenedAt   time.Time
	OpenedBy   Author
	DueOn      Date // of a direction
	AnsweredAt time.Time
	AnsweredBy string
	ResolvedAt time.Time
	ResolvedBy string
	Total      int // comments, deleted ones included
	Comments   []Comment
}

// State is how the thread stands.
func (t Thread) State() ThreadState {
	switch {
	case !t.ResolvedAt.IsZero():
		return ThreadResolved
	case !t.AnsweredAt.IsZero():
		return ThreadAnswered
	}
	return ThreadOpen
}

// Overdue reports whether a direction still waits for its answer after its day.
func (t Thread) Overdue(day Date) bool {
	return t.Kind == DirectionThread && t.State() == ThreadOpen && t.DueOn < day
}

// Threads is what is said on an entry or on evidence.
type Threads struct {
	Shown    []Thread
	Total    int // that the reader may see, resolved ones included
	Resolved int
}

// AudiencesOf are the audiences that the actor belongs to in the city.
func (a Actor) AudiencesOf(city City, today Date) []Audience {
	all := []Audience{}
	if a.May(ReadThreads, city, 0, today) {
		all = append(all, AudienceCity)
	}
	if a.May(ReadInternal, city, 0, today) {
		all = append(all, AudienceInternal)
	}
	return all
}

// AudiencesAt is AudiencesOf as far as it shows without looking the city up; it
// never leaves one out.
func (a Actor) AudiencesAt(slug string) []Audience {
	all := []Audience{}
	if a.MightAt(ReadThreads, slug) {
		all = append(all, AudienceCity)
	}
	if a.MightAt(ReadInternal, slug) {
		all = append(all, AudienceInternal)
	}
	return all
}

// ThreadAct is somebody acting on the threads of one thing, on a day. Like those
// of Act its methods decide and write nothing. ErrNotFound is the answer to who
// may not read the thread.
type ThreadAct struct {
	Actor Actor
	City  City
	Today Date
	On    ThreadOn
}

// Reads reports whether the actor may read threads of the audience there.
func (a ThreadAct) Reads(audience Audience) bool {
	return slices.Contains(a.Actor.AudiencesOf(a.City, a.Today), audience) &&
		(a.On.EvidenceID == 0 || a.Actor.MayRead(a.On.Access, a.On.Department.ID, a.City, a.Today))
}

// NewThread is what somebody begins a thread with.
type NewThread struct {
	Kind      ThreadKind
	Audience  Audience
	DueOn     Date // of a direction
	Text      string
	Mentioned []int64 // accounts
}

// Open decides whether the thread may be begun. people are the city's.
func (a ThreadAct) Open(n NewThread, people []Person) error {
	if err := a.mayWrite(AudienceCity); err != nil {
		return err
	}
	switch {
	case n.Kind == DirectionThread && !a.MayDirect():
		return ErrForbidden
	case n.Kind != CommentThread && n.Kind != DirectionThread:
		return Invalid("kind", "thread_kind_known")
	case !a.Reads(n.Audience): // one that does not exist, too
		return Invalid("audience", "thread_audience_known")
	}
	return Together(a.checkDirection(n), CheckComment(n.Text), a.checkMentions(n.Mentioned, n.Audience, people))
}

// checkDirection: a direction is on an entry, for all of the city, and has a day.
func (a ThreadAct) checkDirection(n NewThread) error {
	if n.Kind != DirectionThread {
		return nil
	}
	switch {
	case n.Audience != AudienceCity:
		return Invalid("audience", "thread_direction_for_the_city")
	case n.DueOn.IsZero():
		return Invalid("due_on", "thread_direction_has_a_day")
	case n.DueOn < a.Today:
		return Invalid("due_on", "direction.error.past")
	}
	return nil
}

// MayDirect reports whether the actor may give directions here.
func (a ThreadAct) MayDirect() bool {
	return a.On.EvidenceID == 0 && a.Actor.May(GiveDirection, a.City, a.On.Department.ID, a.Today)
}

// MayWrite reports whether the actor may begin a thread or reply now.
func (a ThreadAct) MayWrite() bool { return a.mayWrite(AudienceCity) == nil }

// MayWriteAtAll is MayWrite wherever the assessment stands.
func (a ThreadAct) MayWriteAtAll() bool {
	return a.Reads(AudienceCity) && a.Actor.May(WriteComment, a.City, a.On.Department.ID, a.Today)
}

// Closed reports whether the threads have ended with the assessment that they
// are in.
func (a ThreadAct) Closed() bool { return !a.On.Assessment.ClosedOn.IsZero() }

// mayWrite asks the audience, the policy, and whether the assessment is open.
func (a ThreadAct) mayWrite(audience Audience) error {
	switch {
	case !a.Reads(audience):
		return ErrNotFound
	case !a.Actor.May(WriteComment, a.City, a.On.Department.ID, a.Today):
		return ErrForbidden
	case a.On.EvidenceID != 0:
		return nil
	case a.Closed():
		return Invalid("", "assessment.error.closed")
	case a.Today < a.On.Assessment.OpenedOn:
		return Invalid("", "assessment.error.not_open_yet")
	}
	return nil
}

// MayAnswer reports whether the thread is a direction that the actor may answer
// now.
func (a ThreadAct) MayAnswer(t Thread) bool {
	return t.Kind == DirectionThread && t.State() == ThreadOpen && a.mayWrite(t.Audience) == nil &&
		a.Actor.May(AnswerDirection, a.City, a.On.Department.ID, a.Today)
}

// Resolve decides whether the thread may be put down as settled: by who began
// it, a reviewer or the coordinator; a direction by a leader.
func (a ThreadAct) Resolve(t Thread) error {
	if err := a.maySettle(t); err != nil {
		return err
	}
	if t.State() == ThreadResolved {
		return Invalid("", "thread.error.resolved_already")
	}
	return nil
}

// Reopen decides whether the thread may be taken up again, by the same. A
// direction then waits for its answer anew.
func (a ThreadAct) Reopen(t Thread) error {
	if err := a.maySettle(t); err != nil {
		return err
	}
	if t.State() == ThreadOpen {
		return Invalid("", "thread.error.open")
	}
	return nil
}

func (a ThreadAct) maySettle(t Thread) error {
	err := a.mayWrite(t.Audience)
	switch {
	case err != nil:
		return err
	case t.Kind == DirectionThread && !a.MayDirect():
		return ErrForbidden
	case t.Kind == DirectionThread, t.OpenedBy.ID == a.Actor.AccountID:
		return nil
	case !a.Actor.May(ResolveThread, a.City, a.On.Department.ID, a.Today):
		return ErrForbidden
	}
	return nil
}

// Readers are those of the people who may read threads of the audience here,
// and so may be told of them.
func (a ThreadAct) Readers(people []Person, audience Audience) []Person {
	var all []Person
	for _, one := range people {
		reads := ThreadAct{Actor: one.actorIn(a.City), City: a.City, Today: a.Today, On: a.On}.Reads(audience)
		if reads && one.State(a.Today) == PersonActive {
			all = append(all, one)
		}
	}
	return all
}

// actorIn is the person with their role in the city, as if they had a second
// step: who still has to set one up may read afterwards.
func (p Person) actorIn(city City) Actor {
	return Actor{AccountID: p.AccountID, SecondStep: true, Memberships: []Membership{
		{Role: p.Role, CityID: city.ID, CitySlug: city.Slug, DepartmentID: p.Department.ID, EndsOn: p.EndsOn}}}
}

// Told is what somebody is told of a thread.
type Told struct {
	AccountID int64
	Kind      InboxKind
}

// telling is who is told what: each once, what comes first.
type telling struct {
	readers []Person // nobody else is told
	all     []Told
}

func (t *telling) add(kind InboxKind, accounts ...int64) {
	for _, id := range accounts {
		reads := slices.ContainsFunc(t.readers, func(p Person) bool { return p.AccountID == id })
		if reads && !slices.ContainsFunc(t.all, func(one Told) bool { return one.AccountID == id }) {
			t.all = append(t.all, Told{id, kind})
		}
	}
}

// ToldOfOpening are those of the people who are told that the thread was begun:
// of a direction who is to answer it, who is mentioned, and who is in charge.
func (a ThreadAct) ToldOfOpening(n NewThread, people []Person) []Told {
	t := telling{readers: a.Readers(people, n.Audience)}
	if n.Kind == DirectionThread {
		t.add(Directed, a.responsible(t.readers)...)
	}
	t.add(Mentioned, n.Mentioned...)
	t.add(Commented, a.On.AssigneeID)
	return t.all
}

// ToldOfReply are those of the people who are told of a reply: who is mentioned,
// of an answer the leader, and who began the thread or wrote in it.
func (a ThreadAct) ToldOfReply(t Thread, n NewComment, people []Person, writers []int64) []Told {
	all := telling{readers: a.Readers(people, t.Audience)}
	if n.Answers {
		all.add(Answered, t.OpenedBy.ID)
	}
	all.add(Mentioned, n.Mentioned...)
	all.add(Commented, t.OpenedBy.ID)
	all.add(Commented, writers...)
	return all.all
}

// responsible are those of the readers whom a direction is for: who is in charge
// of the entry, else the staff of its department, and the coordinators.
func (a ThreadAct) responsible(readers []Person) []int64 {
	charged := slices.ContainsFunc(readers, func(p Person) bool { return p.AccountID == a.On.AssigneeID })
	var all []int64
	for _, one := range readers {
		staff := one.Role == Staff && one.Department.ID == a.On.Department.ID
		if charged {
			staff = one.AccountID == a.On.AssigneeID
		}
		if staff || one.Role == Coordinator {
			all = append(all, one.AccountID)
		}
	}
	return all
}

// RoleIn is what the actor is in the city; empty for nothing.
func (a Actor) RoleIn(city City) Role {
	for _, m := range a.Memberships {
		if m.CityID != 0 && m.CityID == city.ID {
			return m.Role
		}
	}
	return ""
}

// ThreadRecord is a thread with all that belongs to it.
type ThreadRecord struct {
	City   City
	Today  Date
	Thread Thread
	// Readers may be mentioned in it.
	Readers []Person
}

// ThreadList is what is said on one thing, the newest thread first.
type ThreadList struct {
	City    City
	Today   Date
	On      ThreadOn
	Threads          // the counts are of those that were asked for
	People  []Person // of the city
	More    bool     // there are older ones
}

// DirectionList are a city's directions, the newest first.
type DirectionList struct {
	City        City
	Today       Date
	Departments []Department
	Directions  []Thread
	More        bool // there are older ones
}
