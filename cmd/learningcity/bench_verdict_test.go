//go:build bench

package main_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
)

// verdicts reopens and accepts one connection's own entries in turn, as a reviewer:
// there would soon be none left to accept otherwise. Both write the same rows.
type verdicts struct {
	entries []claimedEntry // claim is the verdict that it has
	at      int
}

func (s *verdicts) next() []byte {
	e := &s.entries[s.at%len(s.entries)]
	s.at++
	path, to := "/indicators/"+e.code+"/reopen", "awaiting"
	if e.claim == to {
		path, to = "/reviews/"+e.code+"/accept", "accepted"
	}
	request := postAs(reviewSession(e.city), e.city, path, fmt.Sprintf("version=%d&note=reason&next=%s", e.version, e.code))
	e.claim = to
	e.version++
	return request
}

// verdictLoad is one reviewer who decides as fast as the answers come, in a city
// that nothing else is done in. More of them would measure how requests queue for
// the machine; what one of them waits for is asked here.
func verdictLoad(t *testing.T, program *process, w world) load {
	t.Helper()
	return load{status: http.StatusSeeOther, scripts: []script{firstVerdicts(t, program, w, 3*connections)}}
}

// firstVerdicts learns the versions of a city's accepted entries from their pages.
func firstVerdicts(t *testing.T, program *process, w world, city int) *verdicts {
	t.Helper()
	s := &verdicts{}
	for _, code := range w.accepted {
		_, text := ask(t, program, get(city, "/indicators/"+code))
		version := versionField.FindStringSubmatch(text)
		if version == nil {
			t.Fatalf("the page of %s in %s holds no version", code, slug(city))
		}
		number, _ := strconv.Atoi(version[1]) // digits by the pattern
		s.entries = append(s.entries, claimedEntry{city: city, code: code, version: number, claim: "accepted"})
	}
	return s
}

// reviewSession is the token of the city's reviewer; the SQL knows it too.
func reviewSession(city int) string { return "review-of-" + slug(city) }
