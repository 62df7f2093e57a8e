package view

import (
	"strconv"
)

// isLong reports whether a filter has many or long values, so that it stays
// closed until it is asked for.
func isLong(c FilterChoices) bool { return c.Key != "state" && c.Key != "overdue" }

// currentOption is the value of a filter that holds now.
func currentOption(c FilterChoices) string {
	for _, option := range c.Options {
		if option.Current {
			return option.Text
		}
	}
	return ""
}

// listToday is the same list as of today.
func listToday(v EntryList) string {
	today, filter := v.Address, v.Filter
	today.On, filter.Query = 0, v.Query
	return today.List(filter)
}

// keptFilters are the fields that a search carries along: everything in the
// address but the words themselves.
func keptFilters(v EntryList) []FormField {
	f := v.Filter
	all := []FormField{
		{"group", f.Group}, {"area", f.Area}, {"claim", string(f.Claim)}, {"verdict", string(f.Verdict)},
		{"state", string(f.State)}, {departmentField, f.Department}, {"assignee", f.Assignee}, {"on", v.Address.On.String()},
	}
	if f.Overdue {
		all = append(all, FormField{"overdue", "yes"})
	}
	if v.Assessment != 0 {
		all = append(all, FormField{"assessment", strconv.Itoa(v.Assessment)})
	}
	return withValue(all)
}

func withValue(all []FormField) []FormField {
	var kept []FormField
	for _, field := range all {
		if field.Value != "" {
			kept = append(kept, field)
		}
	}
	return kept
}
