//go:build bench

package main_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

const (
	evidencePath = "/cities/{city}/evidence"
	largeFile    = 100 << 20 // bytes of the files that are carried
	carriedIn    = 3         // of them by each side in a round
	carriedOut   = 15        // which is many times faster
	atOnce       = 8         // transfers while memory is looked at
)

// receiveFile is the floor of an upload: the body goes to the disk and through
// the hash as it comes. It reads no form and looks at nothing. It flushes, as the
// program does: what was not flushed has not been stored.
func receiveFile(dir string) http.HandlerFunc {
	return answering(func(w http.ResponseWriter, r *http.Request) error {
		file, err := os.CreateTemp(dir, "received-*")
		if err != nil {
			return err
		}
		defer file.Close()
		if _, err := io.Copy(io.MultiWriter(file, sha256.New()), r.Body); err != nil {
			return err
		}
		if err := file.Sync(); err != nil {
			return err
		}
		w.WriteHeader(http.StatusSeeOther)
		return nil
	})
}

// sendFile is the floor of a download: net/http's own, which lets the kernel
// copy the file. It does not hash, which makes it faster than it might be.
func sendFile(dir string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, filepath.Join(dir, "sent")) }
}

// upload is a form with one file, of which only the first bytes differ from one
// time to the next: each is a content of its own.
type upload struct {
	name, first, last string
	middle            []byte
}

// uploads counts them.
var uploads atomic.Int64

func largePDF() upload {
	middle := make([]byte, largeFile-64)
	_, _ = rand.NewChaCha8([32]byte{}).Read(middle) // fails never
	return upload{name: "bench.pdf", first: "%%PDF-1.7\n%%%016d\n", middle: middle, last: "\n%%EOF\n"}
}

// largeText is in Vietnamese: every other character is two or three bytes long.
func largeText() upload {
	const line = "Quyết định về việc phê duyệt Kế hoạch xây dựng thành phố học tập giai đoạn 2024-2030;\r\n"
	return upload{name: "bench.txt", first: "Văn bản %016d\n", middle: bytes.Repeat([]byte(line), (largeFile-64)/len(line))}
}

// largeZip holds ten documents of 10 MB, which are as small as they get. The first
// bytes differ in a field that no reader of archives asks for.
func largeZip() upload {
	serial := strings.Repeat("0", 16)
	var archive bytes.Buffer
	w := zip.NewWriter(&archive) // its errors are those of the buffer, which has none
	document := largePDF()
	for i := range 10 {
		header := &zip.FileHeader{Name: fmt.Sprintf("%d.pdf", i), Method: zip.Deflate, Extra: []byte("lc\x10\x00" + serial)}
		part, _ := w.CreateHeader(header)
		fmt.Fprintf(part, document.first, i)
		_, _ = part.Write(document.middle[i*largeFile/10 : (i+1)*largeFile/10-8<<10])
		_, _ = io.WriteString(part, document.last)
	}
	_ = w.Close()
	before, after, _ := bytes.Cut(archive.Bytes(), []byte(serial))
	return upload{name: "bench.zip", first: strings.ReplaceAll(string(before), "%", "%%") + "%016d", middle: after}
}

// size of the file.
func (u upload) size() int { return len(fmt.Sprintf(u.first, 0)) + len(u.middle) + len(u.last) }

// request is what goes over the wire, in parts, so that there are no copies.
func (u upload) request(city int) net.Buffers {
	var form bytes.Buffer
	w := multipart.NewWriter(&form) // its errors are those of the buffer, which has none
	for _, field := range [][2]string{{"access", "open"}, {"department", "CUL"}, {"document_language", "vi"}} {
		_ = w.WriteField(field[0], field[1])
	}
	_, _ = w.CreateFormFile("files", u.name)
	fmt.Fprintf(&form, u.first, uploads.Add(1))
	end := fmt.Sprintf("%s\r\n--%s--\r\n", u.last, w.Boundary())
	head := fmt.Appendf(nil, "POST /cities/%s/evidence HTTP/1.1\r\nHost: bench\r\nCookie: session=%s\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n",
		slug(city), session(city), w.FormDataContentType(), form.Len()+len(u.middle)+len(end))
	return net.Buffers{append(head, form.Bytes()...), u.middle, []byte(end)}
}

// send returns where the answer leads to and how long all of it took.
func (u upload) send(p *process, city int) (location string, took time.Duration, err error) {
	request := u.request(city)
	return transfer(p, &request, http.StatusSeeOther, 0)
}

// transfer sends a request, reads the answer, and compares its status and, where
// one is told, its size.
func transfer(p *process, request io.WriterTo, status int, size int64) (location string, took time.Duration, err error) {
	began := time.Now()
	conn, err := net.Dial("tcp", p.addr)
	if err != nil {
		return "", 0, err
	}
	defer conn.Close()
	if _, err := request.WriteTo(conn); err != nil {
		return "", 0, err
	}
	got, err := http.ReadResponse(bufio.NewReaderSize(conn, 64<<10), nil)
	if err != nil {
		return "", 0, err
	}
	defer got.Body.Close()
	n, err := io.Copy(io.Discard, got.Body)
	if err == nil && (got.StatusCode != status || size != 0 && n != size) {
		err = fmt.Errorf("status %d with %d bytes", got.StatusCode, n)
	}
	return got.Header.Get("Location"), time.Since(began), err
}

// exchange is a city whose files are carried, by the program and by the floor.
type exchange struct {
	program, floor  *process
	contents, plain string // where their files are
	owner           *pgx.Conn
}

// evidence measures the carrying of files, and the library.
func (b *bench) evidence(t *testing.T) {
	w := b.worldOf(t, "evidence-world", 3)
	owner, err := pgx.Connect(t.Context(), w.ownerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(t.Context())
	data, plain := filepath.Join(b.dir, "data of evidence"), filepath.Join(b.dir, "plain files")
	if err := os.Mkdir(plain, 0o700); err != nil {
		t.Fatal(err)
	}
	x := exchange{contents: filepath.Join(data, "files", "contents"), plain: plain, owner: owner,
		program: b.serve(t, "evidence", w.environment()...),
		floor:   b.startFloor(t, floorOrder{DatabaseURL: w.appURL, Connections: 1, Dir: plain})}
	t.Run("Memory", x.memory) // first, while the program is as small as it begins
	t.Run("Upload", x.uploads)
	t.Run("Download", x.downloads)
	t.Run("Text", x.texts)
	t.Run("Library", x.library)
}

// uploads compares how fast files are taken, one after the other.
func (x exchange) uploads(t *testing.T) {
	var bounds []bound
	for _, u := range []upload{largePDF(), largeText(), largeZip()} {
		send := func(p *process) (time.Duration, error) {
			_, took, err := u.send(p, 0)
			x.forget(t)
			return took, err
		}
		bounds = append(bounds, x.compare(t, filepath.Ext(u.name)+" up", u.size(), carriedIn, send))
	}
	check(t, "Carrying files of 100 MB, as ratios to the floor's throughput", bounds)
}

// downloads compares how fast one is sent.
func (x exchange) downloads(t *testing.T) {
	u := largePDF()
	location, _, err := u.send(x.program, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.program.said())
	}
	if err := os.WriteFile(filepath.Join(x.plain, "sent"), make([]byte, u.size()), 0o600); err != nil {
		t.Fatal(err)
	}
	request := get(0, fileOf(location))
	receive := func(p *process) (time.Duration, error) {
		_, took, err := transfer(p, bytes.NewReader(request), http.StatusOK, int64(u.size()))
		return took, err
	}
	check(t, "Carrying files of 100 MB, as ratios to the floor's throughput",
		[]bound{x.compare(t, "down", u.size(), carriedOut, receive)})
}

// fileOf is the address of the file, below the city's, of the evidence that an
// upload led to.
func fileOf(location string) string {
	_, rest, _ := strings.Cut(location, "/evidence/")
	id, _, _ := strings.Cut(rest, "/")
	return "/evidence/" + id + "/versions/1/file"
}

// compare lets both carry a file in turn, so many times in a round. The ratio is
// the middle of those of neighbours, which met the same machine.
func (x exchange) compare(t *testing.T, what string, size, times int, carry func(*process) (time.Duration, error)) bound {
	t.Helper()
	var ratios, ours, bare []float64
	sides := []*process{x.program, x.floor}
	for n := range (rounds + 1) * times {
		slices.Reverse(sides)
		took := map[*process]float64{}
		for _, p := range sides {
			one, err := carry(p)
			if err != nil {
				t.Fatalf("%s: %v\n%s", what, err, p.said())
			}
			took[p] = one.Seconds()
		}
		if n >= times { // the first round warms up
			ratios = append(ratios, took[x.floor]/took[x.program])
			ours, bare = append(ours, took[x.program]), append(bare, took[x.floor])
		}
	}
	speed := func(seconds []float64) float64 { return float64(size) / median(seconds) / (1 << 20) }
	return bound{what: what, value: median(ratios), limit: 0.7, atLeast: true, format: "%.2f",
		extra: fmt.Sprintf("%.0f MiB/s; the floor %.0f MiB/s; from %.2f to %.2f", speed(ours), speed(bare), slices.Min(ratios), slices.Max(ratios))}
}

// settle waits until no job is to be done: what the program does with a file
// after its answer would slow down who comes next.
func (x exchange) settle(t *testing.T) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		busy := false
		err := x.owner.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM river.river_job WHERE state IN ('available', 'running'))`).Scan(&busy)
		switch {
		case err != nil:
			t.Fatal(err)
		case !busy:
			return
		case time.Now().After(deadline):
			t.Fatalf("jobs are not done:\n%s", x.program.said())
		}
	}
}

// forget removes the files that have arrived, when nobody reads them any more.
func (x exchange) forget(t *testing.T) {
	t.Helper()
	x.settle(t)
	found, err := filepath.Glob(filepath.Join(x.contents, "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	received, err := filepath.Glob(filepath.Join(x.plain, "received-*"))
	if err != nil || len(found)+len(received) == 0 {
		t.Fatalf("no files have arrived: %v", err)
	}
	for _, file := range append(found, received...) {
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
	}
}

// memory looks at the program while files go out, and in, at once.
func (x exchange) memory(t *testing.T) {
	location, _, err := largePDF().send(x.program, 0)
	if err != nil {
		t.Fatalf("%v\n%s", err, x.program.said())
	}
	request := get(0, fileOf(location))
	bounds := []bound{x.grows(t, "down", func() error {
		_, _, err := transfer(x.program, bytes.NewReader(request), http.StatusOK, 0)
		return err
	})}
	for _, u := range []upload{largePDF(), largeText()} {
		bounds = append(bounds, x.grows(t, filepath.Ext(u.name)+" up", func() error {
			_, _, err := u.send(x.program, 0)
			return err
		}))
	}
	x.forget(t)
	check(t, fmt.Sprintf("Memory of the program for each of %d transfers at once (RSS, the most seen)", atOnce), bounds)
}

// grows is how much the program's memory does for each transfer.
func (x exchange) grows(t *testing.T, what string, carry func() error) bound {
	t.Helper()
	x.settle(t)
	before := x.program.rss(t)
	most := before
	done := make(chan error, 1)
	go func() {
		var all errgroup.Group
		for range atOnce {
			all.Go(carry)
		}
		done <- all.Wait()
	}()
	for {
		select {
		case err := <-done:
			if err != nil {
				t.Fatalf("%s: %v\n%s", what, err, x.program.said())
			}
			return bound{what: what, value: (most - before) / atOnce, limit: 16, format: "%.1f MiB",
				extra: fmt.Sprintf("%.0f MiB before, %.0f MiB at most", before, most)}
		case <-time.After(5 * time.Millisecond):
			most = max(most, x.program.rss(t))
		}
	}
}
