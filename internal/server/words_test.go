package server_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"learningcity/internal/server/htmlcheck"
)

var unfilled = regexp.MustCompile(`\{[a-z_]+\}|%!|<nil>`)

// noKey parts what may be keys from all that stands between them.
func noKey(r rune) bool { return r != '.' && r != '_' && (r < 'a' || r > 'z') }

// rawWords are what only a programmer should see: message keys, known or made
// like one, and placeholders that nothing was put into.
func rawWords(families map[string]bool, page htmlcheck.Node) []string {
	words := page.First("title").Text() + "\n" + page.First("body").Text()
	for _, name := range []string{"title", "aria-label", "alt", "placeholder", "data-label"} {
		words += "\n" + strings.Join(page.Values("["+name+"]", name), "\n")
	}
	var found []string
	if strings.Contains(words, "{") || strings.Contains(words, "%!") || strings.Contains(words, "<nil>") { // far sooner than the pattern
		found = unfilled.FindAllString(words, -1)
	}
	for _, key := range strings.FieldsFunc(words, noKey) {
		family, rest, _ := strings.Cut(strings.Trim(key, "."), ".")
		if rest != "" && families[family] {
			found = append(found, key)
		}
	}
	return found
}

// families are the first words of all message keys.
func families(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{}
	for _, key := range bundle(t).Keys() {
		family, _, _ := strings.Cut(key, ".")
		all[family] = true
	}
	return all
}

// TestWordsOfEveryPage walks all that can be reached from the dashboard in
// both languages: every page has its words, and no link is broken.
func TestWordsOfEveryPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.mix()
	all := families(t)
	for _, email := range []string{coordinator, leader} {
		for _, lang := range []string{"vi", "en"} {
			c := &crawler{v: s.as(email), seen: map[string]bool{}, shapes: map[string]int{}}
			c.add(dashboard + "?lang=" + lang)
			for len(c.queue) > 0 {
				got := c.next()
				equal(t, got.at.String(), got.status, http.StatusOK)
				if !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
					continue // a table to download
				}
				page := got.page()
				htmlcheck.Check(t, page, htmlcheck.In("html", htmlcheck.HasAttr("lang", lang)), htmlcheck.Count("h1", 1))
				if found := rawWords(all, page); len(found) > 0 {
					t.Errorf("%s in %s shows %q", got.at, lang, found)
				}
				c.addLinks(page)
			}
			equal(t, "many pages of many shapes", len(c.seen) > 30 && len(c.shapes) > 10, true)
		}
	}
}

// crawler follows the links of pages, some of each shape: there are 57 pages
// of an indicator, and lists for every combination of filters.
type crawler struct {
	v      *visitor
	queue  []string
	seen   map[string]bool
	shapes map[string]int
}

const ofEachShape = 2

var digitsOfAPath = regexp.MustCompile(`[0-9.]+`)

func (c *crawler) next() answer {
	target := c.queue[0]
	c.queue = c.queue[1:]
	got := c.v.get(target)
	if got.status == http.StatusSeeOther && strings.HasPrefix(target, "/inbox/") { // an item leads to what it tells of
		return got.follow()
	}
	return got
}

func (c *crawler) addLinks(page htmlcheck.Node) {
	for _, href := range page.Values("a", "href") {
		if !strings.HasPrefix(href, "#") && !strings.Contains(href, "lang=") && href != "/" {
			c.add(href)
		}
	}
}

func (c *crawler) add(href string) {
	u, err := url.Parse(href)
	if err != nil {
		c.v.site.t.Errorf("%q is no address", href)
		return
	}
	names := slices.Sorted(maps.Keys(u.Query()))
	if len(names) > 1 {
		names = []string{"several"}
	}
	shape := digitsOfAPath.ReplaceAllString(u.Path, "N") + strings.Join(names, "")
	if c.seen[href] || c.shapes[shape] >= ofEachShape {
		return
	}
	c.seen[href] = true
	c.shapes[shape]++
	c.queue = append(c.queue, href)
}

// TestWordsOfErrors: so do the pages that nobody links to.
func TestWordsOfErrors(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	all := families(t)
	for _, lang := range []string{"vi", "en"} {
		v := s.as(staff)
		v.get("/cities?lang=" + lang)
		stranger := s.visit()
		stranger.get("/sign-in?lang=" + lang)
		for status, got := range map[int]answer{
			400: v.postBody(entryPath("7.2.2")+"/claim", "text/plain", "x"),
			401: stranger.post(entryPath("7.2.2")+"/claim", "note", "x"),
			403: v.get(entryPath("1.1.1") + "/narrative"),
			404: v.get("/nowhere"),
			405: v.get("/sign-out"),
			409: v.post(entryPath("7.2.2")+"/claim", "version", "0", "claim", "achieved", "note", "x"),
			413: v.postBody(entryPath("7.2.2")+"/claim", "application/x-www-form-urlencoded", "a="+strings.Repeat("x", 3<<20)),
			422: v.claim("7.2.2", "claim", "in_progress", "effective_on", "2024-01-01"),
		} {
			page := got.expect(status, htmlcheck.In("html", htmlcheck.HasAttr("lang", lang)), htmlcheck.Count("h1", 1)).page()
			if found := rawWords(all, page); len(found) > 0 {
				t.Errorf("%d in %s shows %q", status, lang, found)
			}
		}
	}
}

// TestWordsAreFound: the search finds what it is for.
func TestWordsAreFound(t *testing.T) {
	t.Parallel()
	page := htmlcheck.Parse(t, `<title>x</title><body><p>entry_show.no_such_key {count}</p><a title="shell.brand">staff@ha-long.demo</a></body>`)
	equal(t, "found", fmt.Sprint(rawWords(families(t), page)), "[{count} entry_show.no_such_key shell.brand]")
}
