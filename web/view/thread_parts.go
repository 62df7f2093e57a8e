package view

import (
	"slices"
	"strconv"

	"learningcity/internal/locale"
	"learningcity/web/view/ui"
)

func directionNoteKind(row ThreadRow) string {
	if row.Overdue {
		return ui.Warning
	}
	return ui.Info
}

// directionLine says until when a direction is to be answered, or who did.
func directionLine(p *locale.Printer, row ThreadRow) string {
	if row.Settled != "" {
		return p.T("direction.due", "day", row.DueOn) + " " + row.Settled
	}
	return p.T("direction.due", "day", row.DueOn)
}

// threadStateText is how a thread stands, in a word; a direction that is settled
// was closed.
func threadStateText(p *locale.Printer, row ThreadRow) string {
	if row.Overdue {
		return p.T("direction.overdue")
	}
	if row.Direction {
		return p.T("direction.state." + row.State)
	}
	return p.T("thread.state." + row.State)
}

func anyChecked(boxes []MentionBox) bool {
	return slices.ContainsFunc(boxes, func(b MentionBox) bool { return b.Checked })
}

// mentionID gives the first box the field's name, to which errors lead.
func mentionID(n int) string {
	if n == 0 {
		return "mention"
	}
	return "mention-" + strconv.Itoa(n+1)
}

// settleKey is the message of the button: thread.resolve, direction.reopen and
// so on.
func settleKey(v ThreadShow, act string) string {
	if v.Row.Direction {
		return "direction." + act
	}
	return "thread." + act
}

// directionFor says who is to answer.
func directionFor(v ThreadNew) string {
	if v.Department == "" {
		return v.P.T("direction.for_nobody")
	}
	return v.P.T("direction.for", "department", v.Department)
}

func newThreadSave(v ThreadNew) string {
	if v.Direction {
		return v.P.T("direction.save")
	}
	return v.P.T("thread.save")
}

func noDirections(v DirectionList) ui.Blank {
	return ui.Blank{Title: v.P.T("direction.none.title"), Text: v.P.T("direction.none.text")}
}
