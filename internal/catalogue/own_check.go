package catalogue

import (
	"fmt"
	"slices"
	"strings"

	"learningcity/internal/tracker"
)

// ownStructure is what the network publishes: for each area, the number of
// indicators of each of its features.
var ownStructure = map[string]string{
	"A": "1[1 2 2 2] 2[2 1 2 1 1] 3[2 2 1]",
	"B": "4[1 2 1 1 2] 5[2 2 1] 6[1 1 1 2] 7[1 2] 8[1 1 2 1] 9[1 1 1 1]",
	"C": "10[1 1 1] 11[1 1] 12[2 1 1]",
}

// ownSources are the indicators whose source was settled with care.
var ownSources = map[string]tracker.Source{
	"1.2.2": tracker.Survey, "1.4.2": tracker.Survey, "2.4.1": tracker.Survey, "3.2.2": tracker.Survey,
	"3.3.1": tracker.ExpertReview, "4.4.1": tracker.ExpertReview, "5.1.2": tracker.ExpertReview,
	"5.2.2": tracker.OfficialData,
}

// questionOpenings is how a question tells its source.
var questionOpenings = map[tracker.Source]tracker.Text{
	tracker.OfficialData: {EN: "Official figures", VI: "Số liệu chính thức"},
	tracker.Survey:       {EN: "Survey results show", VI: "Kết quả khảo sát cho thấy"},
	tracker.ExpertReview: {EN: "The file shows", VI: "Hồ sơ "},
}

// dispatch is the document whose official wording a city should import.
const dispatch = "86/BGDĐT-GDTX"

// readOwnFramework reads a framework file that must be this program's own.
func readOwnFramework(name string, data []byte) (tracker.Framework, error) {
	log := &problemLog{file: name}
	root, fw := readFramework(log, data)
	if !log.broken {
		checkOwn(root)
	}
	if err := log.err(); err != nil {
		return tracker.Framework{}, err
	}
	return fw, nil
}

// checkOwn checks what holds for this program's own 57 indicators only.
func checkOwn(root value) {
	checkOwnHead(root.get("framework"))
	checkOwnStructure(root)
	_, _, _, indicators := levels(root)
	for _, v := range indicators {
		checkOwnSource(v)
		if n := len(v.get("evidence").get("en").items()); n < 2 || n > 3 {
			v.get("evidence").problem("evidence needs 2 or 3 entries, has %d", n)
		}
	}
	checkUnitsUsed(root, indicators)
}

func checkOwnHead(v value) {
	checkIs(v.get("code"), "learning-city-57")
	checkIs(v.get("version"), "2026.1")
	for _, language := range languages {
		if s := v.get("note").get(language); !strings.Contains(s.str(), dispatch) {
			s.problem("does not name the dispatch %s", dispatch)
		}
	}
}

func checkIs(v value, want string) {
	if v.str() != want {
		v.problem("should be %s", want)
	}
}

func checkOwnStructure(root value) {
	groups, areas, features, indicators := levels(root)
	for _, level := range []struct {
		name      string
		got, want int
	}{
		{"groups", len(groups), 3}, {"areas", len(areas), 12},
		{"features", len(features), 42}, {"indicators", len(indicators), 57},
	} {
		if level.got != level.want {
			root.get("groups").problem("%d %s, expected %d", level.got, level.name, level.want)
		}
	}
	for _, g := range groups {
		want, expected := ownStructure[g.get("code").str()]
		if got := structure(g); !expected {
			g.problem("group is not expected")
		} else if got != want {
			g.problem("structure is %s, expected %s", got, want)
		}
	}
}

// structure prints the areas of a group as ownStructure does.
func structure(group value) string {
	var areas []string
	for _, a := range group.get("areas").items() {
		var counts []int
		for _, f := range a.get("features").items() {
			counts = append(counts, len(f.get("indicators").items()))
		}
		areas = append(areas, fmt.Sprint(a.get("code").str(), counts))
	}
	return strings.Join(areas, " ")
}

func checkOwnSource(v value) {
	source := tracker.Source(v.get("source").str())
	if want, ok := ownSources[v.get("code").str()]; ok && source != want {
		v.get("source").problem("source should be %s", want)
	}
	opening := questionOpenings[source]
	for _, language := range languages {
		s := v.get("question").get(language)
		if !strings.HasPrefix(s.str(), opening.In(language)) {
			s.problem("does not match its source: should begin %q", opening.In(language))
		}
	}
}

// checkUnitsUsed checks that no unit of measure is kept for nothing.
func checkUnitsUsed(root value, indicators []value) {
	for _, unit := range units {
		used := slices.ContainsFunc(indicators, func(v value) bool { return v.get("unit").str() == string(unit) })
		if !used {
			root.get("groups").problem("unit %s is never used", unit)
		}
	}
}
