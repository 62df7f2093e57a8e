package tracker

import (
	"errors"
	"maps"
	"slices"
	"strings"
)

// These meanings, and *InvalidError, are all that crosses layers by type.
var (
	// ErrNotFound: it does not exist, or the actor may not know that it does.
	ErrNotFound = errors.New("not found")
	// ErrForbidden: the actor may see it but not do this.
	ErrForbidden = errors.New("forbidden")
	// ErrEnded: the last day of the actor's role in the city has passed.
	ErrEnded = errors.New("role has ended")
	// ErrSecondStep: the password is right, and a second step is still to come.
	ErrSecondStep = errors.New("second step needed")
	// ErrSecondStepMissing: the city requires a second step of the actor, who has none.
	ErrSecondStepMissing = errors.New("second step not set up")
	// ErrLinkOver: there is no such link, or it was used, withdrawn or has expired.
	ErrLinkOver = errors.New("link no longer works")
	// ErrConflict: somebody else was faster; nothing was written.
	ErrConflict = errors.New("changed by somebody else in the meantime")
	// ErrUnavailable: the database did not answer; nothing is known to be written.
	ErrUnavailable = errors.New("database not available")
)

// InvalidError says which inputs were refused and why: field → message key.
// The key "" holds what concerns the act as a whole.
type InvalidError struct{ Fields map[string]string }

// Invalid returns an *InvalidError for one field.
func Invalid(field, key string) error {
	return &InvalidError{Fields: map[string]string{field: key}}
}

// Together is one error with the fields of all *InvalidErrors among errs, nil
// where there is none. Of a field that was refused twice the last says why. Any
// other error is returned as it is.
func Together(errs ...error) error {
	fields := map[string]string{}
	for _, err := range errs {
		var invalid *InvalidError
		switch {
		case errors.As(err, &invalid):
			maps.Copy(fields, invalid.Fields)
		case err != nil:
			return err
		}
	}
	return invalidOrNil(fields)
}

// invalidOrNil is nil where no field was refused.
func invalidOrNil(fields map[string]string) error {
	if len(fields) == 0 {
		return nil
	}
	return &InvalidError{Fields: fields}
}

func (e *InvalidError) Error() string {
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(e.Fields)) {
		parts = append(parts, field+": "+e.Fields[field])
	}
	return "invalid input: " + strings.Join(parts, ", ")
}
