package tracker

import (
	"cmp"
	"iter"
	"slices"
	"strconv"
	"strings"
)

// Text is something that people read in two languages.
type Text struct{ VI, EN string }

// In returns the text in the language "vi" or "en". A missing translation
// falls back to the other language, so that a page never shows a blank name.
func (t Text) In(language string) string {
	if language == "en" && t.EN != "" || t.VI == "" {
		return t.EN
	}
	return t.VI
}

// Framework is one version of a set of indicators: group › area › feature ›
// indicator. Once an assessment uses it, it never changes.
type Framework struct {
	ID            int64
	Code, Version string
	Title, Note   Text
	Groups        []Group
}

// Group is the first level of a framework, such as "A".
type Group struct {
	ID    int64
	Code  string
	Title Text
	Areas []Area
}

// Area is a focus area, such as "7".
type Area struct {
	ID       int64
	Code     string
	Title    Text
	Features []Feature
}

// Feature is one of the features that experts judge, such as "7.2".
type Feature struct {
	ID         int64
	Code       string
	Title      Text
	Indicators []Indicator
}

// Indicator is what an entry is made for, such as "7.2.2".
type Indicator struct {
	ID             int64
	Code           string
	Title          Text
	Question       Text // what must be shown
	Kind           Kind
	Source         Source
	Unit           Unit   // quantitative only
	Better         Better // quantitative only
	LeadDepartment Text   // who leads it in most cities; an entry has its own department
	Evidence       []Text // the documents that are expected
}

// Kind says whether an indicator is measured or described.
type Kind string

// The kinds.
const (
	Quantitative Kind = "quantitative"
	Qualitative  Kind = "qualitative"
)

// Source says where the answer comes from.
type Source string

// The sources.
const (
	OfficialData Source = "official_data"
	Survey       Source = "survey"
	ExpertReview Source = "expert_review"
)

// Unit is a unit of measure (đơn vị tính), never a department.
type Unit string

// The units of measure.
const (
	Percent         Unit = "percent"
	Ratio           Unit = "ratio"
	Count           Unit = "count"
	CountPer100k    Unit = "count_per_100k"
	KgPerCapita     Unit = "kg_per_capita"
	TonnesPerCapita Unit = "tonnes_per_capita"
	VNDPerCapita    Unit = "vnd_per_capita"
	Years           Unit = "years"
)

// Whole reports whether figures in the unit are whole numbers; figures in all
// others have at most one decimal.
func (u Unit) Whole() bool { return u == Count || u == VNDPerCapita }

// Better says which direction of a figure is the good one.
type Better string

// The directions.
const (
	Higher Better = "higher"
	Lower  Better = "lower"
)

// Place is where an indicator stands in its framework.
type Place struct {
	Group     *Group
	Area      *Area
	Feature   *Feature
	Indicator *Indicator
}

// All walks through the places of all indicators in the framework's own order.
func (f *Framework) All() iter.Seq[Place] {
	return func(yield func(Place) bool) {
		for g := range f.Groups {
			for a := range f.Groups[g].Areas {
				if !f.Groups[g].Areas[a].all(&f.Groups[g], yield) {
					return
				}
			}
		}
	}
}

// all walks through the area's places, and returns false when it was stopped.
func (a *Area) all(group *Group, yield func(Place) bool) bool {
	for n := range a.Features {
		feature := &a.Features[n]
		for i := range feature.Indicators {
			if !yield(Place{group, a, feature, &feature.Indicators[i]}) {
				return false
			}
		}
	}
	return true
}

// Places lists all indicators in the framework's own order.
func (f *Framework) Places() []Place { return slices.Collect(f.All()) }

// AreaOf lists the places of the area that the indicator with the code is in.
func (f *Framework) AreaOf(code string) ([]Place, bool) {
	for p := range f.All() {
		if p.Indicator.Code == code {
			var places []Place
			p.Area.all(p.Group, func(p Place) bool { places = append(places, p); return true })
			return places, true
		}
	}
	return nil, false
}

// Around returns the codes of the indicators before and after, empty at the ends.
func (f *Framework) Around(code string) (previous, next string) {
	var before string
	for p := range f.All() {
		here := p.Indicator.Code
		if before == code && before != "" {
			return previous, here
		}
		if here == code {
			previous = before
		}
		before = here
	}
	return previous, ""
}

// CompareCodes orders codes by their numbers, so that 4.5.2 stands before
// 12.1.1. Parts that are no numbers come after those that are.
func CompareCodes(a, b string) int {
	return slices.CompareFunc(strings.Split(a, "."), strings.Split(b, "."), comparePart)
}

func comparePart(a, b string) int {
	m, errM := strconv.Atoi(a)
	n, errN := strconv.Atoi(b)
	switch {
	case errM == nil && errN == nil:
		return cmp.Compare(m, n)
	case errM == nil && b != "":
		return -1
	case errN == nil && a != "":
		return 1
	}
	return strings.Compare(a, b)
}
