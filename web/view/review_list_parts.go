package view

import (
	"strings"

	"learningcity/internal/locale"
)

// reviewCount says how much waits, how much of it is shown, and since when.
func reviewCount(v ReviewList) string {
	if v.Total == 0 {
		return v.P.T("review_list.nothing")
	}
	text := v.P.T("review_list.count", "count", v.Total, "longest", waited(v.P, v.Longest))
	if len(v.Rows) != v.Total {
		text += " " + v.P.T("review_list.shown", "count", len(v.Rows))
	}
	return text
}

func joined(codes []string) string { return strings.Join(codes, ", ") }

// waited is for how long something has been waiting.
func waited(p *locale.Printer, days int) string {
	if days == 0 {
		return p.T("review_list.today")
	}
	return p.T("review_list.days", "count", days)
}
