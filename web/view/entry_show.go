package view

import (
	"time"

	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// EntryShow is the page of one indicator.
type EntryShow struct {
	Page
	Address
	Code, Title string
	Group, Area string // written out, with the area's code
	AreaHref    string
	Feature     string
	Question    string // what must be shown
	Kind        string // message key kind.<Kind>
	Source      string // message key source.<Source>
	Evidence    []string
	Near        []Cell // the indicators of its area
	Previous    ui.Link
	Next        ui.Link

	On       tracker.Date
	Today    bool // the page is of today; else it is read-only
	OnError  string
	TodayRef string // this page as of today

	Closed      Closed
	ToConfirm   bool   // the claim is an earlier assessment's
	CarriedFrom string // name of that assessment

	Standing   string
	Claim      tracker.Claim
	Verdict    tracker.Verdict
	ChangedOn  tracker.Date
	Department string
	Assignee   ui.Link // who is in charge there; empty for nobody by name
	DueOn      tracker.Date
	Overdue    bool

	// What the person may do now.
	CanClaim, CanBackdate, CanSubmit, CanWithdraw bool
	CanEditNarrative, CanMeasure                  bool
	ClaimForm                                     ClaimForm
	SubmitError, WithdrawError                    string
	CanReopen                                     bool
	ReopenErrors                                  Errors
	ReviewRef                                     string // where the person decides on it; empty where they do not
	MoveNote                                      string // typed beside submit, withdraw or reopen
	// Since is what changed since the entry was accepted; nil where nothing did.
	Since *Difference

	CanLink      bool
	Linked       []LinkedRow // the evidence that supports it
	Completeness Completeness

	Recommendations []RecommendationRow
	RecommendHref   string // empty for who may not
	Tasks           []TaskRow
	TaskSources     []ui.Link // what a task can be made from

	Narrative    tracker.Narrative
	TextLanguage string // the language that the city writes in, for lang attributes

	Quantitative bool
	Unit         string // unit of measure, written out
	Better       string // message key better.<Better>
	Measurements []MeasurementRow
	Chart        *ui.Series // nil for fewer than two figures

	Threads ThreadPart // what is said; on a past day nothing

	History []HistoryRow // newest first
}

// ClaimForm is what stands in the form of the claim.
type ClaimForm struct {
	Version     int
	Claim       string
	Note        string
	EffectiveOn string
	NeedsReview bool // there is a second button: save and submit
	Errors      Errors
}

// MeasurementRow is the figure of one year.
type MeasurementRow struct {
	Year          string
	Value, Target string // written out; Target may be empty
	Meets         bool   // the target is reached
	Source        string
	EditHref      string // empty where the person may not
}

// HistoryRow is one act on the entry.
type HistoryRow struct {
	On       tracker.Date // effective
	Recorded time.Time    // in the city's time zone
	Late     bool         // typed in on a later day than it holds from
	Act      string       // message key act.<Act>
	By       string
	// Standing after a status change; empty for an edit.
	Standing string
	Note     string
	SeenHref string // what the reviewer saw; empty for other acts
	// Of an edit: what was written. Texts are labelled by message key.
	Texts  []LabelledText
	Figure string // "2024: 29,8 (mục tiêu 35,0)"
	// Carried says from which assessment it was carried over; empty: it was not.
	Carried string
}

// LabelledText is one of an entry's texts with the message key of its label.
type LabelledText struct{ Key, Text string }

// EntryConflict shows both versions when somebody else was faster.
type EntryConflict struct {
	Page
	Address
	Code, Title  string
	Act          string // "claim", "narrative", "measurement", "submit", "withdraw"
	ChangedBy    string
	ChangedAt    time.Time // in the city's time zone
	Version      int       // the one that the entry is at now
	Pairs        []ConflictPair
	TextLanguage string
	Back         string // the entry's page, to take theirs
}

// ConflictPair is one field in both versions. Yours can be changed before it is
// sent again, when it is not hidden.
type ConflictPair struct {
	Label        string
	Theirs       string // as people read it
	Name, Yours  string // the form field and its value
	YoursText    string // as people read it, where the value is a code
	Long, Hidden bool   // a text area; carried along without being shown
}

// NarrativeEdit is the form for an entry's texts.
type NarrativeEdit struct {
	Page
	Address
	Code, Title  string
	Question     string
	Version      int
	Narrative    tracker.Narrative
	TextLanguage string
	Errors       Errors
}

// MeasurementEdit is the form for the figure of one year.
type MeasurementEdit struct {
	Page
	Address
	Code, Title   string
	Unit          string
	Version       int
	Year          string
	Value, Target string
	SourceText    string
	Existing      []MeasurementRow
	Errors        Errors
}
