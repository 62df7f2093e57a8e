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

// Close decides whether the assessment may be closed on the day.
func (a Assessment) Close(today Date) error {
	switch {
	case !a.ClosedOn.IsZero():
		return Invalid("", "assessment.error.closed_already")
	case today < a.OpenedOn:
		return Invalid("", "assessment.error.not_open_yet")
	}
	return nil
}
