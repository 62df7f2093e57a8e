package archtest

import (
	"go/ast"
	"slices"
	"strings"
	"testing"
)

// mayImport is the direction of the layers: what each package of ours may
// import of ours. A new package stands here before it can be used.
var mayImport = map[string][]string{
	"cmd/learningcity": {"internal/backup", "internal/catalogue", "internal/config", "internal/demonstration", "internal/files", "internal/files/text", "internal/locale", "internal/mail",
		"internal/pgserver", "internal/postgres", "internal/server", "internal/tracker", "web/locale", "web/view"},
	"internal/archtest":         {},
	"internal/backup":           {},
	"internal/catalogue":        {"internal/tracker"},
	"internal/config":           {},
	"internal/demonstration":    {"internal/catalogue", "internal/postgres", "internal/tracker"},
	"internal/files":            {},
	"internal/files/inspect":    {},
	"internal/files/text":       {},
	"internal/locale":           {"internal/tracker"},
	"internal/mail":             {},
	"internal/mail/mailtest":    {},
	"internal/pgserver":         {},
	"internal/postgres":         {"internal/backup", "internal/tracker", "migrations"},
	"internal/postgres/pgtest":  {"internal/catalogue", "internal/config", "internal/demonstration", "internal/pgserver", "internal/postgres", "internal/tracker", "migrations"},
	"internal/server":           {"internal/files", "internal/files/inspect", "internal/locale", "internal/mail", "internal/postgres", "internal/tracker", "web/static", "web/view", "web/view/ui"},
	"internal/server/htmlcheck": {},
	"internal/tracker":          {},
	"migrations":                {},
	"web/locale":                {},
	"web/static":                {},
	"web/view":                  {"internal/locale", "internal/tracker", "web/static", "web/view/ui"},
	"web/view/ui":               {"web/static"},
}

// foreign are the other people's packages that only some of ours may import.
var foreign = map[string][]string{
	"github.com/jackc/pgx":  {"internal/postgres", "internal/postgres/pgtest", "internal/pgserver", "cmd/learningcity"},
	"database/sql":          {"internal/postgres"},
	"net/http":              {"internal/server", "internal/server/htmlcheck", "web/static", "cmd/learningcity"},
	"github.com/go-chi/chi": {"internal/server"},
	"os/exec":               {"internal/pgserver", "internal/files/text"},
	"github.com/minio":      {"internal/files"},

	"github.com/riverqueue/river": {"internal/postgres"},
	"github.com/wneessen/go-mail": {"internal/mail"},
}

// testHelpers may be imported by test files only.
var testHelpers = []string{"internal/mail/mailtest", "internal/postgres/pgtest", "internal/server/htmlcheck"}

func TestLayersImportInOneDirection(t *testing.T) {
	for _, p := range packages(t) {
		allowed, known := mayImport[p.short()]
		if !known {
			t.Errorf("package %s has no line in mayImport", p.short())
		}
		for _, path := range p.Imports {
			ours, isOurs := strings.CutPrefix(path, module+"/")
			if isOurs && !slices.Contains(allowed, ours) {
				t.Errorf("%s imports %s", p.short(), ours)
			}
			for prefix, importers := range foreign {
				if (path == prefix || strings.HasPrefix(path, prefix+"/")) && !slices.Contains(importers, p.short()) {
					t.Errorf("%s imports %s", p.short(), path)
				}
			}
			if slices.Contains(testHelpers, ours) && !slices.Contains(testHelpers, p.short()) {
				t.Errorf("%s imports the test helper %s outside of tests", p.short(), ours)
			}
		}
	}
}

// TestTrackerIsPure: rules have no I/O, no context and no clock of their own.
func TestTrackerIsPure(t *testing.T) {
	forbidden := []string{"context", "os", "io", "net", "net/http", "log", "log/slog", "database/sql", "math/rand", "sync"}
	for _, p := range packages(t) {
		if p.short() != "internal/tracker" {
			continue
		}
		for _, path := range p.Imports {
			if slices.Contains(forbidden, path) {
				t.Errorf("tracker imports %s", path)
			}
		}
	}
	eachFile(t, packages(t), func(p goPackage, name string, file *ast.File) {
		if p.short() == "internal/tracker" && calls(file, "time", "Now") {
			t.Errorf("tracker/%s reads the clock", name)
		}
	})
}

// TestOneWayToTheEnvironment: only config reads it, so that a variable has one
// name, one default and one message.
func TestOneWayToTheEnvironment(t *testing.T) {
	eachFile(t, packages(t), func(p goPackage, name string, file *ast.File) {
		if p.short() == "internal/config" {
			return
		}
		for _, f := range []string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"} {
			if calls(file, "os", f) {
				t.Errorf("%s/%s calls os.%s", p.short(), name, f)
			}
		}
	})
}

// TestPackagesSayWhatTheyAreFor: every package has one comment, and it is more
// than a name.
func TestPackagesSayWhatTheyAreFor(t *testing.T) {
	comments := map[string]string{}
	eachFile(t, packages(t), func(p goPackage, _ string, file *ast.File) {
		comments[p.short()] += file.Doc.Text()
	})
	for name, comment := range comments {
		if len(comment) < 60 {
			t.Errorf("package %s says only %q of itself", name, comment)
		}
	}
}
