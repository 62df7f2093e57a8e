package tracker

import (
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// City is a city, or since 1 July 2025 whatever has taken its place.
type City struct {
	ID       int64
	Slug     string // stands in every address
	Name     Text
	Province Text
	Regions  []int64 // the region it lies in and those above it
	// Overseen are those of them that the reader of a list of cities oversees, the
	// highest first; ids and names only.
	Overseen []Region
	TimeZone string // decides what "today" is
	Language string // the language its people write in
	// SecondStepRequired: SecondStepRoles may do nothing in it without one.
	SecondStepRequired bool
	// Demonstration is the provenance of a demonstration city's rows, shown on
	// every page; empty for a city of its own.
	Demonstration Text
	Version       int      `json:"-"` // counts every act on it; forms carry it
	ArchivedOn    Date     `json:"-"` // the first day on which nobody writes there; zero while people do
	Past          CityPast `json:"-"`
}

// CityPast is what a city was called, and the cities before and after it.
type CityPast struct {
	Former       []FormerName // oldest first
	Successors   []CityMark   // of a city that was merged or split
	Predecessors []CityMark
}

// CityMark names another city, and the day on which one took the other's place.
type CityMark struct {
	Slug string
	Name Text
	On   Date
}

// NameOn is the city's name on the day.
func (c City) NameOn(on Date) Text { return nameOn(c.Past.Former, c.Name, on) }

// Archived reports whether the city can only be read any more.
func (c City) Archived() bool { return !c.ArchivedOn.IsZero() }

// RegionID is the region that the city lies in.
func (c City) RegionID() int64 {
	if len(c.Regions) == 0 {
		return 0
	}
	return c.Regions[len(c.Regions)-1]
}

const (
	maxCityName = 200 // characters
	maxSlug     = 60
	slugLetters = "abcdefghijklmnopqrstuvwxyz0123456789"
)

var (
	slugForm = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	// reservedSlugs stand in addresses where a city's would.
	reservedSlugs = []string{"new"}
)

// Check refuses, each at its field, what no city may have. Rules read no files,
// so whether the time zone exists is told to them.
func (c City) Check(zoneExists bool) error {
	fields := map[string]string{}
	for field, name := range map[string]string{
		"name_vi": c.Name.VI, "name_en": c.Name.EN, "province_vi": c.Province.VI, "province_en": c.Province.EN,
	} {
		switch {
		case strings.TrimSpace(name) == "":
			fields[field] = "city.error." + field
		case utf8.RuneCountInString(name) > maxCityName:
			fields[field] = "city.error.long"
		}
	}
	// An address left empty is made of the name, so a missing name is the one
	// thing to tell.
	if key := checkSlug(c.Slug); key != "" && (c.Slug != "" || fields["name_vi"] == "") {
		fields["slug"] = key
	}
	if !zoneExists {
		fields["time_zone"] = "city.error.time_zone"
	}
	if c.Language != "vi" && c.Language != "en" {
		fields["working_language"] = "city.error.language"
	}
	return invalidOrNil(fields)
}

// Rename decides whether the city may get the name and the address.
func (c City) Rename(to Text, slug string) error {
	fields := map[string]string{}
	checkNames(fields, to, "city.error.")
	if key := checkSlug(slug); key != "" {
		fields["slug"] = key
	}
	if to == c.Name && slug == c.Slug {
		fields["name_vi"] = "city.error.same"
	}
	return invalidOrNil(fields)
}

// Archive decides whether the city may be closed to all writing.
func (c City) Archive() error {
	if c.Archived() {
		return Invalid("", "city.error.archived")
	}
	return nil
}

// Restore decides whether the city may be brought back.
func (c City) Restore() error {
	if !c.Archived() {
		return Invalid("", "city.error.not_archived")
	}
	return nil
}

func checkSlug(slug string) string {
	switch {
	case len(slug) > maxSlug || !slugForm.MatchString(slug):
		return "city_slug_fits_an_address"
	case slices.Contains(reservedSlugs, slug):
		return "city.error.slug_reserved"
	}
	return ""
}

// SuggestSlug makes the part of an address out of a name: "Thành phố Hạ Long"
// becomes "thanh-pho-ha-long". A name without a Latin letter or digit gives
// none.
func SuggestSlug(name string) string {
	words := strings.FieldsFunc(Fold(name), func(r rune) bool { return !strings.ContainsRune(slugLetters, r) })
	slug := ""
	for _, word := range words {
		longer := strings.TrimPrefix(slug+"-"+word, "-")
		if len(longer) > maxSlug {
			break
		}
		slug = longer
	}
	return slug
}

// Department is a department or organisation of the city that leads entries.
type Department struct {
	ID        int64
	Code      string
	Name      Text
	Version   int          // counts every act on it; forms carry it
	RetiredOn Date         // the first day without it; zero while it is there
	Former    []FormerName // oldest first, where they were read
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

	Version     int   `json:"-"` // counts how often it was closed and reopened
	Submitted   bool  `json:"-"` // when it was closed
	CarriedFrom int64 `json:"-"` // id of the one that it began with; 0: none
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
