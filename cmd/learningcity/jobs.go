package main

import (
	"context"
	"time"

	"learningcity/internal/config"
	"learningcity/internal/mail"
	"learningcity/internal/postgres"
)

// workJobs does what acts have put into the queue, until the program stops. A
// queue that cannot be worked is said and tried again: people go on working.
func (p *program) workJobs(ctx context.Context) error {
	o := postgres.JobOptions{URL: p.database.appURL, Log: p.log, Keeper: p.keeper()}
	if p.config.SMTP != nil {
		o.Mailer = p.server
	}
	for ctx.Err() == nil {
		err := postgres.WorkJobs(ctx, o)
		if ctx.Err() != nil {
			return nil //nolint:nilerr // it was stopped
		}
		p.log.Error("jobs such as mails are not done; trying again", "error", err)
		select {
		case <-ctx.Done():
		case <-time.After(5 * time.Second):
		}
	}
	return nil
}

// mailSender is how mail is sent; nil without a mail server.
func mailSender(c *config.SMTP) *mail.Sender {
	if c == nil {
		return nil
	}
	return mail.New(mail.Options{Host: c.Host, Port: c.Port, Security: c.TLS, User: c.User, Password: c.Password, From: c.From})
}
