package archtest

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"learningcity/internal/files/inspect"
	"learningcity/internal/locale"
	"learningcity/internal/tracker"
	words "learningcity/web/locale"
)

func messageKeys(t *testing.T) []string {
	t.Helper()
	bundle, err := locale.Load(words.Files)
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Keys()
}

// literals collects the string literals of the packages that write messages.
func literals(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	eachFile(t, packages(t), func(p goPackage, _ string, file *ast.File) {
		if !slices.Contains([]string{"internal/server", "internal/tracker", "internal/postgres", "web/view"}, p.short()) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				if s, err := strconv.Unquote(lit.Value); err == nil {
					found[s] = true
				}
			}
			return true
		})
	})
	return found
}

// built are the keys that code puts together from a prefix and one of these.
func built() []string {
	var keys []string
	add := func(prefix string, values ...string) {
		for _, v := range values {
			keys = append(keys, prefix+v)
		}
	}
	for _, c := range tracker.Claims {
		add("claim.", string(c))
	}
	for _, v := range tracker.Verdicts {
		add("verdict.", string(v))
	}
	for _, s := range tracker.Standings {
		add("state.", string(s))
	}
	for _, r := range tracker.Roles {
		add("role.", string(r))
	}
	for _, r := range tracker.CityRoles {
		add("role."+string(r)+".", "does")
	}
	for _, s := range tracker.PersonStates {
		add("person.state.", string(s))
	}
	add("person_edit.access.", "active", "disabled", "ended", "locked")
	for _, kind := range []string{"invitation", "password"} {
		add("link_show."+kind+".", "title", "about")
	}
	for _, choice := range []tracker.Choice{tracker.ChooseAchieved, tracker.ChooseOpen, tracker.ChooseChanged, tracker.ChooseToConfirm} {
		add("entry_list.state.", string(choice))
	}
	for _, kind := range tracker.BlockerKinds() {
		add("submission.kind."+string(kind), "", ".hint")
	}
	for _, act := range []string{"close", "reopen"} {
		add("assessment_"+act+".", "title", "note", "save")
	}
	add("act.", string(tracker.Opened), string(tracker.CarriedOver), string(tracker.ChangeClaim), string(tracker.Submit), string(tracker.Withdraw),
		string(tracker.Accept), string(tracker.Return), string(tracker.Reopen), string(tracker.EditNarrative),
		string(tracker.RecordMeasurement))
	add("act.", tracker.AuditActs...)
	add("difference.since.", string(tracker.Accept), string(tracker.Return))
	add("audit.act.", tracker.AuditActs...)
	add("audit.subject.", "assessment", "department", "account", "city", "region", "evidence", "internal_thread", "recommendation", "task")
	add("audit.value.", "true", "false")
	add("audit_list.", "city.text", "installation.text", "own.text")
	add("audit_list.column.", "time", "person", "email", "what", "city", "act", "subject", "before", "after", "address", "request", "row")
	add("audit_list.error.", "person", "act", "from", "to", "before")
	for _, kind := range tracker.InboxKinds {
		add("inbox.", string(kind))
		if strings.HasPrefix(string(kind), "recommendation_") || strings.HasPrefix(string(kind), "task_") {
			add("letter.", string(kind)) // without what people wrote
		}
	}
	for _, choice := range tracker.MailChoices {
		add("mails."+string(choice), "", ".hint")
	}
	add("unit.", "percent", "ratio", "count", "count_per_100k", "kg_per_capita", "tonnes_per_capita", "vnd_per_capita", "years")
	add("kind.", string(tracker.Quantitative), string(tracker.Qualitative))
	add("source.", string(tracker.OfficialData), string(tracker.Survey), string(tracker.ExpertReview))
	add("better.", string(tracker.Higher), string(tracker.Lower))
	add("entry_list.filter.", "state", "claim", "verdict", "group", "area", "department", "assignee", "overdue")
	for _, text := range []string{"narrative", "obstacles", "solution"} {
		add("narrative_edit."+text+".", "hint")
	}
	for _, name := range []string{"name", "province"} {
		add("city_new.", name, name+"_vi.hint", name+"_en.hint")
		add("city.error.", name+"_vi", name+"_en")
	}
	for _, thing := range []string{"assessment", "department", "region"} {
		add(thing+".error.", "name_vi", "name_en")
	}
	for _, language := range locale.Languages() {
		add("language.", string(language))
	}
	for _, a := range tracker.Accesses {
		add("evidence.access."+string(a), "", ".hint")
	}
	add("evidence.language.", tracker.EvidenceLanguages...)
	add("evidence.standing.", string(tracker.EvidenceExpiring), string(tracker.EvidenceExpired), string(tracker.EvidenceWithdrawn))
	add("evidence.text.", "pending", "found", "none")
	for _, state := range tracker.RecommendationStates {
		add("recommendation.state.", string(state))
	}
	for _, state := range tracker.TaskStates {
		add("task.state.", string(state))
	}
	for _, source := range tracker.TaskSources {
		add("task.source.", string(source))
	}
	for _, kind := range []string{"recommendation", "task"} {
		add(kind+".error.", "state", "no_reason", "no_result")
	}
	for _, act := range tracker.RecommendationActs {
		add("recommendation.act.", string(act))
		add("recommendation.about.", string(act))
	}
	for _, act := range tracker.TaskActs {
		add("task.act.", string(act))
	}
	for _, act := range []tracker.Action{tracker.CompleteTask, tracker.DropTask, tracker.ReopenTask} {
		add("task.about.", string(act))
	}
	for _, source := range []tracker.TaskSource{tracker.FromHand, tracker.FromObstacle, tracker.FromSolution, tracker.FromReturn} {
		add("entry_advice.from.", string(source))
	}
	for _, choice := range tracker.LibraryChoices {
		add("library.show.", string(choice))
	}
	for _, a := range tracker.Audiences {
		add("thread.audience."+string(a), "", ".hint")
	}
	add("thread.state.", string(tracker.ThreadOpen), string(tracker.ThreadResolved))
	for _, state := range tracker.ThreadStates {
		add("direction.state.", string(state))
	}
	for _, kind := range []string{"thread", "direction"} {
		for _, act := range []string{"resolve", "reopen"} {
			add(kind+"."+act, "", ".hint")
		}
	}
	for _, reason := range inspect.Reasons {
		add("upload.refused.", string(reason))
	}
	for _, tried := range []string{"password", "password_ask", "second_step"} {
		add(tried+".error.", "wait_seconds", "wait_minutes")
	}
	for _, kind := range []string{"not_found", "forbidden", "ended", "archived", "second_step", "link", "cross_origin", "host", "invalid", "too_large", "method", "conflict", "unavailable", "content", "internal"} {
		add("error."+kind+".", "title", "text")
	}
	return keys
}

var constraint = regexp.MustCompile(`CONSTRAINT ([a-z_]+) (CHECK|UNIQUE)`)

// constraints are message keys too: the database says which one was broken.
func constraints(t *testing.T) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, path := range glob(t, "migrations", ".up.sql") {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range constraint.FindAllStringSubmatch(string(content), -1) {
			found[match[1]] = true
		}
	}
	return found
}

func TestEveryEnumValueHasWords(t *testing.T) {
	keys := messageKeys(t)
	for _, key := range built() {
		if !slices.Contains(keys, key) {
			t.Errorf("no words for %s", key)
		}
	}
}

// keyLike is what a message key looks like; anything of this form in the code
// must be one.
var keyLike = regexp.MustCompile(`^[a-z_]+(\.[a-z_]+)+$`)

// notKeys look like keys and are none.
var notKeys = []string{"htmx.js", "app.js", "events.js", "upload.js", "app.css", "icon.svg", "resume.", "learningcity.city", "learningcity.account", "learningcity.installation", "learningcity.audiences"}

func TestNoMessageIsMissing(t *testing.T) {
	keys := messageKeys(t)
	for literal := range literals(t) {
		if keyLike.MatchString(literal) && !strings.HasSuffix(literal, ".templ") && !slices.Contains(keys, literal) && !slices.Contains(notKeys, literal) {
			t.Errorf("no words for %q", literal)
		}
	}
}

func TestNoMessageIsUnused(t *testing.T) {
	used, named, put := literals(t), constraints(t), built()
	for _, key := range messageKeys(t) {
		if !used[key] && !named[key] && !slices.Contains(put, key) && !isPlain(used, key) {
			t.Errorf("nothing uses %s", key)
		}
	}
}

// isPlain finds keys without a dot, such as constraint names used in Go.
func isPlain(used map[string]bool, key string) bool { return !strings.Contains(key, ".") && used[key] }

// TestPagesHoldNoWords: words stand in web/locale, so that both languages are
// complete. A Vietnamese letter in a page or a handler is one that was missed.
func TestPagesHoldNoWords(t *testing.T) {
	paths := append(glob(t, "web/view", ".templ"), glob(t, "internal/server", ".go")...)
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(content), "\n") {
			if strings.ContainsFunc(line, vietnamese) && !strings.HasPrefix(strings.TrimSpace(line), "//") {
				t.Errorf("%s:%d: %s", filepath.Base(path), n+1, strings.TrimSpace(line))
			}
		}
	}
}

// vietnamese reports a letter that English does not have.
func vietnamese(r rune) bool { return r > 0x7f && unicode.IsLetter(r) }
