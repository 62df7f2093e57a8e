package catalogue

import (
	"time"

	"learningcity/internal/tracker"
)

// firstDay and lastDay enclose every date of the demonstration.
var (
	firstDay = tracker.NewDate(2021, time.January, 1)
	lastDay  = tracker.NewDate(2025, time.December, 31)
)

// renamedInDemonstration are keys of earlier demonstration files. "unit" means
// only a unit of measure.
var renamedInDemonstration = map[string]string{"units": "departments", "unit": "department"}

var taskStates = []string{"open", "in_progress", "done"}

// evidenceForms are the kinds of files that the demonstration makes, and a link.
var evidenceForms = []string{"docx", "odt", "csv", "txt", "pdf", "link"}

// symbols are the abbreviations of kinds of documents that stand in their
// numbers: decision, rules, plan, report, minutes.
var symbols = []string{"QĐ", "QC", "KH", "BC", "BB"}

// The shapes of the parts of a demonstration file.
var (
	factShape = mapping(
		need("reported_on", date), need("achieved", whole), need("total", whole), need("source", prose))

	provenanceShape = mapping(
		need("illustrative", illustrative), need("note", prose), need("published_facts", list(factShape)),
		need("consultation_conferences", list(date)), need("published_target", prose))

	cityShape = mapping(need("slug", code), need("name", prose), need("province", prose), need("country", code))

	assessmentShape = mapping(
		need("framework", code), need("name", prose), need("note", prose),
		need("opened_on", date), need("submission_due_on", date), may("dates_illustrative", flag))

	departmentShape = mapping(need("code", code), need("name", prose))

	assignmentShape = mapping(need("indicator", code), need("department", code), may("due_on", date))

	statusShape = mapping(
		need("indicator", code), need("status", oneOf(tracker.Claims...)), need("effective_on", date),
		need("note", prose), need("illustrative", illustrative))

	measurementShape = mapping(
		need("indicator", code), need("year", whole), need("value", number), need("target", number),
		need("source", prose), need("illustrative", illustrative))

	entryShape = mapping(
		need("indicator", code), need("illustrative", illustrative),
		need("narrative", prose), may("obstacles", prose), may("solution", prose))

	taskShape = mapping(
		need("title", title), need("indicators", list(code)), need("department", code),
		need("due_on", date), need("state", oneOf(taskStates...)), need("illustrative", illustrative))

	recommendationShape = mapping(
		need("given_on", date), need("by", prose), need("text", prose), need("source", prose),
		need("indicators", list(code)), need("indicators_illustrative", flag))

	commentShape = mapping(
		need("indicator", code), need("given_on", date), need("by", prose), need("text", prose),
		need("illustrative", illustrative))

	recommendationHistoryShape = mapping(
		need("recommendation", whole), need("required", flag), may("taken_on", date), may("answered_on", date), may("answer", prose),
		may("closed_on", date), need("illustrative", illustrative))

	taskHistoryShape = mapping(
		need("task", whole), need("given_on", date), may("recommendation", whole), may("solution", code), may("done_on", date),
		may("result", prose), need("illustrative", illustrative))

	commentHistoryShape = mapping(
		need("comment", whole), may("answered_on", date), may("answer", prose), may("resolved_on", date), need("illustrative", illustrative))

	directionShape = mapping(
		need("indicator", code), need("given_on", date), need("due_on", date), need("text", prose),
		may("answered_on", date), may("answer", prose), need("illustrative", illustrative))

	milestoneShape = mapping(need("held_on", date), need("title", title), need("published", flag))

	answerShape = mapping(need("indicator", code), need("document", whole))

	evidenceShape = mapping(
		need("answers", list(answerShape)), need("form", oneOf(evidenceForms...)), may("symbol", oneOf(symbols...)),
		need("issued_on", date), may("year", whole), may("valid_until", date), may("valid_days", whole),
		may("restricted", flag), may("draft", flag), need("illustrative", illustrative))
)

var demonstrationShape = mapping(
	need("provenance", provenanceShape),
	need("city", cityShape),
	need("assessment", assessmentShape),
	need("departments", list(departmentShape)),
	need("assignments", list(assignmentShape)),
	need("status_history", list(statusShape)),
	need("measurements", list(measurementShape)),
	need("entries", list(entryShape)),
	need("tasks", list(taskShape)),
	need("recommendations", list(recommendationShape)),
	need("reviewer_comments", list(commentShape)),
	need("milestones", list(milestoneShape)),
	need("evidence", list(evidenceShape)),
	need("recommendation_history", list(recommendationHistoryShape)),
	need("task_history", list(taskHistoryShape)),
	need("comment_history", list(commentHistoryShape)),
	need("directions", list(directionShape)),
)
