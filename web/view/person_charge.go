package view

import "learningcity/web/view/ui"

// PersonCharge is what a person is in charge of in open assessments.
type PersonCharge struct {
	Shown  bool // the person is or was staff who can be in charge
	Count  int
	Rounds []ChargeRound
	Forms  []HandOverForm // one for each department
}

// ChargeRound is how much of it is in an assessment, and where to see it.
type ChargeRound struct {
	Name, Href string
	Count      int
}

// HandOverForm puts somebody else in charge of what the person has in a
// department.
type HandOverForm struct {
	Department, Name string   // code; written out
	Left             bool     // the person could not be given these any more
	Entries          []string // what the form carries of each
	People           []ui.Option
	To               string
	Error            string
}

// ID is that of the form's field.
func (f HandOverForm) ID() string { return "assignee-" + f.Department }

// Form is the one of the department. Where there is none the caller gets one
// that nobody sees.
func (c PersonCharge) Form(department string) *HandOverForm {
	for i := range c.Forms {
		if c.Forms[i].Department == department {
			return &c.Forms[i]
		}
	}
	return &HandOverForm{}
}

// personFields are the fields of the person's page that can be refused.
func personFields(v PersonEdit) []string {
	fields := []string{"role", departmentField, "ends_on"}
	for _, f := range v.Charge.Forms {
		fields = append(fields, f.ID())
	}
	return fields
}

func handOverOptions(v PersonEdit, f HandOverForm) []ui.Option {
	return append(append([]ui.Option{{Label: v.P.T("hand_over.choose")}}, f.People...),
		ui.Option{Value: ClearDepartment, Label: v.P.T("assignment.assignee.clear")})
}
