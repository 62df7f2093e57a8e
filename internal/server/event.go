package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// How many streams there may be: in all, of one account, and how many of the
// newest events a stream begins with.
const (
	maxStreams      = 500
	maxStreamsOfOne = 8
	maxRecent       = 500
)

// errNoPlace: browsers go on without a stream and ask again later.
var errNoPlace = errors.New("no place for another stream of events")

// eventTimes is the patience with streams. Tests have less.
type eventTimes struct {
	beat  time.Duration // the longest silence, lest somebody in between takes the line for dead
	write time.Duration // for one write, whose reader may have stopped to read
	pause time.Duration // between two writes, and between two checks
	check time.Duration // how often it is asked who people still are
	life  time.Duration // of a stream at most; the browser opens the next
}

var patience = eventTimes{beat: 20 * time.Second, write: 10 * time.Second, pause: time.Second, check: 10 * time.Second, life: 15 * time.Minute}

// events passes on to browsers what programs tell each other.
type events struct {
	mu      sync.Mutex
	streams map[*stream]bool
	recent  []postgres.Event // newest last, each about something else
	doubt   chan struct{}    // holds one when somebody's access may have ended
	over    bool
}

func newEvents() *events {
	return &events{streams: map[*stream]bool{}, doubt: make(chan struct{}, 1)}
}

// stream is one browser's line.
type stream struct {
	session string // the hash of its token
	actor   tracker.Actor
	pending map[postgres.EventKey]change // to be told
	news    chan struct{}                // holds one when there is something
	over    chan struct{}                // closed when it must end
}

// change is what a browser is told: which page may be out of date.
type change struct {
	Kind       postgres.EventKind `json:"-"`
	City       string             `json:"city"`
	Assessment int                `json:"assessment,omitempty"`
	Code       string             `json:"code,omitempty"`
	Evidence   int64              `json:"evidence,omitempty"`
	Version    int                `json:"version,omitempty"`
	At         int64              `json:"at,omitempty"`
	Earlier    bool               `json:"earlier,omitempty"` // before the stream began
}

// signal leaves word where somebody looks when they get to it.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// WatchEvents keeps streams told, and ends those of people who have lost what
// they may read, until the context ends; then all of them end.
func (s *Server) WatchEvents(ctx context.Context) {
	var listening sync.WaitGroup
	defer listening.Wait()
	defer s.events.close()
	listening.Go(func() { s.Store.Listen(ctx, s.Log, func(e postgres.Event) { s.events.hear(e, s.Store.Now()) }) })
	every := time.NewTicker(s.times.check)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		case <-s.events.doubt:
		}
		s.checkStreams(ctx)
		select {
		case <-ctx.Done():
		case <-time.After(s.times.pause):
		}
	}
}

// checkStreams asks in one query who the streams' people are now. Without an
// answer they stay: no events come from a database that does not answer.
func (s *Server) checkStreams(ctx context.Context) {
	asked := s.events.sessions()
	if len(asked) == 0 {
		return
	}
	ctx, done := context.WithTimeout(ctx, requestTime)
	defer done()
	hashes := make([][]byte, 0, len(asked))
	for session := range asked {
		hashes = append(hashes, []byte(session))
	}
	now, err := s.Store.SessionActors(ctx, hashes)
	if err != nil {
		s.Log.Warn("ask whose streams of events may go on", "error", err)
		return
	}
	s.events.endOthers(asked, now)
}

// sessions are those of all streams.
func (e *events) sessions() map[string]bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := map[string]bool{}
	for one := range e.streams {
		all[one.session] = true
	}
	return all
}

// endOthers ends the streams of sessions that were asked about and are over or
// whose people have other roles. Browsers come again and are looked at anew.
func (e *events) endOthers(asked map[string]bool, now map[string]tracker.Actor) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for one := range e.streams {
		is, known := now[one.session]
		same := known && is.SecondStep == one.actor.SecondStep && slices.Equal(is.Memberships, one.actor.Memberships)
		if asked[one.session] && !same {
			e.end(one)
		}
	}
}

func (e *events) end(one *stream) {
	if e.streams[one] {
		delete(e.streams, one)
		close(one.over)
	}
}

// close ends all streams, and no more begin.
func (e *events) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.over = true
	for one := range e.streams {
		e.end(one)
	}
}

// hear takes in what a program tells.
func (e *events) hear(event postgres.Event, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if event.Kind == postgres.AccessEvent {
		signal(e.doubt)
		return
	}
	key := event.Key()
	e.recent = slices.DeleteFunc(e.recent, func(old postgres.Event) bool { return old.Key() == key })
	if len(e.recent) == maxRecent {
		e.recent = slices.Delete(e.recent, 0, 1)
	}
	e.recent = append(e.recent, event)
	for one := range e.streams {
		one.offer(event, now, false)
	}
}

// open begins a stream. What happened since the page was made, or while it was
// hidden, is among the recent events, if at all.
func (e *events) open(session []byte, actor tracker.Actor, now time.Time) (*stream, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	own := 0
	for one := range e.streams {
		if one.actor.AccountID == actor.AccountID {
			own++
		}
	}
	if e.over || len(e.streams) >= maxStreams || own >= maxStreamsOfOne {
		return nil, errNoPlace
	}
	one := &stream{session: string(session), actor: actor, pending: map[postgres.EventKey]change{},
		news: make(chan struct{}, 1), over: make(chan struct{})}
	e.streams[one] = true
	for _, event := range e.recent {
		one.offer(event, now, true)
	}
	return one, nil
}

func (e *events) leave(one *stream) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.end(one)
}

// offer puts the event among what is to be told, where somebody else did it and
// the policy lets the stream's person read what it is about.
func (one *stream) offer(event postgres.Event, now time.Time, earlier bool) {
	if event.By == one.actor.AccountID || !mayHear(one.actor, event, now) {
		return
	}
	key := event.Key()
	if _, known := one.pending[key]; !known && len(one.pending) >= maxRecent {
		return
	}
	one.pending[key] = change{event.Kind, event.City, event.Assessment, event.Indicator, event.Evidence, event.Version, event.At, earlier}
	signal(one.news)
}

func mayHear(actor tracker.Actor, event postgres.Event, now time.Time) bool {
	city := event.Of()
	zone, err := postgres.ZoneOf(city)
	if err != nil {
		return false
	}
	today := tracker.DateOf(now.In(zone))
	if event.Kind != postgres.CommentEvent {
		return actor.MayAnywhere(tracker.ReadCity, city, today)
	}
	on := tracker.ThreadOn{EvidenceID: event.Evidence, Access: event.Access, Department: tracker.Department{ID: event.Department}}
	return tracker.ThreadAct{Actor: actor, City: city, Today: today, On: on}.Reads(event.Audience)
}

// take returns what is to be told.
func (e *events) take(one *stream) []change {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []change
	for _, c := range one.pending {
		all = append(all, c)
	}
	clear(one.pending)
	return all
}

// streamEvents tells a browser of changes for as long as it listens.
func (s *Server) streamEvents(w http.ResponseWriter, r *http.Request) {
	one := s.openStream(w, r)
	if one == nil {
		return
	}
	defer s.events.leave(one)
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "private, no-store")
	h.Set("X-Accel-Buffering", "no") // for nginx, which would keep it until there is more
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return
	}
	if err := s.tell(w, r, one); err != nil {
		infoOf(r).note(err)
	}
}

// openStream answers whoever gets none, and returns nil. Finding out who asks
// may take as long as a page, which the stream may outlive.
func (s *Server) openStream(w http.ResponseWriter, r *http.Request) (one *stream) {
	s.limitTime(s.signedIn(func(_ http.ResponseWriter, r *http.Request, actor tracker.Actor) (err error) {
		reads := func(m tracker.Membership) bool { return actor.MightAt(tracker.ReadCity, m.CitySlug) }
		if !slices.ContainsFunc(actor.Memberships, reads) {
			return tracker.ErrForbidden // there is nothing that they could hear of
		}
		one, err = s.events.open(sessionHash(r), actor, s.Store.Now())
		return err
	})).ServeHTTP(w, r)
	return one
}

// tell writes what there is to be told until the reader goes or the stream ends.
func (s *Server) tell(w http.ResponseWriter, r *http.Request, one *stream) error {
	line := eventLine{w, http.NewResponseController(w), s.times.write}
	defer func() { _ = line.extend() }()          // net/http has a last word to say
	life := s.times.life - rand.N(s.times.life/4) //nolint:gosec // so that not all come again at once
	ctx, done := context.WithTimeout(r.Context(), life)
	defer done()
	err := line.send(nil)
	for err == nil && one.wait(ctx, nil, s.times.pause) && one.wait(ctx, one.news, s.times.beat) {
		err = line.send(s.events.take(one))
	}
	return err
}

// wait reports false when the stream must end, true when there is news or the
// time is up.
func (one *stream) wait(ctx context.Context, news <-chan struct{}, atMost time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-one.over:
		return false
	case <-news:
	case <-time.After(atMost):
	}
	return true
}

// eventLine writes to one browser.
type eventLine struct {
	w http.ResponseWriter
	*http.ResponseController
	limit time.Duration
}

func (l eventLine) extend() error { return l.SetWriteDeadline(time.Now().Add(l.limit)) }

// send writes the changes, or a word that means nothing.
func (l eventLine) send(all []change) error {
	text := []byte(":\n\n")
	for _, c := range all {
		data, err := json.Marshal(c)
		if err != nil {
			return fmt.Errorf("write an event: %w", err)
		}
		text = fmt.Appendf(text, "event: %s\ndata: %s\n\n", c.Kind, data)
	}
	if err := l.extend(); err != nil {
		return fmt.Errorf("limit the time of an event: %w", err)
	}
	if _, err := l.w.Write(text); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	if err := l.Flush(); err != nil {
		return fmt.Errorf("send an event: %w", err)
	}
	return nil
}
