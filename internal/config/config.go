// Package config turns the environment into one validated struct. It is the
// only package that reads the environment, and does nothing else.
package config

import (
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Config is how the program was told to run.
type Config struct {
	Addr           string         // LEARNINGCITY_ADDR, host:port to listen on
	DataDir        string         // LEARNINGCITY_DATA_DIR, for the private PostgreSQL and the two keys
	CacheDir       string         // LEARNINGCITY_CACHE_DIR, for a PostgreSQL fetched through npm
	PostgresBin    string         // LEARNINGCITY_PG_BIN, folder of PostgreSQL's programs
	DatabaseURL    string         // DATABASE_URL; empty: a private PostgreSQL
	OwnerURL       string         // LEARNINGCITY_OWNER_URL; DATABASE_URL where not set
	PublicURL      *url.URL       // LEARNINGCITY_PUBLIC_URL, nil where people use the address they came by
	TrustedProxies []netip.Prefix // LEARNINGCITY_TRUSTED_PROXIES, whose X-Forwarded-* is believed
	TimeZone       *time.Location // LEARNINGCITY_TIME_ZONE
	Language       string         // LEARNINGCITY_LANGUAGE, "vi" or "en"
	Demo           bool           // LEARNINGCITY_DEMO, whether an empty private PostgreSQL gets the demonstration
	Files          string         // LEARNINGCITY_FILES, "disk" or "s3": where contents of evidence are kept
	MaxFile        int64          // LEARNINGCITY_MAX_FILE_MB, bytes that one file may have
	Quota          int64          // LEARNINGCITY_CITY_QUOTA_GB, bytes that a city's files may have together; 0: any number
	S3             S3             // read also while Files is "disk", to copy from there
	SMTP           *SMTP          // nil: the program sends no mail
}

// S3 is a bucket on an S3 server.
type S3 struct {
	URL       *url.URL // LEARNINGCITY_S3_URL, scheme and host; nil where not set
	Bucket    string   // LEARNINGCITY_S3_BUCKET
	Region    string   // LEARNINGCITY_S3_REGION
	AccessKey string   // LEARNINGCITY_S3_ACCESS_KEY
	SecretKey string   // LEARNINGCITY_S3_SECRET_KEY
}

// SMTP is the mail server that the program sends through.
type SMTP struct {
	Host     string // LEARNINGCITY_SMTP_ADDR, host:port
	Port     int
	TLS      string       // LEARNINGCITY_SMTP_TLS: "none", "starttls" or "tls"
	User     string       // LEARNINGCITY_SMTP_USER, empty where the server asks for none
	Password string       // LEARNINGCITY_SMTP_PASSWORD
	From     mail.Address // LEARNINGCITY_SMTP_FROM
}

// Private reports whether the program runs its own PostgreSQL.
func (c Config) Private() bool { return c.DatabaseURL == "" }

// FromEnvironment reads the process's environment.
func FromEnvironment() (Config, error) { return Read(os.Getenv) }

// Read reads the variables through get. Its error names every problem, one on
// each line, not only the first.
func Read(get func(string) string) (Config, error) {
	r := reader{get: get}
	c := Config{
		Addr:           r.addr("LEARNINGCITY_ADDR", "127.0.0.1:8080"),
		DataDir:        r.dir("LEARNINGCITY_DATA_DIR", "data"),
		PostgresBin:    get("LEARNINGCITY_PG_BIN"),
		DatabaseURL:    r.database("DATABASE_URL"),
		OwnerURL:       r.database("LEARNINGCITY_OWNER_URL"),
		PublicURL:      r.site("LEARNINGCITY_PUBLIC_URL", "https://learning.example.vn"),
		TrustedProxies: r.prefixes("LEARNINGCITY_TRUSTED_PROXIES"),
		TimeZone:       r.zone("LEARNINGCITY_TIME_ZONE", "Asia/Ho_Chi_Minh"),
		Language:       r.language("LEARNINGCITY_LANGUAGE", "vi"),
		Demo:           r.yes("LEARNINGCITY_DEMO", "1"),
	}
	r.files(&c)
	c.MaxFile = r.number("LEARNINGCITY_MAX_FILE_MB", 100, 1, 10_000) << 20
	c.Quota = r.number("LEARNINGCITY_CITY_QUOTA_GB", 50, 0, 1_000_000) << 30
	c.CacheDir = r.cacheDir("LEARNINGCITY_CACHE_DIR", c.DataDir)
	c.SMTP = r.smtp(c.PublicURL)
	if c.OwnerURL != "" && c.DatabaseURL == "" {
		r.problem("LEARNINGCITY_OWNER_URL", "is set, but DATABASE_URL is not")
	}
	if c.OwnerURL == "" {
		c.OwnerURL = c.DatabaseURL
	}
	return c, errors.Join(r.problems...)
}

type reader struct {
	get      func(string) string
	problems []error
}

func (r *reader) problem(name, format string, args ...any) {
	r.problems = append(r.problems, fmt.Errorf("%s %s", name, fmt.Sprintf(format, args...)))
}

func (r *reader) or(name, otherwise string) string {
	if v := strings.TrimSpace(r.get(name)); v != "" {
		return v
	}
	return otherwise
}

func (r *reader) addr(name, otherwise string) string {
	v := r.or(name, otherwise)
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = strconv.ParseUint(port, 10, 16)
	}
	if err != nil {
		r.problem(name, "must be host:port, such as 0.0.0.0:8080; it is %q", v)
	}
	return v
}

func (r *reader) dir(name, otherwise string) string {
	path, err := filepath.Abs(r.or(name, otherwise))
	if err != nil {
		r.problem(name, "is not a usable folder: %v", err)
	}
	return path
}

// cacheDir is the user's own. Programs are kept in it and run from it, so where
// the user has none it is never a place that others can write to.
func (r *reader) cacheDir(name, dataDir string) string {
	if r.get(name) != "" {
		return r.dir(name, "")
	}
	if base, err := os.UserCacheDir(); err == nil {
		return filepath.Join(base, "learningcity")
	}
	return filepath.Join(dataDir, "cache")
}

func (r *reader) database(name string) string {
	v := strings.TrimSpace(r.get(name))
	if v == "" {
		return ""
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		// The value may hold a password, so it is not repeated.
		r.problem(name, "must look like postgres://user:password@host:5432/database")
	}
	return v
}

func (r *reader) number(name string, otherwise, least, most int64) int64 {
	v := r.or(name, strconv.FormatInt(otherwise, 10))
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < least || n > most {
		r.problem(name, "must be a whole number from %d to %d; it is %q", least, most, v)
		return otherwise
	}
	return n
}

// files: of a bucket everything is needed, or nothing.
func (r *reader) files(c *Config) {
	if c.Files = r.or("LEARNINGCITY_FILES", "disk"); c.Files != "disk" && c.Files != "s3" {
		r.problem("LEARNINGCITY_FILES", "must be disk or s3; it is %q", c.Files)
	}
	c.S3 = S3{
		URL:       r.site("LEARNINGCITY_S3_URL", "https://s3.example.vn"),
		Bucket:    r.or("LEARNINGCITY_S3_BUCKET", ""),
		Region:    r.or("LEARNINGCITY_S3_REGION", "us-east-1"),
		AccessKey: r.or("LEARNINGCITY_S3_ACCESS_KEY", ""),
		SecretKey: r.or("LEARNINGCITY_S3_SECRET_KEY", ""),
	}
	needed := []string{"LEARNINGCITY_S3_URL", "LEARNINGCITY_S3_BUCKET", "LEARNINGCITY_S3_ACCESS_KEY", "LEARNINGCITY_S3_SECRET_KEY"}
	isSet := func(name string) bool { return r.or(name, "") != "" }
	if c.Files != "s3" && !slices.ContainsFunc(needed, isSet) {
		return
	}
	for _, name := range needed {
		if !isSet(name) {
			r.problem(name, "is missing: files are to be kept on an S3 server")
		}
	}
}

// site is a scheme and a host.
func (r *reader) site(name, example string) *url.URL {
	v := strings.TrimSpace(r.get(name))
	if v == "" {
		return nil
	}
	u, err := url.Parse(v)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || strings.Trim(u.Path, "/") != "" {
		r.problem(name, "must look like %s, without a path; it is %q", example, v)
		return nil
	}
	return u
}

func (r *reader) prefixes(name string) []netip.Prefix {
	var all []netip.Prefix
	for _, part := range strings.FieldsFunc(r.get(name), func(c rune) bool { return c == ',' || c == ' ' }) {
		prefix, err := netip.ParsePrefix(part)
		if addr, addrErr := netip.ParseAddr(part); addrErr == nil {
			prefix, err = addr.Prefix(addr.BitLen())
		}
		if err != nil {
			r.problem(name, "must list addresses or networks such as 10.0.0.0/8; %q is neither", part)
			continue
		}
		all = append(all, prefix)
	}
	return all
}

func (r *reader) zone(name, otherwise string) *time.Location {
	v := r.or(name, otherwise)
	zone, err := time.LoadLocation(v)
	if err != nil || v == "Local" { // PostgreSQL does not know the machine's own
		r.problem(name, "must be a time zone such as Asia/Ho_Chi_Minh; it is %q", v)
		return time.UTC
	}
	return zone
}

func (r *reader) yes(name, otherwise string) bool {
	v := r.or(name, otherwise)
	if v != "1" && v != "0" {
		r.problem(name, "must be 1 for yes or 0 for no; it is %q", v)
	}
	return v == "1"
}

func (r *reader) language(name, otherwise string) string {
	v := r.or(name, otherwise)
	if v != "vi" && v != "en" {
		r.problem(name, "must be vi or en; it is %q", v)
	}
	return v
}

// smtp reads the mail server. Mails hold links, which must not begin with an
// address that whoever asked for the mail has chosen.
func (r *reader) smtp(public *url.URL) *SMTP {
	const addr = "LEARNINGCITY_SMTP_ADDR"
	v := r.or(addr, "")
	if v == "" {
		for _, name := range []string{"LEARNINGCITY_SMTP_FROM", "LEARNINGCITY_SMTP_TLS", "LEARNINGCITY_SMTP_USER", "LEARNINGCITY_SMTP_PASSWORD"} {
			if r.get(name) != "" {
				r.problem(name, "is set, but %s is not", addr)
			}
		}
		return nil
	}
	s := &SMTP{TLS: r.or("LEARNINGCITY_SMTP_TLS", "starttls"), User: r.or("LEARNINGCITY_SMTP_USER", ""), Password: r.get("LEARNINGCITY_SMTP_PASSWORD")}
	host, port, err := net.SplitHostPort(v)
	number, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || host == "" || number == 0 {
		r.problem(addr, "must be host:port, such as mail.example.vn:587; it is %q", v)
	}
	s.Host, s.Port = host, int(number)
	s.From = r.from("LEARNINGCITY_SMTP_FROM")
	r.checkSMTP(s)
	if public == nil && r.or("LEARNINGCITY_PUBLIC_URL", "") == "" {
		r.problem(addr, "is set, but LEARNINGCITY_PUBLIC_URL is not: the links in mails begin with it")
	}
	return s
}

// checkSMTP asks for what fits together.
func (r *reader) checkSMTP(s *SMTP) {
	if s.TLS != "none" && s.TLS != "starttls" && s.TLS != "tls" {
		r.problem("LEARNINGCITY_SMTP_TLS", "must be starttls, tls or none; it is %q", s.TLS)
	}
	if (s.User == "") != (s.Password == "") {
		r.problem("LEARNINGCITY_SMTP_USER", "and LEARNINGCITY_SMTP_PASSWORD are set together or not at all")
	}
	if s.User != "" && s.TLS == "none" {
		r.problem("LEARNINGCITY_SMTP_TLS", "must not be none where a password is sent; use starttls or tls")
	}
}

func (r *reader) from(name string) mail.Address {
	v := r.or(name, "")
	from, err := mail.ParseAddress(v)
	if err != nil {
		r.problem(name, "must be an address such as Learning City <learning@example.vn>; it is %q", v)
		return mail.Address{}
	}
	return *from
}
