package postgres_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// constraintOf is the constraint that an error names.
func constraintOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.ConstraintName
	}
	return ""
}

// codeOf is the SQLSTATE of an error.
func codeOf(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

// atOnce runs fn on several stores with a connection each, and collects the errors.
func atOnce(t testing.TB, db *pgtest.Database, n int, fn func(i int, s *postgres.Store) error) []error {
	t.Helper()
	stores, errs := make([]*postgres.Store, n), make([]error, n)
	for i := range stores {
		stores[i] = db.Open(t, pgtest.Options{})
	}
	var group sync.WaitGroup
	begin := make(chan struct{})
	for i, s := range stores {
		group.Go(func() {
			<-begin
			errs[i] = fn(i, s)
		})
	}
	close(begin)
	group.Wait()
	return errs
}

func count(errs []error, want error) int {
	n := 0
	for _, err := range errs {
		if same(err, want) {
			n++
		}
	}
	return n
}

// TestTwoAtOnce: of two people who act on the same version, exactly one wins,
// whatever the act; the other hears of a conflict and leaves no trace.
func TestTwoAtOnce(t *testing.T) {
	t.Parallel()
	for _, act := range everyAct {
		t.Run(act.name, func(t *testing.T) {
			t.Parallel()
			db := pgtest.New(t, pgtest.Options{})
			w := found(t, db, "ha-long")
			w.bring(t, measured, act.from)
			ref, written := w.ref(t, measured), w.db.Count(t, acts)
			errs := atOnce(t, db, 4, func(_ int, s *postgres.Store) error {
				mine := *w
				mine.store = s
				return act.do(&mine, t, act.by(w), ref)
			})
			if count(errs, nil) != 1 || count(errs, tracker.ErrConflict) != 3 {
				t.Errorf("answers are %v", errs)
			}
			if got := w.ref(t, measured).Version; got != ref.Version+1 {
				t.Errorf("the version went from %d to %d", ref.Version, got)
			}
			if got := w.db.Count(t, acts); got != written+2 {
				t.Errorf("%d rows of history and audit, want 2", got-written)
			}
		})
	}
}

const acts = `SELECT (SELECT count(*) FROM status_change) + (SELECT count(*) FROM entry_revision) + (SELECT count(*) FROM audit)`

// TestAtOnceElsewhere: acts on different entries do not disturb each other.
func TestAtOnceElsewhere(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	codes := []string{"1.1.1", "1.3.2", "4.5.2", "7.2.2"}
	refs := map[string]postgres.EntryRef{}
	for _, code := range codes {
		refs[code] = w.ref(t, code)
	}
	errs := atOnce(t, db, len(codes), func(i int, s *postgres.Store) error {
		return s.ChangeClaim(t.Context(), w.coordinator, refs[codes[i]], tracker.ClaimAchieved, "", 0, true)
	})
	if count(errs, nil) != len(codes) {
		t.Errorf("answers are %v", errs)
	}
}

// TestOpenTwoAtOnce: two assessments opened at once get two numbers.
func TestOpenTwoAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := emptyTown(t, db, "ha-long")
	numbers := make([]int, 3)
	errs := atOnce(t, db, len(numbers), func(i int, s *postgres.Store) (err error) {
		numbers[i], err = s.OpenAssessment(t.Context(), w.coordinator, w.slug, "learning-city-57", tracker.Assessment{
			Name: tracker.Text{VI: "Đợt", EN: "Round"}, OpenedOn: openedOn, SubmissionDueOn: dueOn}, tracker.CarryOver{})
		return err
	})
	slices.Sort(numbers)
	if count(errs, nil) != 3 || !slices.Equal(numbers, []int{1, 2, 3}) {
		t.Errorf("numbers %v, answers %v", numbers, errs)
	}
}

// TestAssignCrosswise: two assignments in opposite orders end, one perhaps as
// a conflict, and are never mixed.
func TestAssignCrosswise(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	w := found(t, db, "ha-long")
	codes := w.db.Lines(t, `SELECT code FROM indicator ORDER BY position`)
	errs := atOnce(t, db, 2, func(i int, s *postgres.Store) error {
		var all []postgres.Assignment
		for _, code := range codes {
			all = append(all, postgres.Assignment{Indicator: code, Department: []string{"CUL", "EDU"}[i]})
		}
		if i == 1 {
			slices.Reverse(all)
		}
		return s.Assign(t.Context(), w.coordinator, w.slug, 1, all)
	})
	if won := count(errs, nil); won+count(errs, tracker.ErrConflict) != 2 || won == 0 {
		t.Errorf("answers are %v", errs)
	}
	if got := w.db.Lines(t, `SELECT DISTINCT d.code FROM entry e JOIN department d ON d.id = e.department_id`); len(got) != 1 {
		t.Errorf("entries went to %q", got)
	}
}

// TestCreateCitiesAtOnce: cities of one new province, and the same city twice.
func TestCreateCitiesAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	slugs := []string{"hue", "hue-2", "hue-3", "hue"}
	errs := atOnce(t, db, len(slugs), func(i int, s *postgres.Store) error {
		city := hue
		city.Slug = slugs[i]
		_, err := s.CreateCity(t.Context(), tracker.Operator(), city)
		return err
	})
	if count(errs, nil) != 3 || count(errs, tracker.Invalid("slug", "city_slug_once")) != 1 {
		t.Errorf("answers are %v", errs)
	}
	if cities, regions := db.Count(t, `SELECT count(*) FROM city`), db.Count(t, `SELECT count(*) FROM region`); cities != 3 || regions != 1 {
		t.Errorf("%d cities in %d regions", cities, regions)
	}
}
