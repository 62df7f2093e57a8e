package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary is the program itself when this variable is set, so that
// tests can start, interrupt and kill a real process.
const asProgram = "LEARNINGCITY_TEST_AS_PROGRAM"

func init() {
	if os.Getenv(asProgram) != "" {
		main()
		os.Exit(0)
	}
}

// process is the program as people start it.
type process struct {
	cmd    *exec.Cmd
	base   string
	stderr *os.File
}

// start begins `learningcity serve` on the data directory, and waits until it
// is ready.
func start(t *testing.T, dataDir string) *process {
	t.Helper()
	p := launch(t, dataDir)
	if !p.await(t, "/readyz", http.StatusOK, 90*time.Second) {
		p.kill(t)
		t.Fatalf("not ready; the program says:\n%s", p.log(t))
	}
	return p
}

func launch(t *testing.T, dataDir string, env ...string) *process {
	t.Helper()
	address := freeAddress(t)
	stderr, err := os.CreateTemp(t.TempDir(), "stderr")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{base: "http://" + address, stderr: stderr, cmd: exec.Command(os.Args[0], "serve")}
	p.cmd.Env = append(os.Environ(), asProgram+"=1", "DATABASE_URL=", "LEARNINGCITY_OWNER_URL=",
		"LEARNINGCITY_ADDR="+address, "LEARNINGCITY_DATA_DIR="+dataDir)
	p.cmd.Env = append(p.cmd.Env, env...)
	p.cmd.Stderr, p.cmd.Stdout = stderr, stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill(t)
		awaitNoPostgres(t, dataDir) // so that the folder can be removed
	})
	return p
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// await polls until the path answers with the status.
func (p *process) await(t *testing.T, path string, status int, patience time.Duration) bool {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(p.base + path)
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == status {
			return true
		}
	}
	return false
}

// interrupt is Ctrl-C; it returns how the program ended.
func (p *process) interrupt(t *testing.T) error {
	t.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	return p.cmd.Wait()
}

// kill is SIGKILL; nothing of the program gets to run.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGKILL)
	_ = p.cmd.Wait() // it was killed: that is the error
}

func (p *process) log(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile(p.stderr.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// browser keeps cookies and does not follow redirects.
type browser struct {
	base   string
	client *http.Client
}

func (p *process) signIn(t *testing.T, email string) *browser {
	t.Helper()
	return p.signInWith(t, email, "thanh-pho-hoc-tap")
}

func (p *process) signInWith(t *testing.T, email, password string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &browser{base: p.base, client: &http.Client{Jar: jar, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	status, err := b.post("/sign-in", url.Values{"email": {email}, "password": {password}})
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("sign in as %s: status %d, error %v", email, status, err)
	}
	return b
}

func (b *browser) post(path string, form url.Values) (int, error) {
	response, err := b.client.PostForm(b.base+path, form)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return response.StatusCode, err
}

func (b *browser) get(t *testing.T, path string) string {
	t.Helper()
	response, err := b.client.Get(b.base + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

var (
	versionHook = regexp.MustCompile(`name="version" value="(\d+)"`)
	claimHook   = regexp.MustCompile(`data-claim="([a-z_]+)"`)
	scoreHook   = regexp.MustCompile(`data-score="([0-9/]+)"`)
)

// hook finds what a stable hook of a page says.
func hook(t *testing.T, pattern *regexp.Regexp, page string) string {
	t.Helper()
	found := pattern.FindStringSubmatch(page)
	if found == nil {
		t.Fatalf("no %s on the page:\n%.600s", pattern, page)
	}
	return found[1]
}

// postgresOf lists the processes of PostgreSQL that serve the data directory.
func postgresOf(t *testing.T, dataDir string) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			continue // it ended meanwhile
		}
		if line := strings.ReplaceAll(string(content), "\x00", " "); strings.Contains(line, dataDir) && strings.Contains(line, "postgres") {
			found = append(found, line)
		}
	}
	return found
}

// awaitNoPostgres waits a little for the servers of a killed program to go.
func awaitNoPostgres(t *testing.T, dataDir string) []string {
	t.Helper()
	var left []string
	for range 100 {
		if left = postgresOf(t, dataDir); len(left) == 0 {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return left
}

// runCommand runs another command of the program to its end.
func runCommand(t *testing.T, env []string, args ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	out, err := command(ctx, env, args...).CombinedOutput()
	return string(out), err
}

// command is one of the program's, to be run.
func command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0], args...)
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "DATABASE_URL=", "LEARNINGCITY_OWNER_URL="), env...)
	return cmd
}

// firstLine is the last thing a person reads of a long error.
func firstLine(s string) string {
	scanner := bufio.NewScanner(strings.NewReader(s))
	scanner.Scan()
	return scanner.Text()
}
