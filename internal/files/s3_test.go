//go:build s3

package files_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"learningcity/internal/files"
)

const (
	s3Bucket = "evidence"
	s3Access = "city"
	s3Secret = "only-in-this-test"
	s3Region = "us-east-1"
)

func bucketAt(address string) files.Bucket {
	return files.Bucket{URL: &url.URL{Scheme: "http", Host: address}, Name: s3Bucket, Region: s3Region, AccessKey: s3Access, SecretKey: s3Secret}
}

// startS3 is a real S3 server on a free port of this machine, for one test.
func startS3(t *testing.T) (address string, stop func()) {
	t.Helper()
	program, err := filepath.Abs("../../bin/versitygw")
	if err == nil {
		_, err = os.Stat(program)
	}
	if err != nil {
		t.Fatalf("there is no S3 server to test with (make bin/versitygw): %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address = listener.Addr().String()
	listener.Close()
	dir := t.TempDir()
	for _, sub := range []string{"store", "sidecar"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command(program, "--port", address, "--region", s3Region, "--quiet", "--health", "/health",
		"posix", "--sidecar", filepath.Join(dir, "sidecar"), filepath.Join(dir, "store"))
	cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY="+s3Access, "ROOT_SECRET_KEY="+s3Secret)
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
		answer, err := http.Get(health)
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return
		}
	}
	t.Fatal("the S3 server did not start")
}

func s3Client(t *testing.T, address string) *minio.Client {
	t.Helper()
	client, err := minio.New(address, &minio.Options{Creds: credentials.NewStaticV4(s3Access, s3Secret, ""), Region: s3Region})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func openS3(t *testing.T) world {
	address, stop := startS3(t)
	client := s3Client(t, address)
	if err := client.MakeBucket(t.Context(), s3Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	store, err := files.OpenS3(dir, bucketAt(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return world{store: store, dir: dir,
		rot: func(t *testing.T, h files.Hash) {
			_, err := client.PutObject(t.Context(), s3Bucket, "contents/"+h.String(), bytes.NewReader(data(100)), 100, minio.PutObjectOptions{})
			if err != nil {
				t.Fatal(err)
			}
		},
		lose:  func(*testing.T) { stop() },
		child: func(t *testing.T, args ...string) string { return runChild(t, append(args, dir, address)...) },
	}
}

func TestS3(t *testing.T) { testStore(t, openS3) }

// TestS3Bucket: other things in the bucket are not ours, and without the bucket
// the store says so.
func TestS3Bucket(t *testing.T) {
	address, _ := startS3(t)
	store, err := files.OpenS3(t.TempDir(), bucketAt(address))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Ready(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("without a bucket: %v", err)
	}
	client := s3Client(t, address)
	if err := client.MakeBucket(t.Context(), s3Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{"contents/readme", "else/" + (files.Hash{}).String()} {
		if _, err := client.PutObject(t.Context(), s3Bucket, other, bytes.NewReader(nil), 0, minio.PutObjectOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	if all := kept(t, store); len(all) != 0 {
		t.Errorf("kept %v", all)
	}
	wrong := bucketAt(address)
	wrong.SecretKey = "wrong"
	stranger, err := files.OpenS3(t.TempDir(), wrong)
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	if err := stranger.Ready(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("with a wrong key: %v", err)
	}
}

// TestS3ConnectionCut: the way to the server breaks in the middle of sending.
func TestS3ConnectionCut(t *testing.T) {
	w := openS3(t)
	address, _ := startS3(t)
	if err := s3Client(t, address).MakeBucket(t.Context(), s3Bucket, minio.MakeBucketOptions{}); err != nil {
		t.Fatal(err)
	}
	store, err := files.OpenS3(w.dir, bucketAt(cutAfter(t, address, mebi)))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	in, err := store.Receive(t.Context(), bytes.NewReader(data(8*mebi)), 8*mebi)
	if err != nil {
		t.Fatal(err)
	}
	if err := in.Commit(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("commit: %v", err)
	}
	if err := in.Discard(); err != nil {
		t.Error(err)
	}
	direct, err := files.OpenS3(w.dir, bucketAt(address))
	if err != nil {
		t.Fatal(err)
	}
	defer direct.Close()
	nothingLeft(t, world{store: direct, dir: w.dir})
}

// cutAfter passes n bytes of each connection on to the address, then breaks it.
func cutAfter(t *testing.T, address string, n int64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			from, err := listener.Accept()
			if err != nil {
				return
			}
			to, err := net.Dial("tcp", address)
			if err != nil {
				from.Close()
				continue
			}
			go func() { _, _ = io.Copy(from, to) }()
			go func() {
				_, _ = io.CopyN(to, from, n)
				from.Close()
				to.Close()
			}()
		}
	}()
	return listener.Addr().String()
}

// TestS3Compares: what is sent is what was hashed, or it is not kept.
func TestS3Compares(t *testing.T) {
	w := openS3(t)
	in, err := w.store.Receive(t.Context(), bytes.NewReader(data(mebi)), mebi)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.OpenFile(arriving(t, w)[0], os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteAt([]byte("rot"), 5000); err != nil {
		t.Fatal(err)
	}
	file.Close()
	if err := in.Commit(t.Context()); !errors.Is(err, files.ErrCorrupt) {
		t.Errorf("commit: %v", err)
	}
	if err := in.Discard(); err != nil {
		t.Error(err)
	}
	nothingLeft(t, w)
}
