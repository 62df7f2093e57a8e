package main

import (
	"context"
	"errors"
	"time"

	"learningcity/internal/tracker"
)

// sealPause is how long new acts wait for their seals.
const sealPause = 3 * time.Second

// readAuditKey reads the key of the record, or makes it at the first start.
func (p *program) readAuditKey(ctx context.Context) error {
	_, err := p.store.AuditHead(ctx)
	if err != nil && !errors.Is(err, tracker.ErrNotFound) {
		return err
	}
	sealed := err == nil
	if p.auditKey, err = ensureKey(keyFile(p.config), sealed); err != nil {
		return err
	}
	if kept, err := keptHead(headFile(p.config)); sealed && err == nil && kept.Position == 0 {
		p.log.Warn("the record is sealed, but no head is kept beside its key: what was done to the newest seals until now would not be missed",
			"file", headFile(p.config))
	}
	return nil
}

// sealAudit seals what people did, until the program stops. A record that
// cannot be sealed is said once and tried again: people go on working.
func (p *program) sealAudit(ctx context.Context) error {
	said := ""
	for ctx.Err() == nil {
		err := p.sealOnce(ctx)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			p.log.Error("the record of acts is not sealed; learningcity audit verify tells more", "error", said)
		}
		select {
		case <-ctx.Done():
		case <-time.After(sealPause):
		}
	}
	return nil
}

// sealOnce seals what is new and keeps the newest seal beside the key.
func (p *program) sealOnce(ctx context.Context) error {
	path := headFile(p.config)
	kept, err := keptHead(path)
	if err != nil {
		return err
	}
	head, _, err := p.store.SealAudit(ctx, p.auditKey, kept)
	if head.Position > kept.Position {
		err = errors.Join(err, keepHead(path, head))
	}
	return err
}
