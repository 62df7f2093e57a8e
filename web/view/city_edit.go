package view

import "learningcity/web/view/ui"

// CityEdit is what an admin does to a city as a whole.
type CityEdit struct {
	Page
	Address
	Names   NamePair
	Slug    string
	Former  []string // the names before, written out
	Region  string   // id
	Regions []ui.Option
	Version int
	Errors  Errors
}
