package view

import "strings"

// reviewCount says how much waits, how much of it is shown, and since when.
func reviewCount(v ReviewList) string {
	if v.Total == 0 {
		return v.P.T("review_list.nothing")
	}
	text := v.P.T("review_list.count", "count", v.Total, "days", v.Longest)
	if len(v.Rows) != v.Total {
		text += " " + v.P.T("review_list.shown", "count", len(v.Rows))
	}
	return text
}

func joined(codes []string) string { return strings.Join(codes, ", ") }
