package postgres_test

import (
	"reflect"
	"slices"
	"testing"
	"time"

	"learningcity/internal/catalogue"
	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/tracker"
)

// published is the program's own framework.
func published(t testing.TB) tracker.Framework {
	t.Helper()
	f, err := catalogue.Framework()
	must(t, err)
	return f
}

// withoutIDs is the framework as a file gives it.
func withoutIDs(f tracker.Framework) tracker.Framework {
	f.ID = 0
	f.Groups = slices.Clone(f.Groups)
	for g := range f.Groups {
		group := &f.Groups[g]
		group.ID, group.Areas = 0, slices.Clone(group.Areas)
		for a := range group.Areas {
			area := &group.Areas[a]
			area.ID, area.Features = 0, slices.Clone(area.Features)
			for n := range area.Features {
				feature := &area.Features[n]
				feature.ID, feature.Indicators = 0, slices.Clone(feature.Indicators)
				for i := range feature.Indicators {
					feature.Indicators[i].ID = 0
				}
			}
		}
	}
	return f
}

// TestFrameworkComesBackWhole: what was imported is read again word for word,
// in its order.
func TestFrameworkComesBackWhole(t *testing.T) {
	t.Parallel()
	w := found(t, pgtest.New(t, pgtest.Options{}), "ha-long")
	o, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	if got := withoutIDs(*o.Framework); !reflect.DeepEqual(got, published(t)) {
		t.Error("the framework came back different")
	}
	seen := map[int64]bool{}
	for _, p := range o.Framework.Places() {
		seen[p.Indicator.ID] = p.Indicator.ID != 0 && p.Group.ID != 0 && p.Area.ID != 0 && p.Feature.ID != 0
	}
	if len(seen) != 57 || seen[0] {
		t.Errorf("%d indicators have an id of their own", len(seen))
	}
	again, err := w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
	if again.Framework != o.Framework {
		t.Error("the framework was read twice")
	}
}

const frameworks = `SELECT format('%s %s %s %s', id, code, version, imported_at AT TIME ZONE 'UTC') FROM framework ORDER BY id`

func TestImportFramework(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	f, later := published(t), pgtest.Now.Add(time.Hour)
	imported := db.Lines(t, frameworks)
	indicators := db.Count(t, `SELECT count(*) FROM indicator`)

	// The same content again changes nothing.
	before := fingerprint(t, db)
	must(t, postgres.ImportFramework(t.Context(), db.OwnerURL, f, later))
	if fingerprint(t, db) != before {
		t.Error("importing it twice wrote something")
	}

	// Other content takes the place of a version that nothing uses.
	f.Groups[0].Areas[0].Features[0].Indicators[0].Title.VI = "Tên mới"
	must(t, postgres.ImportFramework(t.Context(), db.OwnerURL, f, later))
	if got := db.Lines(t, frameworks); len(got) != 1 || got[0] == imported[0] {
		t.Errorf("frameworks are %q, were %q", got, imported)
	}
	if n := db.Count(t, `SELECT count(*) FROM indicator`); n != indicators {
		t.Errorf("%d indicators", n)
	}
	if n := db.Count(t, `SELECT count(*) FROM indicator WHERE title_vi = 'Tên mới' AND code = '1.1.1'`); n != 1 {
		t.Errorf("%d have the new title", n)
	}

	// Another version stands beside it, and is the one that is opened next.
	f.Version = "2027.1"
	must(t, postgres.ImportFramework(t.Context(), db.OwnerURL, f, later.Add(time.Hour)))
	w := found(t, db, "ha-long")
	if got := db.Lines(t, `SELECT f.version FROM framework f JOIN assessment a ON a.framework_id = f.id`); !slices.Equal(got, []string{"2027.1"}) {
		t.Errorf("the assessment uses %q", got)
	}

	// What an assessment uses never changes.
	before = fingerprint(t, db)
	f.Title.EN = "Other"
	err := postgres.ImportFramework(t.Context(), db.OwnerURL, f, later)
	if !same(err, tracker.Invalid("version", "framework.error.in_use")) {
		t.Errorf("other content for a version in use: %v", err)
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
	_, err = w.store.Overview(t.Context(), w.leader, w.slug, 0, 0)
	must(t, err)
}

// TestImportRefusesAndWritesNothing: the database's own checks hold, too.
func TestImportRefusesAndWritesNothing(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	before := fingerprint(t, db)
	for key, spoil := range map[string]func(*tracker.Framework, *tracker.Indicator){
		"framework_title_is_text":              func(f *tracker.Framework, _ *tracker.Indicator) { f.Title.VI = "" },
		"indicator_kind_known":                 func(_ *tracker.Framework, i *tracker.Indicator) { i.Kind = "guessed" },
		"indicator_source_known":               func(_ *tracker.Framework, i *tracker.Indicator) { i.Source = "rumour" },
		"indicator_unit_known":                 func(_ *tracker.Framework, i *tracker.Indicator) { i.Unit = "bushels" },
		"indicator_measured_when_quantitative": func(_ *tracker.Framework, i *tracker.Indicator) { i.Unit = "" },
		"indicator_title_is_text":              func(_ *tracker.Framework, i *tracker.Indicator) { i.Title.EN = "e\u0301" },
		"indicator_question_is_text":           func(_ *tracker.Framework, i *tracker.Indicator) { i.Question.EN = "\t" },
		"indicator_code_once":                  func(_ *tracker.Framework, i *tracker.Indicator) { i.Code = "12.3.1" },
		"indicator_group_code_once":            func(f *tracker.Framework, _ *tracker.Indicator) { f.Groups[1].Code = f.Groups[0].Code },
		"area_title_is_text":                   func(f *tracker.Framework, _ *tracker.Indicator) { f.Groups[0].Areas[0].Title.VI = "" },
		"feature_title_is_text":                func(f *tracker.Framework, _ *tracker.Indicator) { f.Groups[0].Areas[0].Features[0].Title.VI = "" },
		"indicator_group_title_is_text":        func(f *tracker.Framework, _ *tracker.Indicator) { f.Groups[2].Title.VI = "" },
	} {
		f := published(t)
		f.Version = "spoilt"
		spoil(&f, &f.Groups[0].Areas[0].Features[0].Indicators[0])
		err := postgres.ImportFramework(t.Context(), db.OwnerURL, f, pgtest.Now)
		if !same(err, tracker.Invalid("", key)) {
			t.Errorf("%s: %v", key, err)
		}
	}
	if fingerprint(t, db) != before {
		t.Error("something was written")
	}
}

// TestImportTwoAtOnce: programs that start together import once.
func TestImportTwoAtOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t, pgtest.Options{})
	f := published(t)
	f.Version = "2027.1"
	errs := atOnce(t, db, 3, func(int, *postgres.Store) error {
		return postgres.ImportFramework(t.Context(), db.OwnerURL, f, pgtest.Now)
	})
	if count(errs, nil) != 3 {
		t.Errorf("answers are %v", errs)
	}
	if n := db.Count(t, `SELECT count(*) FROM framework`); n != 2 {
		t.Errorf("%d frameworks", n)
	}
}
