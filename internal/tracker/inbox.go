package tracker

import (
	"slices"
	"time"
)

// InboxKind is what an item of an inbox tells. Each has its sentence under
// inbox.<kind>.
type InboxKind string

// The kinds. The database holds the same list (inbox_item_kind_known).
const (
	InvitationAccepted InboxKind = "invitation_accepted" // to who invited
	RoleChanged        InboxKind = "role_changed"        // this and the others: to the person
	RoleDisabled       InboxKind = "role_disabled"
	RoleEnabled        InboxKind = "role_enabled"
	RoleCarried        InboxKind = "role_carried" // to a successor of the city
	PasswordWasReset   InboxKind = "password_reset"
	SecondStepWasReset InboxKind = "second_step_reset"
	EvidenceExpires    InboxKind = "evidence_expiring" // to those who look after it
	Commented          InboxKind = "comment"           // to those who take part in the thread
	Mentioned          InboxKind = "mention"
	Directed           InboxKind = "direction" // to who is to answer
	Answered           InboxKind = "answered"  // to the leader

	RecommendationWasGiven    InboxKind = "recommendation_given" // to the coordinators
	RecommendationWasTakenOn  InboxKind = "recommendation_taken_on"
	RecommendationWasDeclined InboxKind = "recommendation_declined"
	RecommendationWasAnswered InboxKind = "recommendation_answered" // these three: to who gave it, or the other experts
	RecommendationWasClosed   InboxKind = "recommendation_closed"   // to the coordinators
	RecommendationWasReopened InboxKind = "recommendation_reopened" // to the coordinators
	TaskWasGiven              InboxKind = "task_given"              // to who is in charge, or the department's staff
	TaskWasDone               InboxKind = "task_done"               // to who gave it

	EntryAssigned  InboxKind = "entry_assigned"  // to the person in charge, else to the department's staff
	EntrySubmitted InboxKind = "entry_submitted" // to the reviewers
	EntryWithdrawn InboxKind = "entry_withdrawn" // to the reviewers
	EntryReturned  InboxKind = "entry_returned"  // to who submitted it and the person in charge
	EntryAccepted  InboxKind = "entry_accepted"  // to the same
	EntryReopened  InboxKind = "entry_reopened"  // to the same and the reviewers
	EntryChanged   InboxKind = "entry_changed"   // since it was accepted: to the reviewers, once
	EntryDue       InboxKind = "entry_due"       // soon: to the person in charge, else to the department's staff
	EntryOverdue   InboxKind = "entry_overdue"   // to the same
)

// InboxKinds lists all kinds.
var InboxKinds = []InboxKind{
	InvitationAccepted, RoleChanged, RoleDisabled, RoleEnabled, RoleCarried, PasswordWasReset, SecondStepWasReset, EvidenceExpires,
	Commented, Mentioned, Directed, Answered,
	RecommendationWasGiven, RecommendationWasTakenOn, RecommendationWasDeclined, RecommendationWasAnswered, RecommendationWasClosed,
	RecommendationWasReopened, TaskWasGiven, TaskWasDone,
	EntryAssigned, EntrySubmitted, EntryWithdrawn, EntryReturned, EntryAccepted, EntryReopened, EntryChanged, EntryDue, EntryOverdue,
}

// Listeners are who is told of an act on an entry. Nobody is told of their own, nor
// whose role has ended.
type Listeners string

// The listeners.
const (
	Reviewers   Listeners = "reviewers"
	Concerned   Listeners = "concerned"   // who submitted it and the person in charge
	Everybody   Listeners = "everybody"   // both
	Responsible Listeners = "responsible" // the person in charge, else the department's staff, else the coordinators
)

// Notice is what is told of an act on an entry, and to whom.
type Notice struct {
	Kind InboxKind
	To   Listeners
}

var notices = map[Action]Notice{
	Submit:   {EntrySubmitted, Reviewers},
	Withdraw: {EntryWithdrawn, Reviewers},
	Accept:   {EntryAccepted, Concerned},
	Return:   {EntryReturned, Concerned},
	Reopen:   {EntryReopened, Everybody},
}

// NoticeOf is what is told of an act on an entry's state; false for an act that
// nobody is told of.
func NoticeOf(act Action) (Notice, bool) {
	n, told := notices[act]
	return n, told
}

// AssignmentPause is how long an assignment can be undone before anyone is told
// of it.
const AssignmentPause = 10 * time.Minute

// DueDays are the days before an entry's due date on which people are told, the
// last one first. After it they are told once more, for LateDays at most: what
// has been overdue for longer is no news.
var DueDays = []int{1, 7}

// LateDays is for how long after a due date people are told that it has passed.
const LateDays = 30

// InboxItem tells a person of one act.
type InboxItem struct {
	ID   int64
	At   time.Time // when the person was told
	Kind InboxKind
	City City   // slug and name; zero: about the account itself
	By   string // whose act it was; empty: nobody's with an account
	Read bool
	// Of evidence: which, what it was called then, and its last day.
	EvidenceID int64
	Title      string
	ValidUntil Date
	// Of a thread: which, and what it is on, an indicator or, in Title, evidence.
	ThreadID   int64
	ThreadCode string // of the indicator
	// Of a recommendation or a task: which, and how it begins.
	RecommendationID, TaskID int64
	About                    string
	// Of an entry: which, and its due date where it is about that.
	Entry     EntryKey
	Indicator Text // title
	DueOn     Date
}

// OfContent reports whether the item tells of what only a role in its city lets
// people see, and not of a role or an account.
func (i InboxItem) OfContent() bool {
	switch i.Kind {
	case InvitationAccepted, RoleChanged, RoleDisabled, RoleEnabled, RoleCarried, PasswordWasReset, SecondStepWasReset:
		return false
	}
	return true
}

// InboxFilter chooses items. A zero field does not restrict.
type InboxFilter struct {
	Unread bool
	City   int64 // id
	Before int64 // id of an item: those that are older
}

// MailChoice is how somebody wants to be mailed what their inbox tells.
type MailChoice string

// The choices.
const (
	MailAtOnce MailChoice = "at_once"
	MailDigest MailChoice = "digest" // one a day, at DigestHour; where nothing was chosen
	MailNone   MailChoice = "none"
)

// MailChoices lists all choices.
var MailChoices = []MailChoice{MailAtOnce, MailDigest, MailNone}

// DigestHour is the hour at which the day's digests are sent, on the clocks of the
// installation.
const DigestHour = 7

// CheckMailChoice refuses what is none of MailChoices.
func CheckMailChoice(field string, c MailChoice) error {
	if !slices.Contains(MailChoices, c) {
		return Invalid(field, "account.error.mails")
	}
	return nil
}

// InboxPage is a piece of an inbox, the newest item first.
type InboxPage struct {
	Items []InboxItem
	More  bool // there are older ones
}

// System is who does what the program does by itself, such as sending a mail
// that an act has asked for. It has no role, so it may decide nothing.
func System() Actor { return Actor{Name: "system"} }
