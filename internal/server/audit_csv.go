package server

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"learningcity/internal/locale"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
	"learningcity/web/view"
)

// csvPiece is how many acts are read at a time. Each piece is a transaction of
// its own, so none is open while a slow reader takes what there is; rows are
// only ever added, before the newest that the first piece saw.
const csvPiece = 1000

// exportAudit sends the record as a table that spreadsheets open. A table that
// cannot be sent to the end is broken off, so that it does not look complete.
func (s *Server) exportAudit(of recordOf) actorHandler {
	return func(w http.ResponseWriter, r *http.Request, actor tracker.Actor) error {
		rec, err := of(w, r, actor)
		if err != nil {
			return err
		}
		asked := readAuditFilter(r.URL.Query())
		if len(asked.problems) > 0 {
			return errBadRequest
		}
		ask := postgres.AuditAsk{Filter: asked.filter, Most: csvPiece, Zone: rec.zone}
		found, err := rec.read(r.Context(), ask)
		if err != nil {
			return err
		}
		table := newAuditTable(w, s.printer(r))
		table.head(rec.at(tracker.AuditFilter{}))
		for {
			table.add(auditWriter{rec, asked, found, table.p})
			if !found.More || table.err != nil {
				break
			}
			ask.Filter.Before = found.Rows[len(found.Rows)-1].Key()
			if found, err = rec.read(r.Context(), ask); err != nil {
				table.err = err
				break
			}
		}
		return table.end(r)
	}
}

// auditTable writes the record as RFC 4180 says.
type auditTable struct {
	http http.ResponseWriter
	csv  *csv.Writer
	p    *locale.Printer
	err  error
}

func newAuditTable(w http.ResponseWriter, p *locale.Printer) *auditTable {
	t := &auditTable{http: w, csv: csv.NewWriter(w), p: p}
	t.csv.UseCRLF = true
	return t
}

var auditColumns = []string{"time", "person", "email", "what", "city", "act", "subject", "before", "after", "address", "request", "row"}

// head writes the headers of the answer and of the table. The name of the file
// is made of the record's path.
func (t *auditTable) head(path string) {
	header := t.http.Header()
	name := strings.ReplaceAll(strings.Trim(path, "/"), "/", "-") + ".csv"
	header.Set("Content-Type", "text/csv; charset=utf-8; header=present")
	header.Set("Content-Disposition", fmt.Sprintf("attachment; filename=%q", name))
	header.Set("Cache-Control", "private, no-store")
	_, t.err = io.WriteString(t.http, "\ufeff") // Excel takes it for Windows-1258 otherwise
	var cells []string
	for _, column := range auditColumns {
		cells = append(cells, t.p.T("audit_list.column."+column))
	}
	t.write(cells)
}

func (t *auditTable) add(l auditWriter) {
	for _, row := range l.found.Rows {
		at := l.clock(row.At)
		words := auditWords{t.p, tracker.DateOf(at)}
		city := row.City
		if city.ID == 0 {
			city = l.found.City
		}
		changes := words.changes(row, 0)
		t.write([]string{
			at.Format(time.DateTime), personName(t.p, row), row.Email, words.what(row), t.p.Text(city.Name), row.Act, row.Subject,
			inOneCell(changes, func(c view.AuditChange) string { return c.Before }),
			inOneCell(changes, func(c view.AuditChange) string { return c.After }),
			row.Address, row.RequestID, strconv.FormatInt(row.ID, 10),
		})
	}
}

func inOneCell(changes []view.AuditChange, side func(view.AuditChange) string) string {
	var lines []string
	for _, c := range changes {
		if value := side(c); value != "" {
			lines = append(lines, c.Name+": "+value)
		}
	}
	return strings.Join(lines, "\n")
}

func (t *auditTable) write(cells []string) {
	if t.err != nil {
		return
	}
	for i := range cells {
		cells[i] = harmless(cells[i])
	}
	t.err = t.csv.Write(cells)
}

// end breaks the answer off when something went wrong on the way: its
// status has been sent.
func (t *auditTable) end(r *http.Request) error {
	t.csv.Flush()
	if t.err == nil {
		t.err = t.csv.Error()
	}
	if t.err != nil {
		infoOf(r).note(t.err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// harmless keeps a spreadsheet from taking a text for a formula. Some split at
// semicolons or tabs whatever the quotes say, and take wide signs for narrow
// ones, so what follows is looked at like a cell of its own.
func harmless(cell string) string {
	if !strings.ContainsAny(cell, formulaSigns+cellEnds) {
		return cell
	}
	var safe strings.Builder
	begins := true // what a spreadsheet may take for a cell
	for i, r := range cell {
		ends := strings.ContainsRune(cellEnds, r)
		if begins && strings.ContainsRune(formulaSigns, r) || i == 0 && ends && r != ';' {
			safe.WriteByte('\'')
		}
		begins = ends || begins && !unicode.IsGraphic(r) || begins && unicode.IsSpace(r)
		safe.WriteRune(r)
	}
	return safe.String()
}

const (
	formulaSigns = "=+-@＝＋－＠"
	cellEnds     = ";\t\r\n"
)
