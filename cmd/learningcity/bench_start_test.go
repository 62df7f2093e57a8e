//go:build bench

package main_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"learningcity/internal/pgserver"
)

// starts compares the program's first and second start with what the same
// PostgreSQL takes alone: initdb and start, and start.
func (b *bench) starts(t *testing.T) {
	binaries, err := pgserver.Find(t.Context(), pgserver.Options{
		BinDir: b.config.PostgresBin, CacheDir: b.config.CacheDir}, 0)
	if err != nil {
		t.Fatal(err)
	}
	bare := barePostgres{bin: binaries.Dir, who: postgresUser(t, binaries.Dir)}
	var first, second, bareFirst, bareSecond []float64
	for round := range rounds {
		dir := filepath.Join(b.dir, fmt.Sprintf("start-%d", round))
		bare.dir = dir + "-bare"
		init, start := bare.initdb(t), bare.start(t)
		bareFirst = append(bareFirst, (init + start).Seconds())
		bareSecond = append(bareSecond, bare.start(t).Seconds())
		first = append(first, b.startOn(t, dir))
		second = append(second, b.startOn(t, dir))
	}
	check(t, "Start, as multiples of bare PostgreSQL's", []bound{
		{what: "first start", value: median(first) / median(bareFirst), limit: 10, format: "%.1f",
			extra: fmt.Sprintf("%.2f s; initdb and start %.2f s", median(first), median(bareFirst))},
		{what: "second start", value: median(second) / median(bareSecond), limit: 3, format: "%.1f",
			extra: fmt.Sprintf("%.2f s; start %.2f s", median(second), median(bareSecond))},
	})
}

// startOn starts the program on a data directory and returns the seconds that
// it took to get ready.
func (b *bench) startOn(t *testing.T, dir string) float64 {
	t.Helper()
	p := b.serve(t, "start", "LEARNINGCITY_DATA_DIR="+dir)
	if err := p.stop(); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.said())
	}
	return p.took.Seconds()
}

// barePostgres runs PostgreSQL's programs with nothing of ours around them.
type barePostgres struct {
	bin, dir string
	who      *syscall.SysProcAttr
}

func (p barePostgres) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(p.bin, program), args...)
	cmd.Dir, cmd.SysProcAttr = p.dir, p.who
	cmd.Env = []string{"LC_ALL=C.UTF-8", "PATH=/usr/local/bin:/usr/bin:/bin"}
	return cmd
}

func (p barePostgres) initdb(t *testing.T) time.Duration {
	t.Helper()
	if err := os.Mkdir(p.dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if p.who.Credential != nil {
		if err := os.Chown(p.dir, int(p.who.Credential.Uid), int(p.who.Credential.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	said, err := p.command("initdb", "-D", filepath.Join(p.dir, "data"), "-U", "owner", "-A", "trust").CombinedOutput()
	if err != nil {
		t.Fatalf("initdb: %v\n%s", err, said)
	}
	return time.Since(began)
}

// start starts the server, stops it again and returns how long it took to
// answer a query.
func (p barePostgres) start(t *testing.T) time.Duration {
	t.Helper()
	cmd := p.command("postgres", "-D", filepath.Join(p.dir, "data"), "-k", p.dir, "-c", "listen_addresses=")
	began := time.Now()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Signal(syscall.SIGINT)
		_ = cmd.Wait()
	}()
	for deadline := began.Add(time.Minute); !p.answers(t.Context()); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("bare PostgreSQL does not answer")
		}
	}
	return time.Since(began)
}

func (p barePostgres) answers(ctx context.Context) bool {
	conn, err := pgx.Connect(ctx, "user=owner dbname=postgres host="+p.dir)
	if err != nil {
		return false
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "SELECT 1")
	return err == nil
}

// postgresUser is whom PostgreSQL can run as, which refuses to be root: root
// under another name, or where that is forbidden a user without rights. It is
// what package pgserver does, so that both starts cost the same.
func postgresUser(t *testing.T, bin string) *syscall.SysProcAttr {
	t.Helper()
	if os.Geteuid() != 0 {
		return &syscall.SysProcAttr{}
	}
	const nobody = 65534
	renamed := &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: nobody, HostID: 0, Size: 1}},
	}
	trial := exec.Command(filepath.Join(bin, "postgres"), "--version")
	trial.SysProcAttr = renamed
	if trial.Run() == nil {
		return renamed
	}
	for _, name := range []string{"postgres", "nobody"} {
		if account, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(account.Uid, 10, 32) // digits on Linux
			gid, _ := strconv.ParseUint(account.Gid, 10, 32)
			return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
		}
	}
	t.Fatal("no user to run PostgreSQL as")
	return nil
}
