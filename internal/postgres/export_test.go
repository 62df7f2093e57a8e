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

// JobConfig is jobConfig.
var JobConfig = jobConfig

// Meaning is meaning.
var Meaning = meaning

// MigrateTo brings an empty database to an older version of the schema.
func MigrateTo(ownerURL string, version uint) error {
	return withMigrator(ownerURL, func(m *migrate.Migrate) error { return m.Migrate(version) })
}

// NewestMigration is newestMigration.
var NewestMigration = newestMigration

// SweepLock and MigrateLock are the keys of advisory locks, in SQL.
const (
	SweepLock   = sweepLock
	MigrateLock = migrateLock
)

// What tests of events look at.
const (
	Gather     = gather
	MaxOutbox  = maxOutbox
	SendEvents = sendEvents
)

// Publish publishes that many events.
func (s *Store) Publish(count int) {
	for i := range count {
		s.publish(Event{Kind: EntryEvent, CityID: int64(i) + 1})
	}
}

// Waiting counts what is published and not sent.
func (s *Store) Waiting() int { return len(s.outbox.events) }
