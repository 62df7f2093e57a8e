package view

import "strconv"

func seenVersion(v DecisionShow, row SeenRow) string {
	text := v.P.T("version.name", "number", strconv.Itoa(row.Version))
	if row.Withdrawn {
		text += " · " + v.P.T("evidence.standing.withdrawn")
	}
	return text
}
