package view

// DecisionShow is what a reviewer saw when deciding on an entry.
type DecisionShow struct {
	EntryShow
	Act      string // message key act.<Act>
	By, Note string
	At       string // the moment, written out
	Seen     []SeenRow
	Since    Difference
}

// SeenRow is a document that the reviewer saw.
type SeenRow struct {
	Title, Href string   // empty where the reader may not see it
	Facts       []string // of its passport then
	Version     int
	Withdrawn   bool
	Answers     []string
}
