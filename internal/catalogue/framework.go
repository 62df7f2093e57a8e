package catalogue

import (
	"learningcity/internal/tracker"
)

var (
	kinds   = []tracker.Kind{tracker.Quantitative, tracker.Qualitative}
	sources = []tracker.Source{tracker.OfficialData, tracker.Survey, tracker.ExpertReview}
	units   = []tracker.Unit{tracker.Percent, tracker.Ratio, tracker.Count, tracker.CountPer100k,
		tracker.KgPerCapita, tracker.TonnesPerCapita, tracker.VNDPerCapita, tracker.Years}
	directions = []tracker.Better{tracker.Higher, tracker.Lower}
)

// The shapes of a framework file, from the inside out.
var (
	indicatorShape = mapping(
		need("code", code), need("title", title), need("question", prose),
		need("kind", oneOf(kinds...)), need("source", oneOf(sources...)),
		may("unit", oneOf(units...)), may("better", oneOf(directions...)),
		need("lead_department", prose), need("evidence", evidence),
	)
	featureShape   = mapping(need("code", code), need("title", title), need("indicators", list(indicatorShape)))
	areaShape      = mapping(need("code", code), need("title", title), need("features", list(featureShape)))
	groupShape     = mapping(need("code", code), need("title", title), need("areas", list(areaShape)))
	frameworkShape = mapping(
		need("framework", mapping(need("code", code), need("version", code), need("title", title), need("note", prose))),
		need("groups", list(groupShape)),
	)
)

// renamedInFramework are keys of earlier framework files.
var renamedInFramework = map[string]string{"lead_unit": "lead_department"}

// evidence is the documents that are expected: as many, in the same order, in
// each language.
func evidence(v value) {
	en, vi := v.get("en"), v.get("vi")
	if len(v.keys()) != 2 || !en.isList() || !vi.isList() || len(en.items()) != len(vi.items()) {
		v.misshapen("evidence needs the same entries in both languages")
		return
	}
	translated := vi.items()
	for i, e := range en.items() {
		checkPair(e, e, translated[i])
		checkNoFullStop(e)
		checkNoFullStop(translated[i])
	}
}

// readFramework reads and checks any framework file. The framework is only
// complete when the log is empty afterwards.
func readFramework(log *problemLog, data []byte) (value, tracker.Framework) {
	log.renamed = renamedInFramework
	root, ok := parse(log, data)
	if !ok {
		return value{}, tracker.Framework{}
	}
	frameworkShape(root)
	if log.broken {
		return value{}, tracker.Framework{}
	}
	checkCodes(root)
	checkIndicators(root)
	checkTranslations(root)
	return root, buildFramework(root)
}

func buildFramework(root value) tracker.Framework {
	head := root.get("framework")
	fw := tracker.Framework{
		Code: head.get("code").str(), Version: head.get("version").str(),
		Title: textOf(head.get("title")), Note: textOf(head.get("note")),
	}
	for _, v := range root.get("groups").items() {
		fw.Groups = append(fw.Groups, buildGroup(v))
	}
	return fw
}

func buildGroup(v value) tracker.Group {
	group := tracker.Group{Code: v.get("code").str(), Title: textOf(v.get("title"))}
	for _, a := range v.get("areas").items() {
		group.Areas = append(group.Areas, buildArea(a))
	}
	return group
}

func buildArea(v value) tracker.Area {
	area := tracker.Area{Code: v.get("code").str(), Title: textOf(v.get("title"))}
	for _, f := range v.get("features").items() {
		area.Features = append(area.Features, buildFeature(f))
	}
	return area
}

func buildFeature(v value) tracker.Feature {
	feature := tracker.Feature{Code: v.get("code").str(), Title: textOf(v.get("title"))}
	for _, i := range v.get("indicators").items() {
		feature.Indicators = append(feature.Indicators, buildIndicator(i))
	}
	return feature
}

func buildIndicator(v value) tracker.Indicator {
	return tracker.Indicator{
		Code:           v.get("code").str(),
		Title:          textOf(v.get("title")),
		Question:       textOf(v.get("question")),
		Kind:           tracker.Kind(v.get("kind").str()),
		Source:         tracker.Source(v.get("source").str()),
		Unit:           tracker.Unit(v.get("unit").str()),
		Better:         tracker.Better(v.get("better").str()),
		LeadDepartment: textOf(v.get("lead_department")),
		Evidence:       buildEvidence(v.get("evidence")),
	}
}

func buildEvidence(v value) []tracker.Text {
	var all []tracker.Text
	vi := v.get("vi").items()
	for i, en := range v.get("en").items() {
		all = append(all, tracker.Text{VI: vi[i].str(), EN: en.str()})
	}
	return all
}
