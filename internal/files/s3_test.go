//go:build s3

package files_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"testing"

	"github.com/minio/minio-go/v7"

	"learningcity/internal/files"
	"learningcity/internal/files/s3test"
)

func bucketAt(address string) files.Bucket {
	return files.Bucket{URL: &url.URL{Scheme: "http", Host: address}, Name: s3test.Bucket, Region: s3test.Region, AccessKey: s3test.Access, SecretKey: s3test.Secret}
}

func openS3(t *testing.T) world {
	address, stop := s3test.Start(t)
	client := s3test.Client(t, address)
	s3test.MakeBucket(t, address)
	dir := t.TempDir()
	store, err := files.OpenS3(dir, bucketAt(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	return world{store: store, dir: dir,
		rot: func(t *testing.T, h files.Hash) {
			_, err := client.PutObject(t.Context(), s3test.Bucket, "contents/"+h.String(), bytes.NewReader(data(100)), 100, minio.PutObjectOptions{})
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
	address, _ := s3test.Start(t)
	store, err := files.OpenS3(t.TempDir(), bucketAt(address))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.Ready(t.Context()); !errors.Is(err, files.ErrUnavailable) {
		t.Errorf("without a bucket: %v", err)
	}
	client := s3test.Client(t, address)
	s3test.MakeBucket(t, address)
	for _, other := range []string{"contents/readme", "else/" + (files.Hash{}).String()} {
		if _, err := client.PutObject(t.Context(), s3test.Bucket, other, bytes.NewReader(nil), 0, minio.PutObjectOptions{}); err != nil {
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
	address, _ := s3test.Start(t)
	s3test.MakeBucket(t, address)
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
