// Package config turns the environment into one validated struct. It is the
// only package that reads the environment, and does nothing else.
package config

import (
	"errors"
	"fmt"
	"net"
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
	DataDir        string         // LEARNINGCITY_DATA_DIR, for the private PostgreSQL and the key of the record
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
	S3             S3             // read also while Files is "disk", to copy from there
}

// S3 is a bucket on an S3 server.
type S3 struct {
	URL       *url.URL // LEARNINGCITY_S3_URL, scheme and host; nil where not set
	Bucket    string   // LEARNINGCITY_S3_BUCKET
	Region    string   // LEARNINGCITY_S3_REGION
	AccessKey string   // LEARNINGCITY_S3_ACCESS_KEY
	SecretKey string   // LEARNINGCITY_S3_SECRET_KEY
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
	c.CacheDir = r.cacheDir("LEARNINGCITY_CACHE_DIR", c.DataDir)
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
