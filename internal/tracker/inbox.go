package tracker

import "time"

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
)

// InboxKinds lists all kinds.
var InboxKinds = []InboxKind{
	InvitationAccepted, RoleChanged, RoleDisabled, RoleEnabled, RoleCarried, PasswordWasReset, SecondStepWasReset, EvidenceExpires,
	Commented, Mentioned, Directed, Answered,
	RecommendationWasGiven, RecommendationWasTakenOn, RecommendationWasDeclined, RecommendationWasAnswered, RecommendationWasClosed,
	RecommendationWasReopened, TaskWasGiven, TaskWasDone,
}

// InboxItem tells a person of one act.
type InboxItem struct {
	ID   int64
	At   time.Time
	Kind InboxKind
	City City   // slug and name; zero: about the account itself
	By   string // whose act it was; empty: nobody's with an account
	Read bool
	// Of evidence: which, what it was called then, and its last day.
	EvidenceID int64
	Title      string
	ValidUntil Date
	// Of a thread: which, and what it is on, an indicator or, in Title, evidence.
	ThreadID  int64
	Indicator string // code
	// Of a recommendation or a task: which, and how it begins.
	RecommendationID, TaskID int64
	About                    string
}

// InboxPage is a piece of an inbox, the newest item first.
type InboxPage struct {
	Items []InboxItem
	More  bool // there are older ones
}

// System is who does what the program does by itself, such as sending a mail
// that an act has asked for. It has no role, so it may decide nothing.
func System() Actor { return Actor{Name: "system"} }
