package tracker

import (
	"slices"
	"time"
)

// EntryRecord is one entry with all its history, and where it stands.
type EntryRecord struct {
	City        City
	Assessments []Assessment
	Assessment  Assessment
	Framework   *Framework
	Row                      // the entry itself, with its state on the day
	Area        []Row        // the entries of its area, itself among them
	Departments []Department // of the city, on a past day only
	Previous    string       // code of the indicator before it; empty at the beginning
	Next        string
	Changes     []StatusChange
	Revisions   []Revision
	// Narrative and Measurements are as they stood on the day.
	Narrative    Narrative
	Measurements []Measurement
	// Evidence is what was linked on the day, with the passports of today.
	Evidence     []LinkedEvidence
	Completeness Completeness
	documents    []LinkedEvidence // all that was ever linked and the reader may see
	// Recommendations and Tasks on the indicator stand as they did on the day; only
	// what a line shows of them is filled.
	Recommendations []Recommendation
	Tasks           []Task
	// Threads is what is said today; on another day nothing.
	Threads Threads
	Today   Date
	On      Date // the day that the record is shown for
}

// ThreadOn is what threads on the entry are on.
func (r *EntryRecord) ThreadOn() ThreadOn {
	i := r.Place.Indicator
	return ThreadOn{EntryID: r.Entry.ID, Indicator: i.Code, IndicatorTitle: i.Title, Assessment: r.Assessment, Department: r.Department,
		AssigneeID: r.Entry.Assignee.ID}
}

// Replayed are the places of the entries whose history Arrange needs: all of the
// area on a past day, and today only the one with the code, because the rows of
// the others say how they stand.
func (r *EntryRecord) Replayed(code string, places []Place) []Place {
	if r.On != r.Today {
		return places
	}
	at := slices.IndexFunc(places, func(p Place) bool { return p.Indicator.Code == code })
	return places[at : at+1]
}

// Arrange fills the record from what was read of the entries of its area, which
// has the indicator with the code.
// departments, of today, stand in the order of entries.
func (r *EntryRecord) Arrange(code string, places []Place, entries []Entry, departments []Department,
	changes map[int64][]StatusChange, revisions map[int64][]Revision) {
	byIndicator := make(map[int64]int, len(entries))
	for n, e := range entries {
		byIndicator[e.IndicatorID] = n
	}
	for _, place := range places {
		n, ok := byIndicator[place.Indicator.ID]
		if !ok {
			continue
		}
		id := entries[n].ID
		row := Row{Place: place, Entry: entries[n], State: entries[n].State, Department: departments[n]}
		if r.On != r.Today {
			row.State = stateOf(changes[id], revisions[id], r.On)
		}
		if r.On < r.Today {
			row.Entry = row.Entry.assignedOn(r.On).of(row.Entry)
			row.Department = departmentOn(r.Departments, row.Entry.DepartmentID, r.On)
		}
		r.Area = append(r.Area, row)
		if place.Indicator.Code == code {
			r.Row, r.Changes, r.Revisions = row, changes[id], revisions[id]
		}
	}
	r.Narrative = NarrativeAsOf(r.Revisions, r.On)
	r.Measurements = MeasurementsAsOf(r.Revisions, r.On)
	r.Previous, r.Next = r.Framework.Around(code)
}

// stateOf replays one entry's history up to the day.
func stateOf(changes []StatusChange, revisions []Revision, on Date) State {
	events := make([]Event, 0, len(changes)+len(revisions))
	for _, c := range changes {
		events = append(events, Event{Version: int32(c.EntryVersion), EffectiveOn: c.EffectiveOn, State: c.To})
	}
	for _, v := range revisions {
		events = append(events, Event{Version: int32(v.EntryVersion), EffectiveOn: v.EffectiveOn, Edit: true})
	}
	return StatesAsOf(SortHistory(events, 1), 1, on)[0]
}

// Revision is one edit of an entry: of its texts, of one year's figure, or of
// its evidence. One of the three is not nil.
type Revision struct {
	EntryVersion int
	Narrative    *Narrative
	Measurement  *Measurement
	Evidence     *EvidenceEvent
	EffectiveOn  Date
	RecordedAt   time.Time
	RecordedBy   string
	Carried      bool // over from an earlier assessment
}

// NarrativeAsOf returns the texts as they stood on the day.
func NarrativeAsOf(revisions []Revision, on Date) Narrative {
	var n Narrative
	for _, r := range revisions {
		if r.EffectiveOn <= on && r.Narrative != nil {
			n = *r.Narrative
		}
	}
	return n
}

// MeasurementsAsOf returns the figure of each year as it stood on the day, by year.
func MeasurementsAsOf(revisions []Revision, on Date) []Measurement {
	var found []Measurement
	for _, r := range revisions {
		if r.EffectiveOn <= on && r.Measurement != nil {
			found = placeYear(found, *r.Measurement)
		}
	}
	return found
}

// placeYear replaces the year's figure, or inserts it so that years ascend.
func placeYear(all []Measurement, m Measurement) []Measurement {
	at := 0
	for at < len(all) && all[at].Year < m.Year {
		at++
	}
	if at < len(all) && all[at].Year == m.Year {
		all[at] = m
		return all
	}
	all = append(all, Measurement{})
	copy(all[at+1:], all[at:])
	all[at] = m
	return all
}
