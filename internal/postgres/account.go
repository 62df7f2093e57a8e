package postgres

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// NewMember is a person who joins a city. A department is named by its code,
// and by staff only.
type NewMember struct {
	Email, Name  string
	PasswordHash string
	Role         tracker.Role
	Department   string
	EndsOn       tracker.Date
}

// AddMember makes an account with one role in the city and returns its id. Coordinators invite
// everybody; who manages cities may add a city's coordinator, so that the first
// one can come in. A broken constraint answers as *InvalidError.
func (s *Store) AddMember(ctx context.Context, actor tracker.Actor, slug string, m NewMember) (int64, error) {
	var account int64
	action := tracker.ManageCity
	if m.Role == tracker.Coordinator && actor.MayAnywhere(tracker.ManageCities, tracker.City{}, tracker.DateOf(s.now())) {
		action = tracker.ManageCities
	}
	err := s.inCity(ctx, actor, slug, action, func(tx *cityTx) error {
		email := strings.ToLower(strings.TrimSpace(m.Email))
		var err error
		if account, err = insertAccount(ctx, tx, tx.now, newAccount{email: email, name: m.Name, passwordHash: m.PasswordHash}); err != nil {
			return err
		}
		department, err := tx.department(ctx, m.Department)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO membership (account_id, role, city_id, department_id, ends_on)
			VALUES ($1, $2, $3, $4, $5)`, account, m.Role, tx.city.ID, nullID(department), m.EndsOn)
		if err != nil {
			return fmt.Errorf("insert membership: %w", err)
		}
		return audit(ctx, tx, actor, tx.now, record{
			cityID: tx.city.ID, act: "add_member", subject: "account " + email,
			after: map[string]any{"role": m.Role, "department": m.Department, "ends_on": m.EndsOn.String()}})
	})
	if err != nil {
		return 0, err
	}
	return account, nil
}

// newAccount is a row of account. An empty language is the installation's.
type newAccount struct{ email, name, language, passwordHash string }

func insertAccount(ctx context.Context, tx pgx.Tx, now time.Time, a newAccount) (int64, error) {
	var id int64
	err := tx.QueryRow(ctx, `
		INSERT INTO account (email, name, language, password_hash, created_at)
		VALUES ($1, $2, $3, $4, $5) RETURNING id`, a.email, a.name, nullText(a.language), a.passwordHash, now).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert account: %w", err)
	}
	return id, nil
}
