package tracker

// City is a city, or since 1 July 2025 whatever has taken its place.
type City struct {
	ID       int64
	Slug     string // stands in every address
	Name     Text
	Province Text
	Regions  []int64 // the region it lies in and those above it
	TimeZone string  // decides what "today" is
	Language string  // the language its people write in
	// Demonstration is the provenance of a demonstration city's rows, shown on
	// every page; empty for a city of its own.
	Demonstration Text
}

// Department is a department or organisation of the city that leads entries.
type Department struct {
	ID   int64
	Code string
	Name Text
}

// Assessment is a city working through one framework.
type Assessment struct {
	ID              int64
	Number          int // counts within the city; stands in addresses
	FrameworkID     int64
	Name            Text
	OpenedOn        Date
	SubmissionDueOn Date
	ClosedOn        Date // zero while open
	NeedsReview     bool // false: the claim alone decides what is achieved
}

// Milestone is a day that leaders ask about.
type Milestone struct {
	HeldOn    Date
	Title     Text
	Published bool
}

// CurrentAssessment picks the one that pages show when none is named: open,
// opened last. Where all are closed it is the one opened last.
func CurrentAssessment(all []Assessment) (Assessment, bool) {
	best := -1
	for i, a := range all {
		if best < 0 || moreCurrent(a, all[best]) {
			best = i
		}
	}
	if best < 0 {
		return Assessment{}, false
	}
	return all[best], true
}

func moreCurrent(a, b Assessment) bool {
	if a.ClosedOn.IsZero() != b.ClosedOn.IsZero() {
		return a.ClosedOn.IsZero()
	}
	if a.OpenedOn != b.OpenedOn {
		return a.OpenedOn > b.OpenedOn
	}
	return a.Number > b.Number
}
