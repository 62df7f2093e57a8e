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
	p.auditKey, err = ensureKey(keyFile(p.config), err == nil)
	return err
}

// sealAudit seals what people did, until the program stops. A record that
// cannot be sealed is said once and tried again: people go on working.
func (p *program) sealAudit(ctx context.Context) error {
	said := ""
	for ctx.Err() == nil {
		_, err := p.store.SealAudit(ctx, p.auditKey)
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
