package server_test

import (
	"net/url"
	"strconv"
)

// entryPath is an indicator's page.
func entryPath(code string) string { return dashboard + "/indicators/" + url.PathEscape(code) }

// version is the one that the claim's form on the indicator's page carries.
func (v *visitor) version(code string) string {
	v.site.t.Helper()
	version := v.get(entryPath(code)).page().First(`input[name="version"]`).Attr("value")
	if version == "" {
		v.site.t.Fatalf("no form on the page of %s", code)
	}
	return version
}

// claim sends the claim's form of an indicator as a script would: read the
// page, send the version back.
func (v *visitor) claim(code string, fields ...string) answer {
	v.site.t.Helper()
	return v.act(code, "claim", fields...)
}

// act sends one of an indicator's forms at its current version.
func (v *visitor) act(code, act string, fields ...string) answer {
	v.site.t.Helper()
	return v.post(entryPath(code)+"/"+act, append([]string{"version", v.version(code)}, fields...)...)
}

// stored is an entry as the database has it.
type stored struct {
	Version                        int
	Claim, Verdict                 string
	Changed                        bool
	Narrative, Obstacles, Solution string
	Note, EffectiveOn              string // of the last status change
}

func (s *site) stored(code string) stored {
	s.t.Helper()
	var e stored
	err := s.db.Owner.QueryRow(s.t.Context(), `
		SELECT e.version, e.claim, e.verdict, e.changed, e.narrative, e.obstacles, e.solution, c.note, c.effective_on::text
		FROM entry e
		JOIN indicator i ON i.id = e.indicator_id
		JOIN city y ON y.id = e.city_id AND y.slug = 'ha-long'
		JOIN assessment a ON a.id = e.assessment_id AND a.number = 1
		JOIN LATERAL (SELECT * FROM status_change WHERE entry_id = e.id ORDER BY entry_version DESC LIMIT 1) c ON true
		WHERE i.code = $1`, code).Scan(
		&e.Version, &e.Claim, &e.Verdict, &e.Changed, &e.Narrative, &e.Obstacles, &e.Solution, &e.Note, &e.EffectiveOn)
	if err != nil {
		s.t.Fatalf("read the entry of %s: %v", code, err)
	}
	return e
}

// form is the current version of an entry as a form would carry it.
func (e stored) form() string { return strconv.Itoa(e.Version) }
