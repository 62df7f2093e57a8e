package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"learningcity/internal/config"
)

// stepKeyFile is where the key is under which the secrets of second steps are
// stored: beside the database, never in it.
func stepKeyFile(c config.Config) string { return filepath.Join(c.DataDir, "second-step.key") }

// readSecondStepKey reads the key, or makes it where nobody has a second step
// yet. With a new one nobody's codes would be right any more.
func (p *program) readSecondStepKey(ctx context.Context) error {
	used, err := p.store.AnySecondStep(ctx)
	if err != nil {
		return err
	}
	key, err := ensureKeyFile(stepKeyFile(p.config), "key of second steps", used)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: people have second steps that it belongs to; restore it from a backup, or copy it from the machine that ran the "+
			"program; where it is lost, learningcity reset-second-step takes the second step from one person after another", err)
	}
	if err != nil {
		return err
	}
	return p.server.UseSecondStepKey(key)
}
