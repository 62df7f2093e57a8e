package view

import (
	"strconv"

	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	"learningcity/web/view/ui"
)

// RecommendationRow is a recommendation in a list.
type RecommendationRow struct {
	Text       string // or how it begins
	Href       string
	State      string // message key recommendation.state.<State>
	Required   bool
	GivenOn    tracker.Date
	GivenBy    string
	Indicators []ui.Link // none: the assessment as a whole
}

// RecommendationList is the page of an assessment's recommendations.
type RecommendationList struct {
	Page
	Address
	TextLanguage          string
	Assessments           []AssessmentChoice
	Problem               string // of the filter
	Blocking              int    // that are required and not closed
	BlockingHref          string
	NewHref               string // empty for who may not give any
	Chosen                bool   // there is a filter
	Rows                  []RecommendationRow
	States, Required      []FilterOption
	OlderHref, NewestHref string
}

// RecommendationShow is the page of one recommendation.
type RecommendationShow struct {
	Page
	Address
	Row          RecommendationRow
	Source       string
	TextLanguage string
	Assessment   string
	Acts         []ui.Link // open to the reader now; the first is the one to expect
	NewTaskHref  string
	Moves        []MoveRow
	Tasks        []TaskRow
}

// RecommendationForm is what stands in the form of a new one.
type RecommendationForm struct {
	Text, Source, GivenOn, Required string
}

// RecommendationNew is the form to give one.
type RecommendationNew struct {
	Page
	Address
	Action       string
	Assessment   string
	TextLanguage string
	Form         RecommendationForm
	Areas        []PickArea
	Errors       Errors
}

func ordinal(n int) string { return strconv.Itoa(n + 1) }

func requiredOptions(p *locale.Printer) []ui.Option {
	return []ui.Option{
		{Value: "yes", Label: p.T("recommendation.required.yes"), Hint: p.T("recommendation.required.yes.hint")},
		{Value: "no", Label: p.T("recommendation.required.no"), Hint: p.T("recommendation.required.no.hint")},
	}
}

func noRecommendations(v RecommendationList) ui.Blank {
	if v.Chosen {
		return ui.Blank{Title: v.P.T("recommendation.none.title"), Text: v.P.T("recommendation.none.text"),
			Action: ui.Link{Text: v.P.T("entry_list.clear"), Href: v.Recommendations(tracker.RecommendationFilter{})}}
	}
	b := ui.Blank{Title: v.P.T("recommendation.empty.title"), Text: v.P.T("recommendation.empty.text")}
	if v.NewHref != "" {
		b.Action = ui.Link{Text: v.P.T("recommendation.new"), Href: v.NewHref}
	}
	return b
}

func recommendationCrumbs(p Page, a Address, here string) []ui.Link {
	return []ui.Link{{Text: p.P.T("recommendation.title"), Href: a.Recommendations(tracker.RecommendationFilter{})}, {Text: here}}
}
