package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"learningcity/internal/config"
	"learningcity/internal/tracker"
)

var errWhoseStepIsMissing = errors.New("say whose: learningcity reset-second-step an@office.vn")

// resetSecondStep takes the second step from whoever has lost it and has no
// coordinator who may: admins, and people of several cities.
func resetSecondStep(ctx context.Context, c config.Config, args []string, stdout, _ io.Writer) (err error) {
	if len(args) != 1 || typed(args[0]) == "" {
		return errWhoseStepIsMissing
	}
	email := tracker.CanonicalEmail(typed(args[0]))
	store, release, err := openStore(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, release()) }()
	err = store.ResetSecondStepOf(ctx, tracker.Operator(), email)
	if errors.Is(err, tracker.ErrNotFound) {
		return fmt.Errorf("nobody with the address %s has a second step", email)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(stdout, "%s signs in with the password alone now, and can set a second step up again.\n", email)
	return err
}
