package catalogue

import "learningcity/internal/tracker"

// Demonstration is a city with its history, to look around in. What it does
// not carry yet is still checked: the comments of reviewers.
type Demonstration struct {
	Provenance    Provenance
	City          City
	Assessment    Assessment
	Departments   []Department
	Assignments   []Assignment   // one per indicator of the framework
	StatusHistory []StatusChange // by day
	Measurements  []Measurement  // by indicator and year
	Entries       []Entry        // by indicator
	Milestones    []Milestone    // by day
	Evidence      []Evidence

	Recommendations []Recommendation
	Tasks           []Task
	Comments        []Comment
	Directions      []Direction
}

// Provenance tells what of the demonstration is real.
type Provenance struct {
	Note                    tracker.Text // shown wherever the demonstration is
	PublishedFacts          []PublishedFact
	ConsultationConferences []tracker.Date
	PublishedTarget         tracker.Text
}

// PublishedFact is a score that the city reported in public.
type PublishedFact struct {
	ReportedOn      tracker.Date
	Achieved, Total int
	Source          tracker.Text
}

// City is the city itself.
type City struct {
	Slug           string
	Name, Province tracker.Text
	Country        string // two letters
}

// Assessment is the city's one assessment.
type Assessment struct {
	Framework                 string // a code
	Name, Note                tracker.Text
	OpenedOn, SubmissionDueOn tracker.Date
	DatesIllustrative         bool
}

// Department is one that leads entries.
type Department struct {
	Code string
	Name tracker.Text
}

// Assignment says which department leads the entry of an indicator.
type Assignment struct {
	Indicator, Department string       // codes
	DueOn                 tracker.Date // zero when nothing was left to do
}

// StatusChange is the claim that holds for an indicator from a day on.
type StatusChange struct {
	Indicator   string
	Claim       tracker.Claim
	EffectiveOn tracker.Date
	Note        tracker.Text
}

// Measurement is the figure of one year, in the indicator's unit of measure.
type Measurement struct {
	Indicator     string
	Year          int
	Value, Target tracker.Decimal
	Source        tracker.Text
}

// Entry is what the city tells about an indicator. Obstacles and Solution are
// empty where it was achieved early.
type Entry struct {
	Indicator                      string
	Narrative, Obstacles, Solution tracker.Text
}

// Recommendation is what experts advised, and what became of it. Days are zero
// where it did not come to that.
type Recommendation struct {
	GivenOn                       tracker.Date
	By, Text, Source              tracker.Text
	Indicators                    []string // codes
	Required                      bool
	TakenOn, AnsweredOn, ClosedOn tracker.Date
	Answer                        tracker.Text
}

// Task is work that a department was given.
type Task struct {
	Title          tracker.Text
	Indicators     []string // codes
	Department     string   // code
	GivenOn, DueOn tracker.Date
	Recommendation int          // that it was made from, counted from 1; 0: from none
	Solution       string       // code of the indicator whose solution it was made from
	DoneOn         tracker.Date // zero while it is open
	Result         tracker.Text
}

// Comment is a reviewer's question on an indicator, and what became of it. Days
// are zero where it did not come to that.
type Comment struct {
	Indicator                       string // code
	GivenOn, AnsweredOn, ResolvedOn tracker.Date
	Text, Answer                    tracker.Text
}

// Direction is what a leader asked of the department that leads an indicator.
type Direction struct {
	Indicator                  string       // code
	GivenOn, DueOn, AnsweredOn tracker.Date // the last is zero while it waits
	Text, Answer               tracker.Text
}

// Milestone is an event on the way.
type Milestone struct {
	HeldOn    tracker.Date
	Title     tracker.Text
	Published bool // reported in public, not made up
}

// Evidence is a document of the city. What stands in it is made of the rest of
// the demonstration.
type Evidence struct {
	Answers    []Answer // the first gives its title and its department
	Form       string   // the ending of its file; "link" for none
	Symbol     string   // in its number; empty where it has none
	IssuedOn   tracker.Date
	Year       int // what it tells about; 0: it does not say
	ValidUntil tracker.Date
	ValidDays  int  // instead of ValidUntil: counted from the day of loading
	Restricted bool // not for everybody in the city
	Draft      bool // there was a draft before, which it replaced
}

// Answer is one of the documents that an indicator expects, from 1.
type Answer struct {
	Indicator string
	Document  int
}
