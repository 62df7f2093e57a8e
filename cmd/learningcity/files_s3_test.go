//go:build s3

package main

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"learningcity/internal/config"
	"learningcity/internal/files"
	"learningcity/internal/files/s3test"
)

// copying is a data directory with files, and a bucket to copy them to.
type copying struct {
	t       *testing.T
	c       config.Config
	address string
	hashes  map[files.Hash]bool
}

func newCopying(t *testing.T) *copying {
	t.Helper()
	address, _ := s3test.Start(t)
	s3test.MakeBucket(t, address)
	w := &copying{t: t, address: address, hashes: map[files.Hash]bool{}, c: config.Config{Files: "disk", DataDir: t.TempDir(),
		S3: config.S3{URL: &url.URL{Scheme: "http", Host: address}, Bucket: s3test.Bucket, Region: s3test.Region,
			AccessKey: s3test.Access, SecretKey: s3test.Secret}}}
	disk, err := openFiles(w.c)
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	for n := range 16 {
		w.hashes[files.Hash(put(t, disk, "a", strings.Repeat(fmt.Sprintf("%d nội dung ", n), 4*n*n*n)).Hash)] = true
	}
	return w
}

// environment sends what goes to the bucket through the address.
func (w *copying) environment(address string) []string {
	return []string{"LEARNINGCITY_DATA_DIR=" + w.c.DataDir, "LEARNINGCITY_S3_URL=http://" + address, "LEARNINGCITY_S3_BUCKET=" + s3test.Bucket,
		"LEARNINGCITY_S3_REGION=" + s3test.Region, "LEARNINGCITY_S3_ACCESS_KEY=" + s3test.Access, "LEARNINGCITY_S3_SECRET_KEY=" + s3test.Secret}
}

// run copies, and returns how many files it says it copied and found there.
func (w *copying) run() (copied, there int) {
	w.t.Helper()
	out, err := runCommand(w.t, w.environment(w.address), "files", "copy")
	if err != nil {
		w.t.Fatalf("%v, %s", err, out)
	}
	if _, err := fmt.Sscanf(out, "%d files copied, %d were there.", &copied, &there); err != nil {
		w.t.Fatalf("%v in %s", err, out)
	}
	return copied, there
}

// inBucket lists the bucket.
func (w *copying) inBucket() (all []files.Hash) {
	w.t.Helper()
	bucket := w.bucket()
	defer bucket.Close()
	if err := bucket.Each(w.t.Context(), func(i files.Info) error { all = append(all, i.Hash); return nil }); err != nil {
		w.t.Fatal(err)
	}
	return all
}

func (w *copying) bucket() files.Store {
	w.t.Helper()
	bucket, err := files.OpenS3(w.t.TempDir(), bucketOf(w.c.S3))
	if err != nil {
		w.t.Fatal(err)
	}
	return bucket
}

// whole reads every content in the bucket: all are there, and what they were.
func (w *copying) whole() {
	w.t.Helper()
	all := w.inBucket()
	if len(all) != len(w.hashes) {
		w.t.Errorf("%d in the bucket, want %d", len(all), len(w.hashes))
	}
	bucket := w.bucket()
	defer bucket.Close()
	for _, h := range all {
		if err := files.Verify(w.t.Context(), bucket, h); err != nil || !w.hashes[h] {
			w.t.Errorf("%s: %v", h, err)
		}
	}
}

// TestS3FilesCopy: everything is there and whole; a second run copies nothing but
// what came in between or is not what it was.
func TestS3FilesCopy(t *testing.T) {
	t.Parallel()
	w := newCopying(t)
	if copied, there := w.run(); copied != len(w.hashes) || there != 0 {
		t.Errorf("copied %d, there %d", copied, there)
	}
	w.whole()
	if copied, there := w.run(); copied != 0 || there != len(w.hashes) {
		t.Errorf("again: copied %d, there %d", copied, there)
	}
	short := w.inBucket()[3]
	_, err := s3test.Client(t, w.address).PutObject(t.Context(), s3test.Bucket, "contents/"+short.String(), bytes.NewReader([]byte("half")), 4, minio.PutObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if copied, there := w.run(); copied != 1 || there != len(w.hashes)-1 {
		t.Errorf("with one that is too short: copied %d, there %d", copied, there)
	}
	w.whole()
}

// TestS3FilesCopyGoesOn: a run that is killed in the middle of a file leaves whole
// ones only, and the next does what is left.
func TestS3FilesCopyGoesOn(t *testing.T) {
	t.Parallel()
	w := newCopying(t)
	cmd := command(t.Context(), w.environment(stallAfter(t, w.address, 300<<10)), "files", "copy")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before := 0
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		n := len(w.inBucket())
		if n > 0 && n == before {
			break // it stands still
		}
		if before = n; time.Now().After(end) {
			t.Fatalf("%d copied", n)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed: that is the error
	before = len(w.inBucket())
	if before == 0 || before == len(w.hashes) {
		t.Fatalf("%d copied before it was killed: it shows nothing", before)
	}
	if copied, there := w.run(); there != before || copied != len(w.hashes)-before {
		t.Errorf("then copied %d, there %d, of %d; %d had been copied", copied, there, len(w.hashes), before)
	}
	w.whole()
}

// stallAfter passes n bytes of all connections together on to the address, and
// then nothing more.
func stallAfter(t *testing.T, address string, n int64) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var left atomic.Int64
	left.Store(n)
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
			go func() {
				_, _ = io.Copy(from, to) // until the server stops
				from.Close()
				to.Close()
			}()
			go func() { _, _ = io.Copy(to, stalling{from, &left}) }()
		}
	}()
	return listener.Addr().String()
}

// stalling ends when nothing is left; the connection stays open.
type stalling struct {
	from io.Reader
	left *atomic.Int64
}

func (s stalling) Read(p []byte) (int, error) {
	n, err := s.from.Read(p)
	if s.left.Add(-int64(n)) < 0 {
		return 0, io.EOF
	}
	return n, err
}
