package view

// control is what a field of the conflict page is shown with.
type control int

const (
	lineControl control = iota
	longControl
	claimControl
	codeControl // a value that nobody types: shown in words, carried along
	hiddenControl
)

func conflictControl(p ConflictPair) control {
	switch {
	case p.Hidden:
		return hiddenControl
	case p.Name == "claim":
		return claimControl
	case p.YoursText != "":
		return codeControl
	case p.Long:
		return longControl
	default:
		return lineControl
	}
}

func conflictType(p ConflictPair) string {
	if p.Name == "effective_on" {
		return dayType(p.Yours)
	}
	return "text"
}

// conflictAction is where the form goes again. The struct's own Act hides the
// method of its address.
func conflictAction(v EntryConflict) string { return v.Address.Act(v.Code, v.Act) }
