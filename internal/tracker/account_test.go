package tracker_test

import (
	"errors"
	"maps"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"learningcity/internal/tracker"
)

// refusals are the fields and keys of an *InvalidError; nil for no error.
func refusals(t testing.TB, err error) map[string]string {
	t.Helper()
	var invalid *tracker.InvalidError
	if err != nil && !errors.As(err, &invalid) {
		t.Fatalf("the error is %v", err)
	}
	if invalid == nil {
		return nil
	}
	return invalid.Fields
}

// manySigns is a long password that nobody would guess.
func manySigns(n int) string {
	signs := make([]rune, n)
	for i := range signs {
		signs[i] = rune(0x4e00 + 7*i)
	}
	return string(signs)
}

func TestNewAccountCheck(t *testing.T) {
	t.Parallel()
	good := tracker.NewAccount{Email: "an@halong.vn", Name: "Nguyễn Thị An", Password: "mười hai kýx"}
	for _, tt := range []struct {
		name string
		edit func(*tracker.NewAccount)
		want map[string]string
	}{
		{"good", func(*tracker.NewAccount) {}, nil},
		{"a host of the office", func(n *tracker.NewAccount) { n.Email = "an@localhost" }, nil},
		{"the longest", func(n *tracker.NewAccount) {
			n.Email = strings.Repeat("a", 250) + "@b.c"
			n.Name, n.Password = strings.Repeat("ệ", tracker.MaxName), manySigns(tracker.MaxPassword)
		}, nil},
		{"eleven characters, more bytes", func(n *tracker.NewAccount) { n.Password = "ệệệệệệệệệệệ" }, map[string]string{"password": "password.error.short"}},
		{"accents sent apart", func(n *tracker.NewAccount) { n.Password = norm.NFD.String("ệệệệệệệệệệệ") }, map[string]string{"password": "password.error.short"}},
		{"nothing", func(n *tracker.NewAccount) { *n = tracker.NewAccount{} },
			map[string]string{"email": "email.error.malformed", "name": "name.error.none", "password": "password.error.short"}},
		{"the person's own name", func(n *tracker.NewAccount) { n.Password = "Nguyễn Thị An 1990"; n.Name = "Nguyễn Thị An" },
			map[string]string{"password": "password.error.common"}},
		{"the person's own address", func(n *tracker.NewAccount) { n.Email, n.Password = "qxzkvbw@halong.vn", "qxzkvbw@halong.vn" },
			map[string]string{"password": "password.error.common"}},
		{"only space", func(n *tracker.NewAccount) { n.Name = " \u00a0" }, map[string]string{"name": "name.error.none"}},
		{"too long", func(n *tracker.NewAccount) {
			n.Email = strings.Repeat("a", 251) + "@b.c"
			n.Name, n.Password = strings.Repeat("ệ", tracker.MaxName+1), strings.Repeat("x", tracker.MaxPassword+1)
		}, map[string]string{"email": "email.error.malformed", "name": "name.error.long", "password": "password.error.long"}},
	} {
		n := good
		tt.edit(&n)
		if got := refusals(t, n.Check()); !maps.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNewAccountEmail(t *testing.T) {
	t.Parallel()
	for _, email := range []string{"", "an", "@halong.vn", "an@", "an@@halong.vn", "an@ha@long.vn", "An@halong.vn", "an @halong.vn",
		"an@halong.vn ", "ẩn@halong.vn", "an@hạlong.vn", "an\x00@halong.vn", "an@halong.vn\n", "an\u200b@halong.vn"} {
		n := tracker.NewAccount{Email: email, Name: "An", Password: "mười hai kýx"}
		if got := refusals(t, n.Check()); !maps.Equal(got, map[string]string{"email": "email.error.malformed"}) {
			t.Errorf("%q: %v", email, got)
		}
	}
}

// FuzzNewAccountEmail: what is taken for an address is what the database's own
// constraint takes.
func FuzzNewAccountEmail(f *testing.F) {
	for _, seed := range []string{"an@halong.vn", "@", "a@b", "A@b", "a@b@c", "ạ@b", " a@b", "a@b\x7f"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) {
		n := tracker.NewAccount{Email: email, Name: "An", Password: "mười hai kýx"}
		if n.Check() != nil {
			return
		}
		name, host, _ := strings.Cut(email, "@")
		if name == "" || host == "" || strings.ToLower(email) != email || strings.Count(email, "@") != 1 ||
			strings.TrimSpace(email) != email || len(email) > 254 {
			t.Errorf("%q was taken", email)
		}
	})
}
