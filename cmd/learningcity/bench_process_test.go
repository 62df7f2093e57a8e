//go:build bench

package main_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// process is a child that answers at an address.
type process struct {
	cmd  *exec.Cmd
	addr string
	log  string
	took time.Duration // from its start until it was ready
}

// serve starts the program with more variables and waits until it is ready.
func (b *bench) serve(t *testing.T, name string, variables ...string) *process {
	t.Helper()
	addr := freeAddr(t)
	cmd := exec.Command(b.program, "serve")
	cmd.Env = append(os.Environ(), "DATABASE_URL=", "LEARNINGCITY_OWNER_URL=", "LEARNINGCITY_ADDR="+addr,
		"LEARNINGCITY_DATA_DIR="+filepath.Join(b.dir, "data of "+name))
	cmd.Env = append(cmd.Env, variables...)
	return b.start(t, name, addr, cmd)
}

// start runs a command that will answer at addr, with its log in a file.
func (b *bench) start(t *testing.T, name, addr string, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{cmd: cmd, addr: addr, log: filepath.Join(b.dir, name+".log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s: %v", name, err)
	}
	t.Cleanup(func() { _ = p.stop() })
	for deadline := began.Add(2 * time.Minute); !p.ready(); time.Sleep(4 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s does not get ready:\n%s", name, p.said())
		}
	}
	p.took = time.Since(began)
	return p
}

func (p *process) ready() bool {
	answer, err := http.Get("http://" + p.addr + "/readyz")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, answer.Body) // so that the connection is used again
	return answer.StatusCode == http.StatusOK
}

// stop ends the process and returns when it has gone. Later calls do nothing.
func (p *process) stop() error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return p.cmd.Wait()
}

func (p *process) said() string {
	content, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	const enough = 2000
	return string(content[max(0, len(content)-enough):])
}

// rss is the memory that the process holds, its children not counted.
func (p *process) rss(t *testing.T) float64 {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			if err != nil {
				t.Fatal(err)
			}
			return kib / 1024
		}
	}
	t.Fatal("the kernel does not tell VmRSS")
	return 0
}

func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
