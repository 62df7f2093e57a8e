package archtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

var setting = regexp.MustCompile(`\b(LEARNINGCITY_[A-Z0-9_]+|DATABASE_URL)\b`)

// settings lists the variables that a file names, each once.
func settings(t *testing.T, path string) []string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	found := setting.FindAllString(string(content), -1)
	slices.Sort(found)
	return slices.Compact(found)
}

// TestEverySettingIsDocumented: what config reads stands in the README, and
// nothing else does.
func TestEverySettingIsDocumented(t *testing.T) {
	read, documented := settings(t, "internal/config/config.go"), settings(t, "README.md")
	if !slices.Equal(read, documented) {
		t.Errorf("config reads %v,\nthe README has %v", read, documented)
	}
}

// compose is what matters here of docker-compose.yml.
type compose struct {
	Services map[string]struct {
		Image       string
		Build       string
		Environment map[string]string
		Healthcheck struct{ Test []string }
		Volumes     []string
		DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	}
	Volumes map[string]any
}

// TestComposeFitsTheProgram: there is no engine where the tests run, so what
// can be read is checked: services that wait for each other, health checks, and
// variables that the program knows.
func TestComposeFitsTheProgram(t *testing.T) {
	content, err := os.ReadFile(filepath.Join(root, "docker-compose.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var c compose
	if err := yaml.Unmarshal(content, &c); err != nil {
		t.Fatal(err)
	}
	app, database := c.Services["app"], c.Services["database"]
	if database.Image != "postgres:17" || len(database.Healthcheck.Test) == 0 || len(database.Volumes) != 1 {
		t.Errorf("database: %+v", database)
	}
	if !slices.Equal(app.Healthcheck.Test, []string{"CMD", "/learningcity", "health"}) {
		t.Errorf("health check of the app: %v", app.Healthcheck.Test)
	}
	if app.DependsOn["migrate"].Condition != "service_completed_successfully" ||
		c.Services["migrate"].DependsOn["database"].Condition != "service_healthy" {
		t.Errorf("order: %+v, %+v", app.DependsOn, c.Services["migrate"].DependsOn)
	}
	known := settings(t, "internal/config/config.go")
	if _, owner := app.Environment["LEARNINGCITY_OWNER_URL"]; owner {
		t.Error("the app holds the owner's login")
	}
	for name := range app.Environment {
		if !slices.Contains(known, name) {
			t.Errorf("the program does not read %s", name)
		}
	}
}
