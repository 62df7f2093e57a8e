package catalogue

import (
	"fmt"
	"regexp"
	"strings"

	"learningcity/internal/tracker"
)

// below returns the items of one list of each value, as one list.
func below(values []value, key string) []value {
	var all []value
	for _, v := range values {
		all = append(all, v.get(key).items()...)
	}
	return all
}

// levels returns the groups, areas, features and indicators of a file.
func levels(root value) (groups, areas, features, indicators []value) {
	groups = root.get("groups").items()
	areas = below(groups, "areas")
	features = below(areas, "features")
	return groups, areas, features, below(features, "indicators")
}

// checkCodes checks that every code is used once and that it says where its
// owner stands: areas are numbered through, features and indicators within
// their parents.
func checkCodes(root value) {
	groups, areas, features, indicators := levels(root)
	seen := map[string]bool{}
	for _, level := range [][]value{groups, areas, features, indicators} {
		for _, v := range level {
			c := v.get("code")
			if seen[c.str()] {
				c.problem("code %s is used twice", c.str())
			}
			seen[c.str()] = true
		}
	}
	for n, area := range areas {
		if c := area.get("code"); c.str() != fmt.Sprint(n+1) {
			c.problem("areas are not numbered 1 to %d in order", len(areas))
		}
		checkFollow(area, "features")
	}
	for _, feature := range features {
		checkFollow(feature, "indicators")
	}
}

func checkFollow(parent value, key string) {
	code := parent.get("code").str()
	for n, v := range parent.get(key).items() {
		if c := v.get("code"); c.str() != fmt.Sprintf("%s.%d", code, n+1) {
			c.problem("code %s does not follow its parent %s", c.str(), code)
		}
	}
}

// checkIndicators checks what the parts of each indicator say together.
func checkIndicators(root value) {
	_, _, _, indicators := levels(root)
	titles := map[string]string{}
	for _, v := range indicators {
		checkMeasure(v)
		checkSource(v)
		checkQuestion(v.get("question"))
		checkUniqueTitle(v, titles)
	}
}

// checkMeasure checks that the measured indicators, and only they, have a unit
// and a good direction.
func checkMeasure(v value) {
	kind := tracker.Kind(v.get("kind").str())
	for _, key := range []string{"unit", "better"} {
		if kind == tracker.Quantitative && !v.has(key) {
			v.problem("lacks %s", key)
		}
		if kind == tracker.Qualitative && v.has(key) {
			v.get(key).problem("qualitative but has %s", key)
		}
	}
}

func checkSource(v value) {
	kind, source := tracker.Kind(v.get("kind").str()), v.get("source")
	judged := tracker.Source(source.str()) == tracker.ExpertReview
	if kind == tracker.Quantitative && judged {
		source.problem("quantitative but judged by expert review")
	}
	if kind == tracker.Qualitative && !judged {
		source.problem("qualitative but not judged by expert review")
	}
}

var innerEnd = regexp.MustCompile(`[.?!;][\s\pZ]`)

func checkQuestion(v value) {
	for _, language := range languages {
		s := v.get(language)
		if !strings.HasSuffix(s.str(), ".") || innerEnd.MatchString(s.str()) {
			s.problem("is not one sentence: %s", quote(s.str()))
		}
	}
}

func checkUniqueTitle(v value, titles map[string]string) {
	code := v.get("code").str()
	for _, language := range languages {
		s := v.get("title").get(language)
		if other, ok := titles[s.str()]; ok {
			s.problem("title %s is also used by %s", quote(s.str()), other)
		}
		titles[s.str()] = code
	}
}

// checkTranslations checks that a department or a document that is named more
// than once has the same two names each time.
func checkTranslations(root value) {
	_, _, _, indicators := levels(root)
	known := translations{}
	for _, v := range indicators {
		lead := v.get("lead_department")
		known.check(lead, lead.get("en").str(), lead.get("vi").str())
		vi := v.get("evidence").get("vi").items()
		for i, en := range v.get("evidence").get("en").items() {
			known.check(en, en.str(), vi[i].str())
		}
	}
}

func checkNoFullStop(v value) {
	if strings.HasSuffix(v.str(), ".") {
		v.problem("ends with a full stop")
	}
}
