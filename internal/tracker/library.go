package tracker

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// LibraryChoice is what a list of a city's evidence chooses.
type LibraryChoice string

// The choices. Unanswered is linked and answers no expected document anywhere.
const (
	ChooseExpiring   LibraryChoice = "expiring"
	ChooseExpired    LibraryChoice = "expired"
	ChooseUnused     LibraryChoice = "unused"
	ChooseUnanswered LibraryChoice = "unanswered"
	ChooseWithdrawn  LibraryChoice = "withdrawn"
)

// LibraryChoices lists them.
var LibraryChoices = []LibraryChoice{ChooseExpiring, ChooseExpired, ChooseUnused, ChooseUnanswered, ChooseWithdrawn}

// Known reports whether it is one of them.
func (c LibraryChoice) Known() bool { return slices.Contains(LibraryChoices, c) }

// LibraryFilter chooses evidence of a city. A zero field does not restrict.
type LibraryFilter struct {
	Department string // code
	Show       LibraryChoice
	Query      string
	Before     int64 // id: only what is older
}

// LibraryPage is a piece of a city's evidence, the newest first.
type LibraryPage struct {
	City        City
	Departments []Department
	Rows        []Evidence
	Next        int64 // for Before on the next page; 0: there is none
	Today       Date
}

// Soon is the last day of what is expiring on the day.
func Soon(day Date) Date { return day + Date(NoticeDays[0]) }

// What is kept of a text to find it by.
const (
	maxWords     = 20_000
	maxWord      = 40 // characters
	maxQuery     = 10 // words
	maxWordBytes = 400_000
)

// SearchWords are the words to find a text by, folded, each once and in order.
// A search finds the text by the beginnings of words.
func SearchWords(text string) []string {
	seen := map[string]bool{}
	for word := range strings.FieldsFuncSeq(Fold(text), notInWords) {
		seen[cutWord(word)] = true
	}
	words := make([]string, 0, len(seen))
	for word := range seen {
		words = append(words, word)
	}
	slices.Sort(words)
	bytes := 0
	for i, word := range words {
		if bytes += len(word); i == maxWords || bytes > maxWordBytes {
			return words[:i]
		}
	}
	return words
}

// QueryWords are the words that a search asks for: the first few.
func QueryWords(query string) []string {
	words := SearchWords(query)
	return words[:min(len(words), maxQuery)]
}

// MaxEvidenceText is how much of a document's text is kept, in characters.
const MaxEvidenceText = 1_000_000

// CleanText is the text of a document as it is stored: composed, without what no
// text holds, and not longer than MaxEvidenceText.
func CleanText(text string) string {
	text = norm.NFC.String(strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", ""))
	n := 0
	for i := range text {
		if n++; n > MaxEvidenceText {
			text = text[:i]
			break
		}
	}
	return strings.TrimSpace(text)
}

func notInWords(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

func cutWord(word string) string {
	n := 0
	for i := range word {
		if n++; n > maxWord {
			return word[:i]
		}
	}
	return word
}

// ParseLibraryKey reads LibraryPage.Next from an address.
func ParseLibraryKey(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != s {
		return 0, fmt.Errorf("%q is no place in the library", s)
	}
	return id, nil
}

// EvidenceUse is an entry that a piece of evidence is linked to.
type EvidenceUse struct {
	Assessment Assessment
	Indicator  Indicator // code, title, expected documents
	Department Department
	State      State
	Answers    []int
}

// EvidenceRecord is one piece of evidence with all its versions and uses.
type EvidenceRecord struct {
	City     City
	Evidence Evidence
	Versions []EvidenceVersion // the newest first
	Uses     []EvidenceUse
	Threads  Threads
	Today    Date
}

// ThreadOn is what threads on the evidence are on.
func (r *EvidenceRecord) ThreadOn() ThreadOn {
	e := r.Evidence
	return ThreadOn{EvidenceID: e.ID, Title: e.Passport.Title, Access: e.Passport.Access, Department: e.Department}
}

// PendingText is a version in whose file nobody has looked for text yet.
type PendingText struct {
	EvidenceID int64
	Number     int
	File       File
}

// EvidenceNotice is evidence whose owner is to be told that it expires.
type EvidenceNotice struct {
	EvidenceID   int64
	Title        string
	DepartmentID int64 // 0: the coordinator's
	ValidUntil   Date
	Days         int // one of NoticeDays: not more than so many are left
}

// Checklist is what is still missing in an assessment, by department.
type Checklist struct {
	City       City
	Assessment Assessment
	Framework  *Framework
	Today      Date
	Items      []ChecklistItem // of each department together, in the framework's order
}

// ChecklistItem is an entry whose evidence is not complete.
type ChecklistItem struct {
	Place        Place
	Department   Department // zero: nobody's
	Completeness Completeness
}

// ChecklistEntry is an entry with its evidence.
type ChecklistEntry struct {
	DepartmentID int64 // 0: nobody's
	Linked       []LinkedEvidence
}

// Fill lists the entries whose evidence is not complete today, by indicator's
// id. departments stand in the order of the list; what is nobody's comes last.
func (c *Checklist) Fill(departments []Department, entries map[int64]*ChecklistEntry) {
	for _, d := range append(slices.Clone(departments), Department{}) {
		for place := range c.Framework.All() {
			e := entries[place.Indicator.ID]
			if e == nil || e.DepartmentID != d.ID {
				continue
			}
			if done := CompletenessOf(place.Indicator, c.Assessment, e.Linked, c.Today); !done.Complete() {
				c.Items = append(c.Items, ChecklistItem{place, d, done})
			}
		}
	}
}
