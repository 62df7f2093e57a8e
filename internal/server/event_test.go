package server_test

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/postgres/pgtest"
	"learningcity/internal/server"
	"learningcity/internal/tracker"
)

// broadcast is a site behind a real web server, whose streams are told.
type broadcast struct {
	*site
	base string
	stop func() // as the program does when it is interrupted
}

// brief is the patience of tests.
var brief = server.EventTimes{Beat: 50 * time.Millisecond, Write: 200 * time.Millisecond, Pause: 20 * time.Millisecond,
	Check: 100 * time.Millisecond, Life: time.Minute}

// broadcasting serves a site as the program does, with less time for a page, and
// listens to the database.
func (s *site) broadcasting(times server.EventTimes) *broadcast {
	s.t.Helper()
	s.server.SetEventTimes(times)
	web := httptest.NewUnstartedServer(s.server)
	web.Config.ReadTimeout, web.Config.WriteTimeout = 300*time.Millisecond, 300*time.Millisecond
	web.Start()
	ctx, stop := context.WithCancel(context.WithoutCancel(s.t.Context()))
	over := make(chan struct{})
	go func() { s.server.WatchEvents(ctx); close(over) }()
	b := &broadcast{site: s, base: web.URL, stop: func() { stop(); <-over }}
	s.t.Cleanup(web.Close)
	s.t.Cleanup(b.stop)
	s.await("listening", func() bool {
		return ask[int](s, `SELECT count(*) FROM pg_stat_activity
			WHERE datname = current_database() AND application_name = 'learningcity events' AND state = 'idle'
			AND query ~ '^LISTEN|pg_notify'`) == 1
	})
	return b
}

func (s *site) await(what string, done func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("never %s", what)
		}
	}
}

// ear is a browser's end of a stream.
type ear struct {
	t       testing.TB
	heard   chan string // what is told, comments left out; closed when the stream ends
	answer  *http.Response
	comment chan struct{} // one for each word that means nothing
}

// listen opens a stream with the visitor's cookies.
func (b *broadcast) listen(v *visitor) *ear {
	b.t.Helper()
	r, err := http.NewRequestWithContext(b.t.Context(), http.MethodGet, b.base+"/events", http.NoBody)
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Accept-Encoding", "gzip")
	for _, c := range v.jar.Cookies(v.site.home) {
		r.AddCookie(c)
	}
	answer, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(r)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { _ = answer.Body.Close() })
	e := &ear{t: b.t, heard: make(chan string, 1000), answer: answer, comment: make(chan struct{}, 1000)}
	go e.read()
	return e
}

func (e *ear) read() {
	defer close(e.heard)
	for lines := bufio.NewScanner(e.answer.Body); lines.Scan(); {
		switch text := lines.Text(); text {
		case "":
		case ":":
			e.comment <- struct{}{}
		default:
			e.heard <- text
		}
	}
}

// next is the next line; "over" when the stream ended.
func (e *ear) next() string {
	e.t.Helper()
	select {
	case line, open := <-e.heard:
		if !open {
			return "over"
		}
		return line
	case <-time.After(20 * time.Second):
		e.t.Fatal("nothing is heard")
		return ""
	}
}

func (e *ear) hears(what, want string) { e.t.Helper(); e.hearsOf("entry", what, want) }

func (e *ear) hearsOf(kind, what, want string) {
	e.t.Helper()
	equal(e.t, what+": event", e.next(), "event: "+kind)
	equal(e.t, what+": data", e.next(), "data: "+want)
}

// told is what browsers are told of an indicator in the city now.
func (s *site) told(city, code string) string {
	s.t.Helper()
	return fmt.Sprintf(`{"city":%q,"assessment":1,"code":%q,"version":%d}`, city, code, ask[int](s, `
		SELECT e.version FROM entry e JOIN indicator i ON i.id = e.indicator_id JOIN city c ON c.id = e.city_id
		JOIN assessment a ON a.id = e.assessment_id AND a.number = 1
		WHERE c.slug = $1 AND i.code = $2`, city, code))
}

// TestEvents: what somebody saves is told to whoever may read the city, by
// nothing but its place, and not to who saved it.
func TestEvents(t *testing.T) {
	t.Parallel()
	b := newSite(t).invite().broadcasting(brief)
	by := b.as(staff)
	own, lead, oversees := b.listen(by), b.listen(b.as(leader)), b.listen(b.as(overseer))
	former, theirs, theirOverseer := b.listen(b.as(formerExpert)), b.listen(b.as(theirLeader)), b.listen(b.as(otherOverseer))
	by.claim("7.2.2", "claim", "achieved", "note", "Chưa công bố.").redirects(entryPath("7.2.2"))
	for who, e := range map[string]*ear{"leader": lead, "overseer": oversees} {
		e.hears(who, b.told("ha-long", "7.2.2"))
	}
	b.as(coordinator).act("7.2.2", "narrative", "narrative", "Chưa công bố.").redirects(entryPath("7.2.2"))
	for who, e := range map[string]*ear{"leader": lead, "overseer": oversees, "who saved before": own} {
		e.hears(who, b.told("ha-long", "7.2.2"))
	}
	b.as(theirCoordinator).post("/cities/da-nang/indicators/1.1.1/narrative", "version", "1", "narrative", "Bản nháp")
	for who, e := range map[string]*ear{"their leader": theirs, "their overseer": theirOverseer} {
		e.hears(who, b.told("da-nang", "1.1.1"))
	}
	b.stop()
	for who, e := range map[string]*ear{"staff": own, "leader": lead, "overseer": oversees, "who had a role": former, "theirs": theirs, "their overseer": theirOverseer} {
		equal(t, who+" at the end", e.next(), "over")
	}
}

// TestEventsOfComments: that something was said is told to who may read it: not
// to who only sees the city's figures, not what reviewers say among themselves,
// not on evidence that is for few.
func TestEventsOfComments(t *testing.T) {
	t.Parallel()
	patient := brief
	patient.Check = time.Hour // one of the streams has no session
	b := newSite(t).invite().broadcasting(patient)
	by, judges := b.as(staff), b.as(reviewer)
	ears := map[string]*ear{}
	for _, who := range []string{staff, coordinator, reviewer, leader, expert, overseer, theirLeader} {
		ears[who] = b.listen(b.as(who))
	}
	others, err := b.server.OpenStream(tracker.Actor{AccountID: 1 << 40, SecondStep: true, Memberships: b.member(reviewer).Memberships})
	if err != nil {
		t.Fatal(err)
	}
	hear := func(data string, who ...string) {
		t.Helper()
		for _, one := range who {
			ears[one].hearsOf("comment", one, data)
		}
	}
	moment := pgtest.Now.UnixMilli()
	entry := fmt.Sprintf(`{"city":"ha-long","assessment":1,"code":"7.2.2","at":%d}`, moment)
	by.post(threadsPath, "text", "Chưa công bố.").redirects(entryPath("7.2.2") + "#thread-1")
	hear(entry, coordinator, reviewer, leader, expert)
	equal(t, "another reviewer", fmt.Sprint(others()), "[7.2.2 0]")
	judges.post(threadsPath, "text", "Giữa những người thẩm định.", "audience", "internal").redirects(entryPath("7.2.2") + "#thread-2")
	b.await("told to another reviewer", func() bool { return fmt.Sprint(others()) == "[7.2.2 0]" })
	secret := passport("CUL")
	secret[1] = "restricted"
	by.upload("/cities/ha-long/evidence", secret, doc{"a.pdf", pdf}).redirects("/cities/ha-long/evidence/1/passport")
	by.post("/cities/ha-long/evidence/1/threads", "text", "Bản mật").redirects("/cities/ha-long/evidence/1#thread-3")
	hear(fmt.Sprintf(`{"city":"ha-long","evidence":1,"at":%d}`, moment), coordinator, reviewer)
	judges.post(threadsPath+"/1/comments", "text", "Đã xem.").redirects(entryPath("7.2.2") + "#thread-1")
	hear(entry, staff, coordinator, leader, expert)
	b.stop()
	for who, e := range ears {
		equal(t, who+" at the end", e.next(), "over")
	}
}

// TestCommentsAmongFewHideNothing: of somebody who speaks among few and then, or
// before, to all, each hears what is for them.
func TestCommentsAmongFewHideNothing(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	one := s.member(leader)
	said := postgres.Event{Kind: postgres.CommentEvent, CityID: one.Memberships[0].CityID, City: "ha-long", TimeZone: "Asia/Ho_Chi_Minh",
		Assessment: 1, Indicator: "7.2.2", Audience: tracker.AudienceCity}
	s.server.Hear(said)
	said.Audience = tracker.AudienceInternal
	s.server.Hear(said)
	stream, err := s.server.OpenStream(one)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "earlier", fmt.Sprint(stream()), "[7.2.2 0]")
}

// TestEventsOfEarlier: a page that was hidden or made before the stream began
// hears what it missed, marked as such; the newest of each entry.
func TestEventsOfEarlier(t *testing.T) {
	t.Parallel()
	b := newSite(t).broadcasting(brief)
	by, witness := b.as(staff), b.listen(b.as(leader))
	for _, claim := range []string{"achieved", "in_progress"} {
		by.claim("7.2.2", "claim", claim, "note", "x").redirects(entryPath("7.2.2"))
		witness.hears("a witness", b.told("ha-long", "7.2.2"))
	}
	late := b.listen(b.as(leader))
	late.hears("who comes late", strings.Replace(b.told("ha-long", "7.2.2"), "}", `,"earlier":true}`, 1))
	b.stop()
	equal(t, "and then", late.next(), "over")
}

// TestManyEvents: a stream keeps a bounded number of events, of each entry one,
// and begins with no more.
func TestManyEvents(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.server.SetEventTimes(brief)
	one := s.member(leader)
	stream, err := s.server.OpenStream(one)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * server.MaxRecent {
		s.server.Hear(postgres.Event{Kind: postgres.EntryEvent, CityID: one.Memberships[0].CityID, City: "ha-long",
			TimeZone: "Asia/Ho_Chi_Minh", Assessment: 1, Indicator: fmt.Sprint(i / 2), Version: i})
	}
	live := stream()
	equal(t, "live", len(live), server.MaxRecent)
	later, err := s.server.OpenStream(one)
	if err != nil {
		t.Fatal(err)
	}
	all := later()
	slices.Sort(all)
	equal(t, "earlier", len(all), server.MaxRecent)
	equal(t, "the newest of each", slices.Contains(all, fmt.Sprintf("%d %d", 3*server.MaxRecent/2-1, 3*server.MaxRecent-1)), true)
	// What cannot be read is nobody's.
	s.server.Hear(postgres.Event{Kind: postgres.EntryEvent, CityID: one.Memberships[0].CityID, City: "ha-long", TimeZone: "Nowhere/At_All"})
	equal(t, "of a city without a day", len(stream()), 0)
}

// TestWatch: pages of today say what of them somebody else may change.
func TestWatch(t *testing.T) {
	t.Parallel()
	v := newSite(t).as(staff)
	v.post(threadsPath, "text", "Câu hỏi").redirects(entryPath("7.2.2") + "#thread-1")
	v.upload("/cities/ha-long/evidence", passport("CUL"), doc{"a.pdf", pdf}).redirects("/cities/ha-long/evidence/1/passport")
	version := v.version("7.2.2")
	for path, want := range map[string]string{
		entryPath("7.2.2"):                    "ha-long 1 7.2.2 " + version,
		threadsPath:                           "ha-long 1 7.2.2 0",
		threadsPath + "/1":                    "ha-long 1 7.2.2 0",
		"/cities/ha-long/evidence/1":          "ha-long 0   1",
		entryPath("7.2.2") + "/narrative":     "ha-long 1 7.2.2 " + version,
		entryPath("7.2.2") + "/measurement":   "ha-long 1 7.2.2 " + version,
		dashboard:                             "ha-long 1  ",
		list:                                  "ha-long 1  ",
		entryPath("7.2.2") + "?on=2024-08-13": "",
		dashboard + "?on=2024-08-13":          "",
		list + "?on=2024-08-13":               "",
		"/account":                            "",
	} {
		got := ""
		for _, w := range v.get(path).page().All(`main [aria-live="polite"][data-watch]`) {
			got = strings.Join([]string{w.Attr("data-city"), w.Attr("data-assessment"), w.Attr("data-code"), w.Attr("data-version")}, " ")
			if evidence := w.Attr("data-evidence"); evidence != "" {
				got += " " + evidence
			}
			equal(t, path+": asked", w.Attr("data-asked"), fmt.Sprint(pgtest.Now.UnixMilli()))
			equal(t, path+": comments", len(w.All(`p[hidden][data-news="comment"]`)) == 1, len(strings.Fields(got)) > 2)
			equal(t, path+": changes", len(w.All(`p[hidden][data-news="entry"]`)) == 1, strings.HasSuffix(got, version) || len(strings.Fields(got)) == 2)
			equal(t, path+": script", v.get(w.Attr("data-watch")).status, http.StatusOK)
		}
		equal(t, path, got, want)
	}
}
