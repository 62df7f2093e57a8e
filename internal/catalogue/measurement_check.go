package catalogue

import (
	"slices"
	"strings"

	"learningcity/internal/tracker"
)

// The years that are measured.
const (
	firstYear = 2021
	lastYear  = 2024
)

// minMeasured is how many indicators must be measured for the charts to be worth a look.
const minMeasured = 14

// wantBelow are the quantitative indicators that miss their target to the end.
var wantBelow = []string{"7.2.2", "12.1.2"}

func (s *dataset) readMeasurements() []Measurement {
	var rows []row[Measurement]
	sources := translations{}
	for _, v := range s.items("measurements") {
		m, ok := s.readMeasurement(v)
		if !ok {
			continue
		}
		if len(rows) > 0 && !followsMeasurement(rows[len(rows)-1].is, m) {
			v.problem("not in order of code and year, or given twice")
		}
		checkSourceNote(v.get("source"), sources)
		rows = append(rows, row[Measurement]{m, v})
	}
	var all []Measurement
	for _, r := range rows {
		all = append(all, r.is)
	}
	if !s.root.log.broken {
		s.checkSeries(rows)
		s.checkMeasured(all)
	}
	return all
}

func (s *dataset) readMeasurement(v value) (Measurement, bool) {
	code := v.get("indicator").str()
	place, ok := s.indicators[code]
	if !ok || place.Indicator.Kind != tracker.Quantitative {
		v.problem("not a quantitative indicator")
		return Measurement{}, false
	}
	year := intOf(v.get("year"))
	if year < firstYear || year > lastYear {
		v.get("year").problem("year %d is not between %d and %d", year, firstYear, lastYear)
		return Measurement{}, false
	}
	value, okValue := figure(v.get("value"), place.Indicator.Unit)
	target, okTarget := figure(v.get("target"), place.Indicator.Unit)
	m := Measurement{code, year, value, target, textOf(v.get("source"))}
	return m, okValue && okTarget
}

func followsMeasurement(last, next Measurement) bool {
	byCode := tracker.CompareCodes(last.Indicator, next.Indicator)
	return byCode < 0 || byCode == 0 && last.Year < next.Year
}

func checkSourceNote(v value, known translations) {
	source := textOf(v)
	if !strings.HasSuffix(source.EN, " (illustrative)") || !strings.HasSuffix(source.VI, " (minh họa)") {
		v.problem("source must say that it is illustrative")
	}
	known.check(v, source.EN, source.VI)
}

// checkSeries checks the years of each indicator together and against the day
// it was achieved.
func (s *dataset) checkSeries(rows []row[Measurement]) {
	series, order := map[string][]row[Measurement]{}, []string{}
	for _, r := range rows {
		if series[r.is.Indicator] == nil {
			order = append(order, r.is.Indicator)
		}
		series[r.is.Indicator] = append(series[r.is.Indicator], r)
	}
	for _, code := range order {
		checkYears(series[code])
		s.checkTarget(code, series[code])
	}
}

func checkYears(rows []row[Measurement]) {
	var years []int
	inRow := true
	for n, r := range rows {
		years = append(years, r.is.Year)
		inRow = inRow && r.is.Year == rows[0].is.Year+n
	}
	if len(rows) < 3 || len(rows) > 4 || !inRow {
		rows[0].at.problem("need 3 or 4 years in a row, has %v", years)
	}
}

// checkTarget checks that the target is met by the indicators that were
// achieved, already with the figures that were known on the day, and by no others.
func (s *dataset) checkTarget(code string, rows []row[Measurement]) {
	indicator, achieved := s.indicators[code].Indicator, s.timeline.achievedOn(code)
	if achieved.IsZero() {
		for _, r := range rows {
			if meets(indicator, r.is) {
				r.at.problem("not achieved, but the value of %d meets the target", r.is.Year)
			}
		}
		return
	}
	if last := rows[len(rows)-1]; !meets(indicator, last.is) {
		last.at.problem("achieved, but the value of %d does not meet the target", last.is.Year)
	}
	// A survey tells of its own year, official figures of the year before.
	knownYear := achieved.Year()
	if indicator.Source != tracker.Survey {
		knownYear--
	}
	meetsThen := false
	for _, r := range rows {
		if r.is.Year <= knownYear {
			meetsThen = meets(indicator, r.is)
		}
	}
	if !meetsThen {
		rows[0].at.problem("achieved on %s, but the figures of that time do not meet the target", achieved)
	}
}

func meets(indicator *tracker.Indicator, m Measurement) bool {
	if indicator.Better == tracker.Higher {
		return m.Value >= m.Target
	}
	return m.Value <= m.Target
}

// checkMeasured checks that the measurements are spread over the framework.
func (s *dataset) checkMeasured(all []Measurement) {
	v, measured := s.root.get("measurements"), set{}
	for _, m := range all {
		measured[m.Indicator] = true
	}
	if len(measured) < minMeasured {
		v.problem("%d indicators, need %d", len(measured), minMeasured)
	}
	below := set{}
	for code := range s.openAfter {
		if s.indicators[code].Indicator.Kind == tracker.Quantitative {
			below[code] = true
		}
	}
	if !slices.Equal(below.sorted(), wantBelow) || len(below.minus(measured)) > 0 {
		v.problem("of the indicators not achieved, %s must be measured", strings.Join(wantBelow, ", "))
	}
	s.checkSpread(v, "areas", measured, func(p tracker.Place) string { return p.Area.Code })
	s.checkSpread(v, "units of measure", measured, func(p tracker.Place) string { return string(p.Indicator.Unit) })
}

// checkSpread reports the parts of the quantitative indicators of which none is measured.
func (s *dataset) checkSpread(v value, what string, measured set, part func(tracker.Place) string) {
	want, got := set{}, set{}
	for code, place := range s.indicators {
		if place.Indicator.Kind != tracker.Quantitative {
			continue
		}
		want[part(place)] = true
		if measured[code] {
			got[part(place)] = true
		}
	}
	if missing := want.minus(got); len(missing) > 0 {
		v.problem("%s without any: %s", what, strings.Join(missing.sorted(), ", "))
	}
}
