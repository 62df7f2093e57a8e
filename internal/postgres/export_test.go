package postgres

import (
	"errors"

	"github.com/golang-migrate/migrate/v4"
)

// MigrateDown undoes all migrations. The program never does.
func MigrateDown(ownerURL string) error {
	return withMigrator(ownerURL, func(m *migrate.Migrate) error {
		if err := m.Down(); !errors.Is(err, migrate.ErrNoChange) {
			return err
		}
		return nil
	})
}

// Meaning is meaning.
var Meaning = meaning
