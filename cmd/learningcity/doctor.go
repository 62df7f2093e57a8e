package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"learningcity/internal/config"
)

// The levels of a finding. Only a problem makes the command fail.
const (
	fine    = "ok"
	warning = "warning"
	problem = "problem"
)

// finding is one line of the doctor: what was looked at, and where it is not
// fine what to do.
type finding struct{ level, check, text string }

var errProblems = errors.New("there are problems; each line above says what to do")

// doctor looks at all that a start needs, changes none of it, and prints one
// line for each check.
func doctor(ctx context.Context, stdout io.Writer) error {
	var all []finding
	c, err := config.FromEnvironment()
	if err != nil {
		all = badConfiguration(err)
	} else {
		all = examine(ctx, c)
	}
	failed := false
	for _, f := range all {
		failed = failed || f.level == problem
		if _, err := fmt.Fprintf(stdout, "%-8s %-14s %s\n", f.level, f.check, oneLine(f.text)); err != nil {
			return err
		}
	}
	if failed {
		return errProblems
	}
	return nil
}

// oneLine folds errors of several lines.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// badConfiguration is all that can be told: the other checks would go by
// settings that nobody meant.
func badConfiguration(err error) []finding {
	var all []finding
	for line := range strings.Lines(err.Error()) {
		all = append(all, finding{problem, "configuration", line})
	}
	return append(all, finding{warning, "configuration", "the other checks wait until these settings are right; the README lists them"})
}

func examine(ctx context.Context, c config.Config) []finding {
	all := []finding{{fine, "configuration", "all settings can be read"}, checkAddress(c), checkProxy(c), checkStorage(c), checkFiles(ctx, c)}
	all = append(all, checkDatabase(ctx, c)...)
	return append(all, checkMail(ctx, c))
}

// checkAddress: the usual reason why colleagues cannot open the page.
func checkAddress(c config.Config) finding {
	host, _, err := net.SplitHostPort(c.Addr)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return finding{fine, "address", c.Addr + ", for this machine only; LEARNINGCITY_ADDR=0.0.0.0:8080 lets the network in"}
	}
	return finding{fine, "address", c.Addr}
}

// checkProxy: https ends at a proxy, since the program itself speaks http. It
// must believe what the proxy says of the people behind it.
func checkProxy(c config.Config) finding {
	switch {
	case c.PublicURL == nil:
		return finding{fine, "proxy", "none: people use the address that they came by"}
	case c.PublicURL.Scheme == "https" && len(c.TrustedProxies) == 0:
		return finding{warning, "proxy", "LEARNINGCITY_PUBLIC_URL is https, but no proxy is trusted: the audit " +
			"shows the proxy's address instead of people's. Set LEARNINGCITY_TRUSTED_PROXIES to the address from which the proxy connects"}
	}
	return finding{fine, "proxy", c.PublicURL.String()}
}

// checkStorage writes a file where the program would. With a database of one's
// own the folder need not exist.
func checkStorage(c config.Config) finding {
	_, err := os.Stat(c.DataDir)
	missing := errors.Is(err, fs.ErrNotExist)
	if missing && !c.Private() {
		return finding{fine, "storage", "not used: what is kept is in DATABASE_URL"}
	}
	level := problem
	if !c.Private() {
		level = warning
	}
	if err := writable(c.DataDir); err != nil {
		return finding{level, "storage", fmt.Sprintf("%s cannot be written to (%v): give it to the user who runs the program, "+
			"or set LEARNINGCITY_DATA_DIR to another folder", c.DataDir, err)}
	}
	if missing {
		return finding{fine, "storage", c.DataDir + ", which the first start makes"}
	}
	return finding{fine, "storage", c.DataDir + " can be written to"}
}

// writable tries the folder, or the nearest one above it in which it could be
// made, and leaves nothing behind.
func writable(dir string) error {
	for {
		_, err := os.Stat(dir)
		if err == nil || !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	file, err := os.CreateTemp(dir, ".learningcity-doctor-*")
	if err != nil {
		return err
	}
	return errors.Join(file.Close(), os.Remove(file.Name()))
}

// checkMail signs in to the mail server as for a mail, and sends none.
func checkMail(ctx context.Context, c config.Config) finding {
	if c.SMTP == nil {
		return finding{fine, "mail", "not configured: the program sends no mail and needs none"}
	}
	server := net.JoinHostPort(c.SMTP.Host, strconv.Itoa(c.SMTP.Port))
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := mailSender(c.SMTP).Check(ctx); err != nil {
		return finding{problem, "mail", fmt.Sprintf("%s cannot be used (%v): correct LEARNINGCITY_SMTP_*, or start that server", server, err)}
	}
	return finding{fine, "mail", fmt.Sprintf("%s takes mail (%s), from %s", server, c.SMTP.TLS, c.SMTP.From.Address)}
}
