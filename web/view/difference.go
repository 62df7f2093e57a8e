package view

// Difference is what stands otherwise than a reviewer saw it, field by field and
// document by document.
type Difference struct {
	Title, Text string
	Before      string // heads what was seen
	After       string
	None        string // says that nothing is different, where Rows is empty
	Rows        []DifferenceRow
}

// DifferenceRow is a field, a year's figure or a document in both.
type DifferenceRow struct {
	Label         string
	Language      string  // of the texts; empty for that of the page
	Before, After []Piece // empty: there was nothing
}

// Piece is a part of a text. Marked ones are in this text and not in the other.
type Piece struct {
	Text   string
	Marked bool
}
