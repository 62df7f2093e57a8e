//go:build bench

package main_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// floorVariable holds a floorOrder for this test binary, which then is the
// floor: a process of its own, as the program is.
const floorVariable = "LEARNINGCITY_BENCH_FLOOR"

// An init and no TestMain: the package's other tests have theirs.
func init() {
	order := os.Getenv(floorVariable)
	if order == "" {
		return
	}
	if err := serveFloor(order); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// floorOrder tells the floor what to be. The answers are the program's own.
type floorOrder struct {
	Addr, DatabaseURL           string
	Connections                 int32 // of its pool, as many as the program's
	Overview, List, Entry, Save answer
	Dir                         string // where files arrive, and the one that is sent lies
	Verdict                     answer
}

// answer is what the floor gives to everybody.
type answer struct {
	Status int
	Header http.Header
	Size   int
}

// startFloor starts the floor and waits until it is ready.
func (b *bench) startFloor(t *testing.T, order floorOrder) *process {
	t.Helper()
	order.Addr = freeAddr(t)
	text, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), floorVariable+"="+string(text))
	return b.start(t, "floor", order.Addr, cmd)
}

func serveFloor(text string) error {
	var order floorOrder
	if err := json.Unmarshal([]byte(text), &order); err != nil {
		return err
	}
	config, err := pgxpool.ParseConfig(order.DatabaseURL)
	if err != nil {
		return err
	}
	config.MaxConns = order.Connections
	pool, err := pgxpool.NewWithConfig(context.Background(), config)
	if err != nil {
		return err
	}
	f := floor{pool: pool}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /readyz", func(http.ResponseWriter, *http.Request) {})
	figures := []string{milestoneQuery, departmentsQuery, entriesQuery, historyQuery}
	mux.HandleFunc("GET /cities/{city}", f.page(order.Overview, figures))
	mux.HandleFunc("GET /cities/{city}/indicators", f.page(order.List, figures))
	mux.HandleFunc("GET /cities/{city}/indicators/{code}", f.page(order.Entry,
		[]string{assessmentQuery, areaQuery, changesQuery, revisionsQuery, evidenceQuery, threadQuery, adviceQuery}))
	mux.HandleFunc("POST /cities/{city}/indicators/{code}/claim", f.save(order.Save, queueClaim))
	mux.HandleFunc("POST "+evidencePath, receiveFile(order.Dir))
	mux.HandleFunc("GET "+evidencePath+"/{evidence}/versions/1/file", sendFile(order.Dir))
	mux.HandleFunc("POST /cities/{city}/indicators/{code}/reopen", f.save(order.Verdict, queueVerdict))
	mux.HandleFunc("POST /cities/{city}/reviews/{code}/accept", f.save(order.Verdict, queueVerdict))
	return (&http.Server{Addr: order.Addr, Handler: mux, ReadHeaderTimeout: 10 * time.Second}).ListenAndServe()
}

// floor does what no program can do without: it asks the database as often and
// for as much, and sends as many bytes. It decides, checks and shows nothing.
type floor struct{ pool *pgxpool.Pool }

const (
	sessionQuery     = `SELECT * FROM floor.session WHERE token_hash = $1`
	cityQuery        = `SELECT *, set_config('learningcity.city', id::text, true) FROM floor.city WHERE slug = $1`
	assessmentQuery  = `SELECT * FROM floor.assessment WHERE city_id = $1`
	milestoneQuery   = `SELECT * FROM floor.milestone WHERE city_id = $1`
	departmentsQuery = `SELECT id, code, name_vi, name_en, retired_on FROM floor.department WHERE city_id = $1`
	entriesQuery     = `SELECT id, indicator_id, department_id, assignee_id, due_on FROM floor.entry WHERE city_id = $1`
	historyQuery     = `SELECT * FROM floor.history WHERE city_id = $1`
	areaQuery        = `SELECT * FROM floor.entry WHERE city_id = $1 AND area = split_part($2, '.', 1)`
	changesQuery     = `SELECT * FROM floor.change WHERE city_id = $1 AND indicator = $2`
	revisionsQuery   = `SELECT * FROM floor.revision WHERE city_id = $1 AND indicator = $2`
	evidenceQuery    = `SELECT * FROM floor.evidence WHERE city_id = $1 AND indicator = $2`
	threadQuery      = `SELECT * FROM floor.thread WHERE city_id = $1 AND indicator = $2`
	adviceQuery      = `SELECT * FROM floor.advice WHERE city_id = $1 AND indicator = $2`
	lockQuery        = `SELECT * FROM floor.claim WHERE city_slug = $1 AND code = $2 FOR UPDATE`
)

// page answers after the queries, of which those with two parameters get the
// indicator's code too.
func (f floor) page(a answer, queries []string) http.HandlerFunc {
	body := []byte(strings.Repeat("x", a.Size))
	return answering(func(w http.ResponseWriter, r *http.Request) error {
		if err := f.session(r); err != nil {
			return err
		}
		options := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
		err := pgx.BeginTxFunc(r.Context(), f.pool, options, func(tx pgx.Tx) error {
			city, err := read(r.Context(), tx, cityQuery, r.PathValue("city"))
			if err != nil {
				return err
			}
			return readAll(r.Context(), tx, id(city[0]), r.PathValue("code"), queries)
		})
		if err != nil {
			return err
		}
		a.write(w, body)
		return nil
	})
}

func readAll(ctx context.Context, tx pgx.Tx, city int64, code string, queries []string) error {
	for _, sql := range queries {
		arguments := []any{city, code}
		if _, err := read(ctx, tx, sql, arguments[:strings.Count(sql, "$")]...); err != nil {
			return err
		}
	}
	return nil
}

// save writes the rows that the batch is given, in the transaction that read the entry.
func (f floor) save(a answer, queue func(*pgx.Batch, saved)) http.HandlerFunc {
	return answering(func(w http.ResponseWriter, r *http.Request) error {
		if err := f.session(r); err != nil {
			return err
		}
		if err := r.ParseForm(); err != nil {
			return err
		}
		err := pgx.BeginFunc(r.Context(), f.pool, func(tx pgx.Tx) error { return saveEntry(tx, r, queue) })
		if err != nil {
			return err
		}
		a.write(w, nil)
		return nil
	})
}

// saved is what an act writes, of an entry that is locked.
type saved struct {
	entry, city, assessment int64
	version                 int // the next one
	code, claim             string
	now                     time.Time
}

func saveEntry(tx pgx.Tx, r *http.Request, queue func(*pgx.Batch, saved)) error {
	city, s := r.PathValue("city"), saved{code: r.PathValue("code"), claim: r.PostForm.Get("claim"), now: time.Now()}
	version, err := strconv.Atoi(r.PostForm.Get("version"))
	if err != nil {
		return err
	}
	if _, err := read(r.Context(), tx, cityQuery, city); err != nil {
		return err
	}
	entry, err := read(r.Context(), tx, lockQuery, city, s.code)
	if err != nil {
		return err
	}
	s.entry, s.city, s.assessment, s.version = id(entry[0]), id(entry[1]), id(entry[2]), version+1
	var batch pgx.Batch
	queue(&batch, s)
	return tx.SendBatch(r.Context(), &batch).Close()
}

func queueClaim(batch *pgx.Batch, s saved) {
	batch.Queue(`UPDATE floor.claim SET version = $2, claim = $3, verdict = 'none', changed = false, changed_on = $4,
		updated_at = $5, submitted_by = NULL, reviewed_by = NULL WHERE id = $1`, s.entry, s.version, s.claim, s.now, s.now)
	batch.Queue(`INSERT INTO floor.status_change VALUES ($1, $2, $3, $4, 'change_claim', 'not_started', $5,
		'none', 'none', '', $6, $7, 1)`, s.entry, s.version, s.city, s.assessment, s.claim, s.now, s.now)
	batch.Queue(`INSERT INTO floor.audit (city_id, account_id, act, subject, before, after, recorded_at, request_id, address)
		VALUES ($1, 1, 'change_claim', $2, '{"claim": "not_started", "verdict": "none"}',
		'{"claim": "in_progress", "verdict": "none", "effective_on": "2025-02-28"}', $3, 'ABCDEFGHIJKL', '127.0.0.1')`,
		s.city, "entry 1/"+s.code, s.now)
}

// queueVerdict writes what a claim does, and tells who submitted the entry.
func queueVerdict(batch *pgx.Batch, s saved) {
	queueClaim(batch, s)
	batch.Queue(`INSERT INTO floor.inbox_item (account_id, city_id, kind, assessment_id, entry_id, indicator_id, assessment_number,
		by_account_id, created_at) VALUES (1, $1, 'entry_accepted', $2, $3, 1, 1, 1, $4)`, s.city, s.assessment, s.entry, s.now)
}

func (f floor) session(r *http.Request) error {
	cookie, err := r.Cookie("session")
	if err != nil {
		return err
	}
	sum := sha256.Sum256([]byte(cookie.Value))
	_, err = read(r.Context(), f.pool, sessionQuery, sum[:])
	return err
}

func (a answer) write(w http.ResponseWriter, body []byte) {
	for name, values := range a.Header {
		w.Header()[name] = values
	}
	w.WriteHeader(a.Status)
	_, _ = w.Write(body) // the load notices
}

func answering(h func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	}
}
