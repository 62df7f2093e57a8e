package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/tracker"
)

// EventKind is what an event tells of.
type EventKind string

// The kinds. An access event is about no city: somebody's session or role may
// have ended, and it does not say whose.
const (
	EntryEvent   EventKind = "entry"
	CommentEvent EventKind = "comment" // something was said on an entry or on evidence
	AccessEvent  EventKind = "access"
)

// Event is a hint that something was changed, which every program on the
// database may hear after the commit. It holds what is needed to know who may
// hear of it and nothing that anybody wrote, and it may get lost.
type Event struct {
	Kind       EventKind `json:"kind"`
	By         int64     `json:"by"` // the account that did it
	CityID     int64     `json:"city_id,omitempty"`
	City       string    `json:"city,omitempty"` // slug
	Regions    []int64   `json:"regions,omitempty"`
	TimeZone   string    `json:"time_zone,omitempty"`
	SecondStep bool      `json:"second_step,omitempty"` // the city requires one
	Assessment int       `json:"assessment,omitempty"`  // number
	Indicator  string    `json:"indicator,omitempty"`   // code
	Version    int       `json:"version,omitempty"`
	// Of a comment: when it could be read, in milliseconds, whose it is to read,
	// and of one on evidence which, with what decides who may read that.
	At         int64            `json:"at,omitempty"`
	Audience   tracker.Audience `json:"audience,omitempty"`
	Evidence   int64            `json:"evidence,omitempty"`
	Access     tracker.Access   `json:"access,omitempty"`
	Department int64            `json:"department,omitempty"`
}

// Of is the city as far as it matters for who may read it.
func (e Event) Of() tracker.City {
	return tracker.City{ID: e.CityID, Slug: e.City, Regions: e.Regions, TimeZone: e.TimeZone, SecondStepRequired: e.SecondStep}
}

// EventKey tells events apart of which only the newest matters. What is said
// among few does not stand in for what all may read.
type EventKey struct {
	Kind                 EventKind
	By, CityID, Evidence int64
	Assessment           int
	Indicator            string
	Audience             tracker.Audience
}

// Key names what the event is about.
func (e Event) Key() EventKey {
	return EventKey{e.Kind, e.By, e.CityID, e.Evidence, e.Assessment, e.Indicator, e.Audience}
}

// announce tells of a changed entry, once the transaction is committed.
func (tx *cityTx) announce(assessment int, indicator string, version int) {
	e := tx.event(EntryEvent)
	e.Assessment, e.Indicator, e.Version = assessment, indicator, version
	tx.announced = append(tx.announced, e)
}

// announceThread tells those who may read it that a thread has changed, once the
// transaction is committed.
func (tx *cityTx) announceThread(t tracker.Thread) {
	e := tx.event(CommentEvent)
	e.Assessment, e.Indicator, e.Evidence, e.Audience = t.On.Assessment.Number, t.On.Indicator, t.On.EvidenceID, t.Audience
	if e.Evidence != 0 {
		e.Access, e.Department = t.On.Access, t.On.Department.ID
	}
	tx.announced = append(tx.announced, e)
}

// event is one of the actor's in the city.
func (v visit) event(kind EventKind) Event {
	c := v.city
	return Event{Kind: kind, By: v.actor.AccountID,
		CityID: c.ID, City: c.Slug, Regions: c.Regions, TimeZone: c.TimeZone, SecondStep: c.SecondStepRequired}
}

// publish puts what a committed act has announced where Listen finds it. It
// neither waits nor fails. Inside Atomically nothing is committed yet, and
// nobody looks at what is loaded like that.
func (s *Store) publish(events ...Event) {
	if s.nested {
		return
	}
	for i := range events {
		if events[i].Kind == CommentEvent {
			// After the commit: a page that was asked for later shows it.
			events[i].At = s.now().UnixMilli()
		}
	}
	s.outbox.put(events)
}

// endsAccess publishes that somebody's session or role may have ended, where the
// act that ends it went well.
func (s *Store) endsAccess(err error) error {
	if err == nil {
		s.publish(Event{Kind: AccessEvent})
	}
	return err
}

const (
	// gather is how long an event waits for others to go along: NOTIFY makes
	// commits queue up behind each other, so a program sends few times a second.
	gather = 50 * time.Millisecond
	// maxOutbox is how many wait while there is no connection; the rest is dropped.
	maxOutbox = 1000
)

// outbox holds events until they are sent.
type outbox struct {
	mu     sync.Mutex
	events map[EventKey]Event
	since  time.Time     // when the first came
	filled chan struct{} // holds one when there is a first
}

func newOutbox() *outbox {
	return &outbox{events: map[EventKey]Event{}, filled: make(chan struct{}, 1)}
}

func (o *outbox) put(events []Event) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range events {
		if len(o.events) == 0 {
			o.since = time.Now()
			select {
			case o.filled <- struct{}{}:
			default:
			}
		}
		if _, known := o.events[e.Key()]; known || len(o.events) < maxOutbox {
			o.events[e.Key()] = e
		}
	}
}

// take returns the events once they have waited long enough; before that how
// long is left, which is quiet where there are none.
func (o *outbox) take() (events []Event, left time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.events) == 0 {
		return nil, quiet
	}
	if left = gather - time.Since(o.since); left > 0 {
		return nil, left
	}
	for _, e := range o.events {
		events = append(events, e)
	}
	clear(o.events)
	return events, 0
}

const (
	eventChannel = "learningcity_event"
	// quiet is after how long without a word the connection is tried.
	quiet = 30 * time.Second
	// speakTime is how long the database may take for one statement about events.
	speakTime = 5 * time.Second
	// Pauses between tries to connect: the first, and the longest.
	firstPause, longestPause = 500 * time.Millisecond, 30 * time.Second
)

// Listen calls hear for what programs on this database publish, this one
// included, and sends what this one does, until the context ends. It has one
// connection, which is not of the pool. Without it there is silence: Listen
// tries again, and acts go on.
func (s *Store) Listen(ctx context.Context, log *slog.Logger, hear func(Event)) {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := s.listen(ctx, hear)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > longestPause {
			pause = firstPause
		}
		log.Warn("nothing is heard of what others change; trying again", "error", err, "in", pause)
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

func (s *Store) listen(ctx context.Context, hear func(Event)) error {
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["application_name"] = "learningcity events"
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer undo(ctx, func(ctx context.Context) { _ = conn.Close(ctx) })
	if err := becomeApp(ctx, conn); err != nil {
		return fmt.Errorf("become %s: %w", AppRole, err)
	}
	if _, err := conn.Exec(ctx, "LISTEN "+eventChannel); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	for err == nil {
		err = s.attend(ctx, conn, hear)
	}
	return err
}

// attend does the next thing: sends what is due, or waits until something comes
// in, something is to be sent, or it was quiet for long.
func (s *Store) attend(ctx context.Context, conn *pgx.Conn, hear func(Event)) error {
	due, left := s.outbox.take()
	if due != nil {
		return speak(ctx, conn, due)
	}
	waiting, stop := context.WithTimeout(ctx, left)
	defer stop()
	go func() {
		select {
		case <-s.outbox.filled:
			stop()
		case <-waiting.Done():
		}
	}()
	note, err := conn.WaitForNotification(waiting)
	switch {
	case note != nil:
		var e Event
		if err := json.Unmarshal([]byte(note.Payload), &e); err == nil {
			hear(e)
		}
		return nil
	case waiting.Err() == nil:
		return fmt.Errorf("wait for events: %w", err)
	case left == quiet && errors.Is(waiting.Err(), context.DeadlineExceeded):
		return speak(ctx, conn, nil) // a connection that has died in silence fails here
	}
	return ctx.Err()
}

const sendEvents = `SELECT pg_notify($1, e) FROM unnest($2::text[]) AS e`

// speak sends the events, in one transaction.
func speak(ctx context.Context, conn *pgx.Conn, events []Event) error {
	payloads := make([]string, 0, len(events))
	for _, e := range events {
		payload, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("write an event: %w", err)
		}
		payloads = append(payloads, string(payload))
	}
	ctx, stop := context.WithTimeout(ctx, speakTime)
	defer stop()
	_, err := conn.Exec(ctx, sendEvents, eventChannel, payloads)
	if err != nil {
		return fmt.Errorf("send events: %w", err)
	}
	return nil
}
