package archtest

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"testing"

	"learningcity/internal/tracker"
)

// TestEveryActHasWords: whatever act the store writes into the record is one
// that the record knows, so that it can be chosen and has its sentence (which
// TestEveryEnumValueHasWords holds).
func TestEveryActHasWords(t *testing.T) {
	acts := writtenActs(t)
	if len(acts) < 8 {
		t.Fatalf("only %q are found", acts)
	}
	for _, act := range acts {
		if !slices.Contains(tracker.AuditActs, act) {
			t.Errorf("%q is written but not in tracker.AuditActs", act)
		}
	}
	for _, act := range tracker.InstallationActs {
		if !slices.Contains(tracker.AuditActs, act) {
			t.Errorf("%q is no act", act)
		}
	}
}

// writtenActs are the act fields of the records that the store makes.
func writtenActs(t *testing.T) []string {
	t.Helper()
	var acts []string
	eachFile(t, packages(t), func(p goPackage, _ string, file *ast.File) {
		if p.short() != "internal/postgres" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if pair, ok := n.(*ast.KeyValueExpr); ok {
				key, isName := pair.Key.(*ast.Ident)
				value, isLiteral := pair.Value.(*ast.BasicLit)
				if isName && key.Name == "act" && isLiteral && value.Kind == token.STRING {
					act, err := strconv.Unquote(value.Value)
					if err != nil {
						t.Fatal(err)
					}
					acts = append(acts, act)
				}
			}
			return true
		})
	})
	return acts
}
