package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"path/filepath"
	"strings"
	"time"

	"learningcity/internal/files"
	"learningcity/internal/files/text"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// keeper looks after the files of evidence: their texts, their last days, and
// contents that nothing points at.
type keeper struct {
	store     *postgres.Store
	files     files.Store
	extractor *text.Extractor
	log       *slog.Logger
}

func (p *program) keeper() keeper {
	return keeper{p.store, p.files, text.New(filepath.Join(filesDir(p.config), "incoming")), p.log}
}

// textsAtOnce is how many files are listed for one job.
const textsAtOnce = 500

// ReadTexts reads the texts of a city's files, or of all cities'. A file that
// cannot be read now keeps no other from being read.
func (k keeper) ReadTexts(ctx context.Context, j postgres.ReadTexts) error {
	if j.City == "" {
		return k.inCities(ctx, k.readTexts)
	}
	return k.readTexts(ctx, j.City)
}

func (k keeper) inCities(ctx context.Context, fn func(context.Context, string) error) error {
	slugs, err := k.store.CitySlugs(ctx)
	for _, slug := range slugs {
		err = errors.Join(err, fn(ctx, slug))
	}
	return err
}

func (k keeper) readTexts(ctx context.Context, slug string) error {
	pending, err := k.store.PendingTexts(ctx, slug, textsAtOnce)
	for _, p := range pending {
		if one := k.readText(ctx, slug, p); one != nil {
			err = errors.Join(err, fmt.Errorf("read the text of evidence %d of %s: %w", p.EvidenceID, slug, one))
		}
		if ctx.Err() != nil {
			break
		}
	}
	return err
}

// readText reads one file. Where a program is missing the file waits for it;
// that is no error.
func (k keeper) readText(ctx context.Context, slug string, p tracker.PendingText) error {
	extension := strings.ToLower(path.Ext(p.File.Name))
	if extension == ".pdf" && !k.extractor.ReadsPDF() {
		return nil
	}
	content, err := k.files.Open(ctx, files.Hash(p.File.Hash))
	if err != nil {
		return err
	}
	result, err := k.extractor.Extract(ctx, extension, content)
	if err := errors.Join(err, content.Close()); err != nil {
		return err
	}
	return k.store.SaveText(ctx, slug, p.EvidenceID, p.Number, result.Text)
}

// TellExpiring tells the owners of evidence that comes to its last day, and who is
// responsible for entries that come to their due date.
func (k keeper) TellExpiring(ctx context.Context) error {
	return k.inCities(ctx, func(ctx context.Context, slug string) error {
		_, expiring := k.store.TakeEvidenceNotices(ctx, slug)
		_, due := k.store.TakeDueNotices(ctx, slug)
		return errors.Join(expiring, due)
	})
}

// SweepFiles removes what interrupted uploads left, and contents that no row
// points at, when they are old enough.
func (k keeper) SweepFiles(ctx context.Context) error {
	if _, err := k.files.SweepIncoming(time.Now().Add(-postgres.SweepSpares)); err != nil {
		return err
	}
	var left []files.Hash
	err := compareContents(ctx, k.store, k.files, func(i files.Info) {
		if time.Since(i.ModTime) >= postgres.SweepSpares {
			left = append(left, i.Hash)
		}
	}, func(files.Hash) {})
	for _, h := range left {
		if err == nil {
			err = k.sweep(ctx, h)
		}
	}
	return err
}

func (k keeper) sweep(ctx context.Context, h files.Hash) error {
	swept, err := k.store.SweepContent(ctx, tracker.ContentHash(h), func() (time.Time, error) {
		i, err := k.files.Stat(ctx, h)
		return i.ModTime, err
	}, func() error { return k.files.Delete(ctx, h) })
	if swept && err == nil {
		k.log.Info("a file that nothing points at was removed", "sha256", h.String())
	}
	return err
}

// listing is the part of a store that tells what it has.
type listing interface {
	Each(ctx context.Context, visit func(files.Info) error) error
}

// contentsAtOnce is how many rows are read at once.
const contentsAtOnce = 1000

// compareContents walks through the contents of rows and those of the store,
// both in the order of their hashes, and tells of each that is on one side only.
func compareContents(ctx context.Context, store *postgres.Store, kept listing, noRow func(files.Info), noContent func(files.Hash)) error {
	rows := contentRows{store: store}
	err := kept.Each(ctx, func(i files.Info) error {
		for {
			row, more, err := rows.first(ctx)
			if err != nil {
				return err
			}
			order := 1
			if more {
				order = bytes.Compare(row[:], i.Hash[:])
			}
			if order > 0 {
				noRow(i)
				return nil
			}
			rows.drop()
			if order == 0 {
				return nil
			}
			noContent(row)
		}
	})
	for err == nil {
		row, more, rowErr := rows.first(ctx)
		if rowErr != nil || !more {
			return rowErr
		}
		rows.drop()
		noContent(row)
	}
	return err
}

// contentRows reads the rows in pieces.
type contentRows struct {
	store *postgres.Store
	read  []postgres.KnownContent
	last  tracker.ContentHash
	over  bool
}

func (r *contentRows) first(ctx context.Context) (files.Hash, bool, error) {
	if len(r.read) == 0 && !r.over {
		var err error
		if r.read, err = r.store.ContentsAfter(ctx, r.last, contentsAtOnce); err != nil {
			return files.Hash{}, false, err
		}
		r.over = len(r.read) == 0
	}
	if len(r.read) == 0 {
		return files.Hash{}, false, nil
	}
	return files.Hash(r.read[0].Hash), true, nil
}

func (r *contentRows) drop() { r.last, r.read = r.read[0].Hash, r.read[1:] }
