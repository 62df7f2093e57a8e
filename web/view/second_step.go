package view

import (
	"strconv"
	"strings"
)

// SecondStepNew is the page that asks for the code after the password.
type SecondStepNew struct {
	Page
	Errors Errors
	Next   string // as in SessionNew
	// ResumeAction and Resume as in SessionNew.
	ResumeAction string
	Resume       []FormField
}

// SecondStepEdit is the page of one's own second step.
type SecondStepEdit struct {
	Page
	Email     string
	Has       bool
	Waiting   []string        // the cities that require it before anything else
	Offer     SecondStepOffer // where there is none yet
	CodesLeft int             // recovery codes
	Few       bool            // of them are left
	Required  bool            // by a city: it cannot be disabled
	Errors    Errors
}

// SecondStepOffer is a secret to take into an authenticator app.
type SecondStepOffer struct {
	Sealed string // for the form
	Secret string // in groups, to type by hand
	Size   int    // of the picture, in modules
	Path   string // its dark modules
}

// RecoveryCodes shows recovery codes, for the only time.
type RecoveryCodes struct {
	Page
	Codes []string
}

// SecondStepRule is whether the city requires a second step.
type SecondStepRule struct {
	Required bool
	Action   string
}

// quiet is the margin that readers of such a picture need, in modules.
const quiet = 4

func (o SecondStepOffer) viewBox() string {
	side := strconv.Itoa(o.Size + 2*quiet)
	return strings.Join([]string{strconv.Itoa(-quiet), strconv.Itoa(-quiet), side, side}, " ")
}

func (o SecondStepOffer) side() string { return strconv.Itoa(o.Size + 2*quiet) }

// codeLines is one code on a line, to be copied and printed.
func codeLines(codes []string) string { return strings.Join(codes, "\n") }
