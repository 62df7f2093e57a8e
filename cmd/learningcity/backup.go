package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"learningcity/internal/backup"
	"learningcity/internal/config"
	"learningcity/internal/postgres"
)

var errBackupUsage = errors.New("say where to: learningcity backup FILE, or - for standard output")

// backUp writes the installation into one file, while the program runs or not.
func backUp(ctx context.Context, c config.Config, args []string, stdout, stderr io.Writer) error {
	if len(args) != 1 || args[0] == "" {
		return errBackupUsage
	}
	return withDatabase(ctx, c, func(d database) error {
		var made backup.Manifest
		save := func(w io.Writer) (err error) {
			return withContents(c, false, func(contents backup.Contents) error {
				made, err = saveTo(ctx, d, contents, w, stderr)
				return err
			})
		}
		if err := intoFile(args[0], stdout, save); err != nil {
			return fmt.Errorf("no backup was made: %w", err)
		}
		return summary(stderr, "Backed up", made, `
Not in it: audit.key, audit.head and other keys of %s. Without audit.key the record of acts cannot be
verified and the program does not start on the restored one: copy it once, and keep it apart.
`, c.DataDir)
	})
}

func saveTo(ctx context.Context, d database, contents backup.Contents, w, stderr io.Writer) (made backup.Manifest, err error) {
	err = postgres.Backup(ctx, d.ownerURL, func(s *postgres.Snapshot) (err error) {
		h := s.Header
		h.Program, h.Made = programVersion(), time.Now().UTC().Truncate(time.Second)
		made, err = backup.Save(ctx, &progress{Writer: w, to: stderr, what: "written", next: time.Now().Add(progressPause)}, h, s, contents)
		return err
	})
	return made, err
}

// programVersion is for people who wonder which program made a file.
func programVersion() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		return "learningcity " + info.Main.Version
	}
	return "learningcity"
}

// intoFile gives the file its name when it is whole and on the disk. A file of
// that name is left alone: it may be the only backup there is.
func intoFile(path string, stdout io.Writer, save func(io.Writer) error) error {
	if path == "-" {
		if file, ok := stdout.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
			return errors.New("a backup is nothing to look at: send it into a file or a program")
		}
		return save(stdout)
	}
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already: choose another name (%w)", path, errors.Join(err, fs.ErrExist))
	}
	partial := path + ".partial"
	if err := os.Remove(partial); err != nil && !errors.Is(err, fs.ErrNotExist) { // left by one that was broken off
		return err
	}
	file, err := os.OpenFile(partial, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	err = save(file)
	if err == nil {
		err = file.Sync()
	}
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(partial))
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder brings the names in a folder to the disk, where the system can.
func syncFolder(dir string) error {
	folder, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := folder.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) && !errors.Is(err, fs.ErrInvalid) && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return nil
}

// progressPause is how long nothing is said.
const progressPause = 5 * time.Second

// progress tells now and then how far it is.
type progress struct {
	io.Writer
	io.ReaderAt
	to    io.Writer
	what  string
	bytes int64
	next  time.Time
}

func (p *progress) Write(b []byte) (int, error) {
	n, err := p.Writer.Write(b)
	p.tell(n)
	return n, err
}

func (p *progress) ReadAt(b []byte, offset int64) (int, error) {
	n, err := p.ReaderAt.ReadAt(b, offset)
	p.tell(n)
	return n, err
}

func (p *progress) tell(n int) {
	p.bytes += int64(n)
	if now := time.Now(); now.After(p.next) {
		_, _ = fmt.Fprintf(p.to, "%s %s\n", inMiB(p.bytes), p.what) // nobody need read it
		p.next = now.Add(progressPause)
	}
}

func inMiB(bytes int64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }

func summary(w io.Writer, done string, m backup.Manifest, more string, args ...any) error {
	_, err := fmt.Fprintf(w, "%s: %d rows in %d tables, %d files with %s.\n"+more,
		append([]any{done, m.Rows(), len(m.Tables), m.Files.Count, inMiB(m.Files.Bytes)}, args...)...)
	return err
}
