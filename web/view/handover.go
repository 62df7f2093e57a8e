package view

import (
	"slices"

	"learningcity/web/view/ui"
)

// Handover is the form to merge or split a city, in two steps.
type Handover struct {
	Page
	Address
	Version  int
	Cities   []ui.Option // that can be chosen
	With, To []ui.Option // that were chosen
	Chosen   bool        // the first step is done
	Split    bool        // there are several successors
	People   []HandoverPerson
	Errors   Errors
}

// HandoverPerson is somebody who may go along.
type HandoverPerson struct {
	ID               int64
	Name, Post, City string
	To               string // slug; empty: stays behind
}

// successorOptions are where a person can go.
func successorOptions(v Handover) []ui.Option {
	return append([]ui.Option{{Label: v.P.T("handover.stays")}}, v.To...)
}

func hasOption(options []ui.Option, one ui.Option) bool { return slices.Contains(options, one) }

// handoverText says what is about to be done.
func handoverText(v Handover) string {
	if v.Split {
		return v.P.T("handover.split.text", "city", v.Page.City.Name)
	}
	return v.P.T("handover.merge.text", "city", v.Page.City.Name)
}
