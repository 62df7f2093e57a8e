package tracker

import (
	"strings"
	"unicode/utf8"
)

// Check refuses, each at its field, what no new assessment may have.
func (a Assessment) Check() error {
	fields := map[string]string{}
	checkNames(fields, a.Name, "assessment.error.")
	if a.OpenedOn.IsZero() {
		fields["opened_on"] = "assessment.error.opened_on"
	}
	switch {
	case a.SubmissionDueOn.IsZero():
		fields["submission_due_on"] = "assessment.error.submission_due_on"
	case a.SubmissionDueOn < a.OpenedOn:
		fields["submission_due_on"] = "assessment_due_after_opening"
	}
	return invalidOrNil(fields)
}

// checkNames refuses a name that is missing in one of the languages, or long.
func checkNames(fields map[string]string, name Text, prefix string) {
	for field, text := range map[string]string{"name_vi": name.VI, "name_en": name.EN} {
		switch {
		case strings.TrimSpace(text) == "":
			fields[field] = prefix + field
		case utf8.RuneCountInString(text) > MaxName:
			fields[field] = "name.error.long"
		}
	}
}

// Acts on an assessment as a whole, each one of its moves.
const (
	SubmitAssessment Action = "submit_assessment"
	CloseAssessment  Action = "close_assessment"
	ReopenAssessment Action = "reopen_assessment"
)

// AssessmentMove is how an assessment was closed or reopened.
type AssessmentMove struct {
	Act    Action
	Note   string
	On     Date
	By     string // name, when read
	Number int    // the version that it led to
}

// Submit decides whether the assessment may be submitted on the day: not while
// anything stands in the way.
func (a Assessment) Submit(today Date, blockers []Blocker) error {
	if err := a.mayEnd(today); err != nil {
		return err
	}
	if len(blockers) > 0 {
		return Invalid("", "submission.error.blocked")
	}
	return nil
}

// Close decides whether the assessment may be closed on the day without being
// submitted, for a reason.
func (a Assessment) Close(today Date, reason string) error {
	if err := a.mayEnd(today); err != nil {
		return err
	}
	return checkReason(reason, "assessment_close.error.no_reason")
}

// Reopen decides whether the assessment may be opened again, for a reason. What
// a later one has carried over stays as it was then.
func (a Assessment) Reopen(carriedOn bool, reason string) error {
	switch {
	case a.ClosedOn.IsZero():
		return Invalid("", "assessment_reopen.error.open")
	case carriedOn:
		return Invalid("", "assessment_reopen.error.carried_on")
	}
	return checkReason(reason, "assessment_reopen.error.no_reason")
}

func (a Assessment) mayEnd(today Date) error {
	switch {
	case !a.ClosedOn.IsZero():
		return Invalid("", "assessment.error.closed_already")
	case today < a.OpenedOn:
		return Invalid("", "assessment.error.not_open_yet")
	}
	return nil
}

func checkReason(reason, missing string) error {
	switch {
	case strings.TrimSpace(reason) == "":
		return Invalid("note", missing)
	case utf8.RuneCountInString(reason) > MaxNote:
		return Invalid("note", "note.error.long")
	}
	return nil
}

// CarryOver says what a new assessment begins with.
type CarryOver struct {
	From        int  // number; 0: with nothing
	Departments bool // and who is in charge there
	DueOn       Date // of all entries; zero: of none
}

// Check refuses, each at its field, what the assessment cannot begin with. What
// it carries over must not change any more, and have been so when it opens.
func (c CarryOver) Check(a, from Assessment, today Date) error {
	fields := map[string]string{}
	switch {
	case from.ClosedOn.IsZero():
		fields["carry_from"] = "carry_over.error.open"
	case a.OpenedOn < from.ClosedOn:
		fields["opened_on"] = "carry_over.error.before_closing"
	case a.OpenedOn > today:
		fields["opened_on"] = "carry_over.error.later"
	}
	if !c.DueOn.IsZero() && c.DueOn < a.OpenedOn {
		fields["due_on"] = "assignment.error.due_before_opening"
	}
	return invalidOrNil(fields)
}

// LeftOut lists the indicators of an earlier framework that the new one has not,
// by their codes, in the order of the earlier.
func LeftOut(earlier, next *Framework) []Indicator {
	codes := map[string]bool{}
	for place := range next.All() {
		codes[place.Indicator.Code] = true
	}
	var missing []Indicator
	for place := range earlier.All() {
		if !codes[place.Indicator.Code] {
			missing = append(missing, *place.Indicator)
		}
	}
	return missing
}
