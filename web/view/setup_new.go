package view

// SetupNew is the page on which the first account is made. What was typed is
// kept, but for the password.
type SetupNew struct {
	Page
	Code, Name, Email string
	Errors            Errors
	// Closed: the code was guessed at too often, and a new one is needed.
	Closed      bool
	MinPassword int // characters
}
