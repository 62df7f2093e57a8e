package view

// SessionNew is the page on which people sign in.
type SessionNew struct {
	Page
	Email  string
	Errors Errors
	Mails  bool   // a link for a forgotten password can be mailed
	Next   string // where to go afterwards; a path of ours, or empty
	// Resume is a form that was sent when the session was over: where to, and
	// its fields. It is shown again after signing in.
	ResumeAction string
	Resume       []FormField
	ResumeFiles  bool // it had files, which are not kept
	// Accounts of the demonstration city; empty elsewhere.
	DemoAccounts []DemoAccount
	DemoPassword string
}

// FormField is a field that is carried along.
type FormField struct{ Name, Value string }

// DemoAccount is one that a visitor of the demonstration may use.
type DemoAccount struct {
	Email string
	Role  string // message key role.<Role>
}

// CityList is the page on which people choose one of several cities.
type CityList struct {
	Page
	Cities   []CityLink
	Archived []CityLink
	Regions  []string // that the person oversees
	New      string   // where to make a city; empty for who may not
}

// CityLink is one city. Without Href it may be looked after but not read.
type CityLink struct{ Name, Province, Role, Href string }

// ErrorShow tells people what happened and what to do.
type ErrorShow struct {
	Page
	// Kind chooses the words: error.<Kind>.title and error.<Kind>.text. It is
	// one of not_found, forbidden, ended, archived, second_step, link, cross_origin, invalid, too_large, method,
	// conflict, unavailable, internal.
	Kind string
	Home string
	// Kept is what was typed and could not be saved, to be copied.
	Kept []string
	// Again is the page to try again; empty where that makes no sense.
	Again string
	// SetUp is where to set up what is missing; empty where nothing is.
	SetUp string
}
