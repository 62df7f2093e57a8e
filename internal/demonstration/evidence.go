package demonstration

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"golang.org/x/sync/errgroup"

	"learningcity/internal/catalogue"
	"learningcity/internal/files"
	"learningcity/internal/files/inspect"
	"learningcity/internal/postgres"
	"learningcity/internal/tracker"
)

// paper is a piece of evidence, before and after it is added.
type paper struct {
	catalogue.Evidence
	passport       tracker.Passport
	content, draft tracker.EvidenceContent
	id             int64 // 0: not added yet
}

// linkAddress leads nowhere: names under example are nobody's.
const linkAddress = "https://ha-long.example/tin-bai"

// filesAtOnce are stored side by side: each waits for the disk, and starting for
// the first time waits for all.
const filesAtOnce = 8

// makePapers writes the files of the evidence. They are stored before their
// rows, as those of an upload are. Without a store there is no evidence.
func makePapers(ctx context.Context, f tracker.Framework, city catalogue.Demonstration, o Options) ([]*paper, error) {
	if o.Files == nil {
		return nil, nil
	}
	w := newWriter(f, city)
	var papers []*paper
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(filesAtOnce)
	for n, e := range city.Evidence {
		p := &paper{Evidence: e, passport: w.passport(n, e, o.Today)}
		papers = append(papers, p)
		group.Go(func() error { return p.write(ctx, w, o.Files) })
	}
	return papers, group.Wait()
}

// write stores the paper's files.
func (p *paper) write(ctx context.Context, w writer, store files.Store) error {
	if p.Form == "link" {
		p.content = tracker.EvidenceContent{URL: linkAddress}
		return nil
	}
	name := p.passport.Title + "." + p.Form
	if p.Draft {
		p.content.Note = "Bản chính thức, thay bản dự thảo."
		if err := keep(ctx, store, &p.draft, "Dự thảo "+name, w.document(p, true)); err != nil {
			return err
		}
	}
	return keep(ctx, store, &p.content, name, w.document(p, false))
}

// keep stores a file that every upload's checks have passed.
func keep(ctx context.Context, store files.Store, into *tracker.EvidenceContent, name string, content []byte) (err error) {
	look := inspect.Watch(name)
	in, err := store.Receive(ctx, bytes.NewReader(content), int64(len(content)), look)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Discard()) }()
	found, err := look.File(ctx, in, in.Size(), in.Dir())
	if err != nil {
		return fmt.Errorf("look at %s: %w", name, err)
	}
	into.File = tracker.File{Hash: tracker.ContentHash(in.Hash()), Size: in.Size(), Name: name, MediaType: found.MediaType}
	return in.Commit(ctx)
}

// addDrafts adds what will be replaced once the indicator is achieved. A draft
// has no number and no day yet.
func (p *player) addDrafts(indicator string) error {
	for _, one := range p.papers {
		if !one.Draft || one.Answers[0].Indicator != indicator {
			continue
		}
		passport := one.passport
		passport.Number, passport.IssuedOn = "", 0
		if err := p.add(one, passport, one.draft, indicator); err != nil {
			return err
		}
	}
	return nil
}

// attach gives the entry its evidence: new, replaced, or there already.
func (p *player) attach(indicator string) error {
	for _, one := range p.papers {
		var err error
		switch {
		case len(one.answers(indicator)) == 0:
		case one.id == 0:
			err = p.add(one, one.passport, one.content, indicator)
		case one.Draft:
			err = p.replace(one, indicator)
		default:
			err = p.store.Link(p.ctx, p.coordinator, p.city.City.Slug, one.id, p.links(one, indicator))
		}
		if err != nil {
			return fmt.Errorf("attach %q to %s: %w", one.passport.Title, indicator, err)
		}
	}
	return nil
}

func (p *player) add(one *paper, passport tracker.Passport, content tracker.EvidenceContent, indicator string) (err error) {
	one.id, err = p.store.AddEvidence(p.ctx, p.coordinator, p.city.City.Slug, postgres.NewEvidence{
		Passport: passport, Content: content, Links: p.links(one, indicator)})
	return err
}

// replace puts the final document in the place of its draft.
func (p *player) replace(one *paper, indicator string) error {
	ref := postgres.EvidenceRef{City: p.city.City.Slug, ID: one.id, Version: 1}
	if err := p.store.ChangePassport(p.ctx, p.coordinator, ref, one.passport); err != nil {
		return err
	}
	ref.Version++
	p.versions[indicator] += 2 // another passport, a new version
	return p.store.NewVersion(p.ctx, p.coordinator, ref, one.content, 0)
}

func (p *player) links(one *paper, indicator string) []postgres.LinkTo {
	return []postgres.LinkTo{{EntryRef: p.ref(indicator), Answers: one.answers(indicator)}}
}

// answers are the indicator's expected documents that the paper answers.
func (p *paper) answers(indicator string) []int {
	var all []int
	for _, a := range p.Answers {
		if a.Indicator == indicator {
			all = append(all, a.Document)
		}
	}
	return all
}
