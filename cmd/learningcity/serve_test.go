package main

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestOneCommandShowsBothScores is the promise of the README: start, sign in,
// see both scores, do the main job, stop, start again, nothing lost.
func TestOneCommandShowsBothScores(t *testing.T) {
	t.Parallel()
	dataDir := t.TempDir()
	p := start(t, dataDir)
	leader := p.signIn(t, "leader@ha-long.demo")
	then := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2024-08-13"))
	later := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2025-02-28"))
	if then != "50/57" || later != "53/57" {
		t.Errorf("scores %s and %s, want 50/57 and 53/57", then, later)
	}
	staff := p.signIn(t, "staff@ha-long.demo")
	version := hook(t, versionHook, staff.get(t, "/cities/ha-long/indicators/7.2.2"))
	status, err := staff.post("/cities/ha-long/indicators/7.2.2/claim",
		url.Values{"version": {version}, "claim": {"achieved"}, "note": {"Đã liên kết với hai thư viện"}})
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("claim: status %d, error %v", status, err)
	}
	if err := p.interrupt(t); err != nil {
		t.Errorf("Ctrl-C: %v\n%s", err, p.log(t))
	}
	if left := postgresOf(t, dataDir); len(left) != 0 {
		t.Errorf("still running after Ctrl-C: %v", left)
	}

	p = start(t, dataDir)
	page := p.signIn(t, "leader@ha-long.demo").get(t, "/cities/ha-long/indicators/7.2.2")
	if claim := hook(t, claimHook, page); claim != "achieved" {
		t.Errorf("after a restart the claim is %s", claim)
	}
	if !strings.Contains(page, "Đã liên kết với hai thư viện") {
		t.Error("after a restart the note is gone")
	}
}

// TestKillLosesNoAcknowledgedSave: what was answered with 303 is there after a
// SIGKILL in the middle of a storm, and nothing else broke.
func TestKillLosesNoAcknowledgedSave(t *testing.T) {
	t.Parallel()
	dataDir := installed(t)
	p := start(t, dataDir)
	codes := []string{"1.1.1", "2.1.1", "3.1.1", "4.1.1", "5.1.1", "6.1.1", "7.1.1", "8.1.1"}
	acknowledged := make([]int, len(codes)) // the version of each entry's last acknowledged save
	var storm sync.WaitGroup
	enough := make(chan string, len(codes)) // entries that have been saved often
	for i, code := range codes {
		b := p.signIn(t, "coordinator@ha-long.demo")
		version, err := strconv.Atoi(hook(t, versionHook, b.get(t, "/cities/ha-long/indicators/"+code)))
		if err != nil {
			t.Fatal(err)
		}
		acknowledged[i] = version
		storm.Go(func() {
			for claims := []string{"in_progress", "achieved"}; ; acknowledged[i]++ {
				status, err := b.post("/cities/ha-long/indicators/"+code+"/claim", url.Values{
					"version": {strconv.Itoa(acknowledged[i])}, "claim": {claims[(acknowledged[i]-version)%2]},
					"note": {fmt.Sprintf("save of version %d", acknowledged[i])}})
				if err != nil || status != http.StatusSeeOther {
					return // the program is gone
				}
				if acknowledged[i]-version == 12 {
					enough <- code
				}
			}
		})
	}
	for range codes {
		select {
		case <-enough:
		case <-time.After(20 * time.Second):
			t.Fatalf("too few saves; the program says:\n%s", p.log(t))
		}
	}
	p.kill(t)
	storm.Wait()
	if left := awaitNoPostgres(t, dataDir); len(left) != 0 {
		t.Errorf("PostgreSQL outlived the program: %v", left)
	}

	p = start(t, dataDir)
	b := p.signIn(t, "coordinator@ha-long.demo")
	for i, code := range codes {
		page := b.get(t, "/cities/ha-long/indicators/"+code)
		version, err := strconv.Atoi(hook(t, versionHook, page))
		if err != nil {
			t.Fatal(err)
		}
		// One save may have been written whose answer the kill cut off.
		if version != acknowledged[i] && version != acknowledged[i]+1 {
			t.Errorf("%s is at version %d, acknowledged were saves up to %d", code, version, acknowledged[i])
		}
		if last := fmt.Sprintf("save of version %d", acknowledged[i]-1); !strings.Contains(page, last) {
			t.Errorf("%s: the history lacks %q", code, last)
		}
	}
}

// TestSecondProgramOnTheSameDataSaysSo and ends, and the first is not disturbed.
func TestSecondProgramOnTheSameDataSaysSo(t *testing.T) {
	t.Parallel()
	dataDir := installed(t)
	first := start(t, dataDir)
	out, err := runCommand(t, []string{"LEARNINGCITY_DATA_DIR=" + dataDir, "LEARNINGCITY_ADDR=" + freeAddress(t)}, "serve")
	if err == nil || !strings.Contains(out, "in use by another program") {
		t.Errorf("the second program ends with %v and says:\n%s", err, out)
	}
	if !first.await(t, "/readyz", http.StatusOK, time.Second) {
		t.Error("the first program is disturbed")
	}
}

// TestInterruptDuringTheFirstStart leaves nothing half-loaded: the next start
// has the whole demonstration.
func TestInterruptDuringTheFirstStart(t *testing.T) {
	t.Parallel()
	dataDir := t.TempDir()
	p := launch(t, dataDir)
	if !p.await(t, "/healthz", http.StatusOK, time.Minute) {
		t.Fatalf("never alive:\n%s", p.log(t))
	}
	p.kill(t)
	p = start(t, dataDir)
	page := p.signIn(t, "leader@ha-long.demo").get(t, "/cities/ha-long?on=2025-02-28")
	if score := hook(t, scoreHook, page); score != "53/57" {
		t.Errorf("score %s", score)
	}
}

// TestPrivateDatabaseIsKeptAlive: a PostgreSQL that is killed under the program
// is started again, and what was saved is there.
func TestPrivateDatabaseIsKeptAlive(t *testing.T) {
	t.Parallel()
	dataDir := installed(t)
	p := start(t, dataDir)
	leader := p.signIn(t, "leader@ha-long.demo")
	files, err := filepath.Glob(filepath.Join(dataDir, "database", "postgres-*", "postmaster.pid"))
	if err != nil || len(files) != 1 {
		t.Fatalf("pid files %v, error %v", files, err)
	}
	content, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	pid := serverProcess(t, strings.Fields(string(content))[0], dataDir)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if !p.await(t, "/readyz", http.StatusServiceUnavailable, 10*time.Second) {
		t.Error("the server is killed, but no 503")
	}
	if !p.await(t, "/readyz", http.StatusOK, 60*time.Second) {
		t.Fatalf("not ready again:\n%s", p.log(t))
	}
	if score := hook(t, scoreHook, leader.get(t, "/cities/ha-long?on=2025-02-28")); score != "53/57" {
		t.Errorf("score %s after the server was killed", score)
	}
}

// serverProcess is the server's process as this test sees it: in a user
// namespace the pid file holds the same number, elsewhere too; its command line
// must name the data directory, so that nothing else can be hit.
func serverProcess(t *testing.T, written, dataDir string) int {
	t.Helper()
	pid, err := strconv.Atoi(written)
	if err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	if err != nil || !strings.Contains(string(line), dataDir) {
		t.Fatalf("process %d is %q, error %v", pid, line, err)
	}
	return pid
}

// TestStopDoesNotWaitForStreams: browsers that listen are sent away.
func TestStopDoesNotWaitForStreams(t *testing.T) {
	t.Parallel()
	p := start(t, installed(t))
	stream, err := p.signIn(t, "leader@ha-long.demo").client.Get(p.base + "/events")
	if err != nil || stream.StatusCode != http.StatusOK {
		t.Fatalf("no stream: %v, error %v", stream, err)
	}
	defer stream.Body.Close()
	began := time.Now()
	if err := p.interrupt(t); err != nil {
		t.Errorf("Ctrl-C: %v\n%s", err, p.log(t))
	}
	if took := time.Since(began); took > stopTime/2 {
		t.Errorf("it took %v to stop", took)
	}
	if _, err := io.Copy(io.Discard, stream.Body); err != nil {
		t.Errorf("the stream was broken off: %v", err)
	}
}

// TestTakenAddress is told at once, in one line, without touching the data.
func TestTakenAddress(t *testing.T) {
	t.Parallel()
	p := start(t, installed(t))
	out, err := runCommand(t, []string{"LEARNINGCITY_ADDR=" + strings.TrimPrefix(p.base, "http://"),
		"LEARNINGCITY_DATA_DIR=" + t.TempDir()}, "serve")
	if err == nil || !strings.Contains(firstLine(out), "address already in use") {
		t.Errorf("error %v, output %s", err, out)
	}
}
