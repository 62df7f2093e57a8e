package tracker

// Action is something that may be allowed or not.
type Action string

// The actions. Those of an entry's states are named like the acts.
const (
	ReadCity          Action = "read_city"
	ChangeClaim       Action = "change_claim"
	BackdateClaim     Action = "backdate_claim"
	Submit            Action = "submit"
	Withdraw          Action = "withdraw"
	Accept            Action = "accept"
	Return            Action = "return"
	Reopen            Action = "reopen"
	EditNarrative     Action = "edit_narrative"
	RecordMeasurement Action = "record_measurement"
	ManageCity        Action = "manage_city"   // departments, people, assessments, assignments
	ReadPeople        Action = "read_people"   // who is in the city
	ManagePeople      Action = "manage_people" // invite; MayInvite says whom
	ManageCities      Action = "manage_cities" // cities, frameworks, first coordinators
	ReadAudit         Action = "read_audit"    // who did what in the city
	ReadReviews       Action = "read_reviews"  // what waits for a verdict, and how long
	EditEvidence      Action = "edit_evidence" // add it, change its passport, supersede, withdraw
	ReadRestricted    Action = "read_restricted"
	LinkToEntry       Action = "link_evidence" // and undo it
	ReadThreads       Action = "read_threads"  // what people of the city say to each other
	ReadInternal      Action = "read_internal" // and what reviewers say among themselves
	WriteComment      Action = "write_comment"
	ResolveThread     Action = "resolve_thread" // of somebody else, and reopen it
	GiveDirection     Action = "give_direction" // and close it
	AnswerDirection   Action = "answer_direction"

	// Acts on recommendations and tasks are named like the acts, too.
	GiveRecommendation    Action = "give_recommendation"
	TakeOnRecommendation  Action = "take_on_recommendation"
	DeclineRecommendation Action = "decline_recommendation"
	AnswerRecommendation  Action = "answer_recommendation"
	CloseRecommendation   Action = "close_recommendation"
	ReopenRecommendation  Action = "reopen_recommendation"
	GiveTask              Action = "give_task"
	ChangeTask            Action = "change_task"
	CompleteTask          Action = "complete_task"
	DropTask              Action = "drop_task"
	ReopenTask            Action = "reopen_task"

	// ReadInstallationAudit is about acts on the installation and on who belongs to cities.
	ReadInstallationAudit Action = "read_installation_audit"
)

// Actions lists all actions.
var Actions = []Action{
	ReadCity, ChangeClaim, BackdateClaim, Submit, Withdraw, Accept, Return, Reopen,
	EditNarrative, RecordMeasurement, ManageCity, ReadPeople, ManagePeople, ManageCities, ReadAudit, ReadInstallationAudit,
	ReadReviews, EditEvidence, ReadRestricted, LinkToEntry,
	ReadThreads, ReadInternal, WriteComment, ResolveThread, GiveDirection, AnswerDirection,
	GiveRecommendation, TakeOnRecommendation, DeclineRecommendation, AnswerRecommendation, CloseRecommendation, ReopenRecommendation,
	GiveTask, ChangeTask, CompleteTask, DropTask, ReopenTask,
}

// reach says how far a role's permission goes.
type reach int

const (
	nowhere reach = iota
	ownDepartment
	everywhere // in the membership's city or region; for an admin, the installation
)

// policy is the one source of who may do what; what is not listed is denied.
var policy = map[Action]map[Role]reach{
	ReadCity: {
		Staff: everywhere, Coordinator: everywhere, Reviewer: everywhere,
		Leader: everywhere, Expert: everywhere, Overseer: everywhere,
	},
	ChangeClaim:       {Staff: ownDepartment, Coordinator: everywhere},
	BackdateClaim:     {Coordinator: everywhere},
	Submit:            {Staff: ownDepartment, Coordinator: everywhere},
	Withdraw:          {Staff: ownDepartment, Coordinator: everywhere},
	Accept:            {Reviewer: everywhere},
	Return:            {Reviewer: everywhere},
	Reopen:            {Reviewer: everywhere, Coordinator: everywhere},
	ReadReviews:       {Reviewer: everywhere, Coordinator: everywhere, Leader: everywhere},
	EditNarrative:     {Staff: ownDepartment, Coordinator: everywhere},
	RecordMeasurement: {Staff: ownDepartment, Coordinator: everywhere},
	ManageCity:        {Coordinator: everywhere},
	ReadPeople:        {Coordinator: everywhere, Admin: everywhere},
	ManagePeople:      {Coordinator: everywhere, Admin: everywhere},
	ManageCities:      {Admin: everywhere},
	ReadAudit:         {Coordinator: everywhere},
	EditEvidence:      {Staff: ownDepartment, Coordinator: everywhere},
	ReadRestricted:    {Staff: ownDepartment, Coordinator: everywhere, Reviewer: everywhere},
	LinkToEntry:       {Staff: ownDepartment, Coordinator: everywhere},
	ReadThreads: {
		Staff: everywhere, Coordinator: everywhere, Reviewer: everywhere, Leader: everywhere, Expert: everywhere,
	},
	ReadInternal: {Reviewer: everywhere},
	WriteComment: {
		Staff: everywhere, Coordinator: everywhere, Reviewer: everywhere, Leader: everywhere, Expert: everywhere,
	},
	ResolveThread:   {Coordinator: everywhere, Reviewer: everywhere},
	GiveDirection:   {Leader: everywhere},
	AnswerDirection: {Staff: ownDepartment, Coordinator: everywhere},

	GiveRecommendation:    {Expert: everywhere},
	TakeOnRecommendation:  {Coordinator: everywhere},
	DeclineRecommendation: {Coordinator: everywhere},
	AnswerRecommendation:  {Staff: ownDepartment, Coordinator: everywhere}, // of a department that has a task of it
	CloseRecommendation:   {Expert: everywhere},                            // MoveRecommendation says which
	ReopenRecommendation:  {Expert: everywhere},
	GiveTask:              {Coordinator: everywhere},
	ChangeTask:            {Coordinator: everywhere},
	CompleteTask:          {Staff: ownDepartment, Coordinator: everywhere},
	DropTask:              {Coordinator: everywhere},
	ReopenTask:            {Coordinator: everywhere},

	ReadInstallationAudit: {Admin: everywhere},
}

// onArchived are the actions that stay open on a city that is archived.
var onArchived = map[Action]bool{
	ReadCity: true, ReadRestricted: true, ReadPeople: true, ReadAudit: true, ManageCities: true, ReadInstallationAudit: true,
	ReadReviews: true, ReadThreads: true, ReadInternal: true,
}

func (c City) open(action Action) bool { return c.ArchivedOn.IsZero() || onArchived[action] }

// Allowed is nil where the actor may do the action, ErrArchived where they might
// if the city were not archived, else ErrForbidden.
func (a Actor) Allowed(action Action, city City, departmentID int64, today Date) error {
	if a.May(action, city, departmentID, today) {
		return nil
	}
	if city.ArchivedOn = 0; a.May(action, city, departmentID, today) {
		return ErrArchived
	}
	return ErrForbidden
}

// May reports whether the actor may do the action in the city today. For
// actions on an entry, departmentID is the entry's department (0: none).
func (a Actor) May(action Action, city City, departmentID int64, today Date) bool {
	for _, m := range a.Memberships {
		if m.in(city) && !m.over(today) && !a.lacks(m, city.SecondStepRequired) && m.reaches(action, departmentID) && city.open(action) {
			return true
		}
	}
	return false
}

// MayAnywhere reports whether some entry of the city could be open to the
// actor for the action. It lets a route fail early; the transaction decides.
func (a Actor) MayAnywhere(action Action, city City, today Date) bool {
	for _, m := range a.Memberships {
		if m.in(city) && !m.over(today) && !a.lacks(m, city.SecondStepRequired) && policy[action][m.Role] != nowhere && city.open(action) {
			return true
		}
	}
	return false
}

// MightAt reports whether the actor could be allowed the action in the city
// with the slug, as far as that shows without looking the city up.
func (a Actor) MightAt(action Action, slug string) bool {
	for _, m := range a.Memberships {
		elsewhere := m.CityID != 0 && m.CitySlug != slug
		if !elsewhere && !a.lacks(m, m.SecondStepRequired) && policy[action][m.Role] != nowhere {
			return true
		}
	}
	return false
}

func (m Membership) in(city City) bool {
	switch m.Role {
	case Admin:
		return true // its actions in the policy do not touch a city's content
	case Overseer:
		return contains(city.Regions, m.RegionID)
	default:
		return m.CityID != 0 && m.CityID == city.ID
	}
}

func contains(regions []int64, id int64) bool {
	for _, r := range regions {
		if r == id && id != 0 {
			return true
		}
	}
	return false
}

// EndedIn reports whether the actor had a role in the city whose last day has
// passed. They know that the city exists.
func (a Actor) EndedIn(city City, today Date) bool {
	for _, m := range a.Memberships {
		if m.in(city) && m.over(today) {
			return true
		}
	}
	return false
}

func (m Membership) over(today Date) bool { return over(m.EndsOn, today) }

func (m Membership) reaches(action Action, departmentID int64) bool {
	switch policy[action][m.Role] {
	case everywhere:
		return true
	case ownDepartment:
		return departmentID != 0 && m.DepartmentID == departmentID
	default:
		return false
	}
}
