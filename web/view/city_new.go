package view

// CityNew is the form for a new city, with what was typed.
type CityNew struct {
	Page
	NameVI, NameEN         string
	ProvinceVI, ProvinceEN string
	Slug                   string
	TimeZone               string
	Language               string
	Errors                 Errors
}
