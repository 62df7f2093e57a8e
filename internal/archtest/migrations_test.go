package archtest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestMigrationsComeInPairs: numbered without gaps, each with its way back.
func TestMigrationsComeInPairs(t *testing.T) {
	files, err := os.ReadDir(filepath.Join(root, "migrations"))
	if err != nil {
		t.Fatal(err)
	}
	var ups, downs []string
	for _, file := range files {
		if name, ok := strings.CutSuffix(file.Name(), ".up.sql"); ok {
			ups = append(ups, name)
		}
		if name, ok := strings.CutSuffix(file.Name(), ".down.sql"); ok {
			downs = append(downs, name)
		}
	}
	if len(ups) == 0 || !slices.Equal(ups, downs) {
		t.Errorf("up %v, down %v", ups, downs)
	}
	for i, name := range ups {
		if want := fmt.Sprintf("%06d_", i+1); !strings.HasPrefix(name, want) {
			t.Errorf("migration %s should begin with %s", name, want)
		}
	}
}

// TestRolesAreNoMigration: roles belong to the cluster, not to the database.
func TestRolesAreNoMigration(t *testing.T) {
	for _, path := range glob(t, "migrations", ".sql") {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, statement := range []string{"CREATE ROLE", "ALTER ROLE", "DROP ROLE", "CREATE USER"} {
			if strings.Contains(strings.ToUpper(string(content)), statement) {
				t.Errorf("%s has %s", filepath.Base(path), statement)
			}
		}
	}
}
