package tracker

// Assignment says which department leads an indicator's entry, and until when.
type Assignment struct {
	Indicator  string // code
	Department string // code; empty: none
	DueOn      Date
}

// Reassignment is what a coordinator does to several entries at once. What is
// nil stays as each entry has it.
type Reassignment struct {
	Department *string // code; empty: nobody leads them any more
	DueOn      *Date   // zero: they are due on no day
}

// Check refuses what cannot be done to so many entries of the assessment.
func (r Reassignment) Check(a Assessment, entries int) error {
	fields := map[string]string{}
	if entries == 0 {
		fields["entry"] = "assignment.error.no_entries"
	}
	if r.Department == nil && r.DueOn == nil {
		fields["department"] = "assignment.error.no_change"
	}
	if r.DueOn != nil && !r.DueOn.IsZero() && *r.DueOn < a.OpenedOn {
		fields["due_on"] = "assignment.error.due_before_opening"
	}
	if !a.ClosedOn.IsZero() {
		fields[""] = "assessment.error.closed"
	}
	return invalidOrNil(fields)
}

// Of is the assignment as it leaves an entry's.
func (r Reassignment) Of(a Assignment) Assignment {
	if r.Department != nil {
		a.Department = *r.Department
	}
	if r.DueOn != nil {
		a.DueOn = *r.DueOn
	}
	return a
}

// FormerAssignment is who led an entry before the day, and its due date then.
type FormerAssignment struct {
	DepartmentID int64
	DueOn        Date
	Until        Date // the first day without it
}

// FormerName is what a department was called before the day.
type FormerName struct {
	Name  Text
	Until Date
}

// NameOn is the department's name on the day.
func (d Department) NameOn(on Date) Text {
	for _, f := range d.Former {
		if on < f.Until {
			return f.Name
		}
	}
	return d.Name
}

// On is the department with the name that it had on the day.
func (d Department) On(on Date) Department {
	d.Name = d.NameOn(on)
	return d
}

// assignedOn is who led the entry on the day, and its due date then.
func (e *Entry) assignedOn(on Date) (department int64, dueOn Date) {
	for _, f := range e.Former {
		if on < f.Until {
			return f.DepartmentID, f.DueOn
		}
	}
	return e.DepartmentID, e.DueOn
}

// departmentOn is the one with the id as it was on the day; none has no name.
func departmentOn(all []Department, id int64, on Date) Department {
	for _, d := range all {
		if d.ID == id {
			return d.On(on)
		}
	}
	return Department{}
}

// DepartmentsOn are the departments that led an entry on the day, with their
// names of then.
func (o *Overview) DepartmentsOn(on Date) []Department {
	leads := map[int64]bool{}
	for i := range o.Entries {
		department, _ := o.Entries[i].assignedOn(on)
		leads[department] = true
	}
	var all []Department
	for _, d := range o.Departments {
		if leads[d.ID] {
			all = append(all, d.On(on))
		}
	}
	return all
}
