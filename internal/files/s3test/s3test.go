// Package s3test is a real S3 server for tests, on a free port of this machine.
// Only tests may import it. A missing server fails; make bin/versitygw builds it.
package s3test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// What the server lets in, and the bucket that MakeBucket makes.
const (
	Bucket = "evidence"
	Access = "city"
	Secret = "only-in-this-test" //nolint:gosec // no other server has it
	Region = "us-east-1"
)

// Start starts a server for one test, without a bucket.
func Start(t *testing.T) (address string, stop func()) {
	t.Helper()
	program, err := filepath.Abs("../../bin/versitygw")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		t.Fatalf("there is no S3 server to test with (make bin/versitygw): %v", err)
	}
	var listen net.ListenConfig
	listener, err := listen.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	_ = listener.Close() // the server takes its address
	dir := t.TempDir()
	for _, sub := range []string{"store", "sidecar"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "--port", address, "--region", Region, "--quiet", "--health", "/health",
		"posix", "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "store"))
	cmd.Env = []string{"ROOT_ACCESS_KEY=" + Access, "ROOT_SECRET_KEY=" + Secret}
	cmd.Dir = dir
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var stopped atomic.Bool
	stop = func() {
		if !stopped.Swap(true) {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	t.Cleanup(func() {
		stop()
		if t.Failed() {
			t.Logf("the S3 server said:\n%s", log.String())
		}
	})
	waitFor(t, "http://"+address+"/health")
	return address, stop
}

func waitFor(t *testing.T, health string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		answer, err := http.Get(health) //nolint:gosec,noctx // its address was made here
		if err != nil {
			continue
		}
		_ = answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatal("the S3 server did not start")
}

// Client is one of the server's.
func Client(t *testing.T, address string) *minio.Client {
	t.Helper()
	client, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(Access, Secret, ""), Region: Region})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// MakeBucket makes the bucket.
func MakeBucket(t *testing.T, address string) {
	t.Helper()
	if err := Client(t, address).MakeBucket(t.Context(), Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
}
