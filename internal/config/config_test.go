package config

import (
	"maps"
	"net/mail"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
)

func read(t *testing.T, env map[string]string) (Config, error) {
	t.Helper()
	return Read(func(name string) string { return env[name] })
}

func TestReadDefaults(t *testing.T) {
	c, err := read(t, nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Addr != "127.0.0.1:8080" || filepath.Base(c.DataDir) != "data" || c.Language != "vi" ||
		c.TimeZone.String() != "Asia/Ho_Chi_Minh" || !c.Private() || !c.Demo || c.OwnerURL != "" || c.PublicURL != nil ||
		c.Files != "disk" || c.MaxFile != 100<<20 || c.Quota != 50<<30 || c.S3 != (S3{Region: "us-east-1"}) {
		t.Errorf("defaults: %+v", c)
	}
}

func TestReadValues(t *testing.T) {
	c, err := read(t, map[string]string{
		"LEARNINGCITY_ADDR": "0.0.0.0:9000", "LEARNINGCITY_DATA_DIR": "/srv/lc",
		"DATABASE_URL":                   "postgres://app@db/lc",
		"LEARNINGCITY_PUBLIC_URL":        "https://hoc-tap.example.vn/",
		"LEARNINGCITY_TRUSTED_PROXIES":   "10.0.0.0/8, 192.168.1.20",
		"LEARNINGCITY_TIME_ZONE":         "Asia/Bangkok",
		"LEARNINGCITY_LANGUAGE":          "en",
		"LEARNINGCITY_DEMO":              "0",
		"LEARNINGCITY_MAX_FILE_MB":       "7",
		"LEARNINGCITY_CITY_QUOTA_GB":     "0",
		"LEARNINGCITY_UNRELATED_SETTING": "x",
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.168.1.20/32")}
	if c.Addr != "0.0.0.0:9000" || c.DataDir != "/srv/lc" || c.Private() || c.OwnerURL != c.DatabaseURL ||
		c.PublicURL.Host != "hoc-tap.example.vn" || c.TimeZone.String() != "Asia/Bangkok" || c.Language != "en" || c.Demo || c.MaxFile != 7<<20 || c.Quota != 0 {
		t.Errorf("values: %+v", c)
	}
	if len(c.TrustedProxies) != 2 || c.TrustedProxies[0] != want[0] || c.TrustedProxies[1] != want[1] {
		t.Errorf("proxies: %v, want %v", c.TrustedProxies, want)
	}
}

func TestReadReportsAllProblemsAtOnceWithoutSecrets(t *testing.T) {
	_, err := read(t, map[string]string{
		"LEARNINGCITY_ADDR": "here", "DATABASE_URL": "mysql://u:geheim@h/d",
		"LEARNINGCITY_OWNER_URL": "nonsense-geheim", "LEARNINGCITY_PUBLIC_URL": "ftp://x",
		"LEARNINGCITY_TRUSTED_PROXIES": "proxy", "LEARNINGCITY_TIME_ZONE": "Mars/Base",
		"LEARNINGCITY_LANGUAGE": "fr", "LEARNINGCITY_DEMO": "yes",
		"LEARNINGCITY_MAX_FILE_MB": "0", "LEARNINGCITY_CITY_QUOTA_GB": "-1",
	})
	if err == nil {
		t.Fatal("no error")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{"LEARNINGCITY_ADDR must", "DATABASE_URL must", "LEARNINGCITY_OWNER_URL must",
		"LEARNINGCITY_PUBLIC_URL must", "LEARNINGCITY_TRUSTED_PROXIES must", "LEARNINGCITY_TIME_ZONE must",
		"LEARNINGCITY_LANGUAGE must", "LEARNINGCITY_DEMO must", "LEARNINGCITY_MAX_FILE_MB must", "LEARNINGCITY_CITY_QUOTA_GB must"}
	if len(lines) != len(want) {
		t.Fatalf("%d lines, want %d:\n%v", len(lines), len(want), err)
	}
	for i, line := range lines {
		if !strings.HasPrefix(line, want[i]) {
			t.Errorf("line %d is %q, want %q…", i, line, want[i])
		}
	}
	if strings.Contains(err.Error(), "geheim") {
		t.Errorf("a password stands in the message: %v", err)
	}
}

func TestReadRefusesAnOwnerWithoutADatabase(t *testing.T) {
	_, err := read(t, map[string]string{"LEARNINGCITY_OWNER_URL": "postgres://owner@db/lc"})
	if err == nil || err.Error() != "LEARNINGCITY_OWNER_URL is set, but DATABASE_URL is not" {
		t.Errorf("error %v", err)
	}
}

func TestReadABucket(t *testing.T) {
	env := map[string]string{
		"LEARNINGCITY_FILES": "s3", "LEARNINGCITY_S3_URL": "https://s3.example.vn:9000", "LEARNINGCITY_S3_BUCKET": "evidence",
		"LEARNINGCITY_S3_REGION": "vn-hn", "LEARNINGCITY_S3_ACCESS_KEY": "city", "LEARNINGCITY_S3_SECRET_KEY": "geheim",
	}
	c, err := read(t, env)
	if err != nil {
		t.Fatal(err)
	}
	address := c.S3.URL.String()
	c.S3.URL = nil
	if c.Files != "s3" || address != "https://s3.example.vn:9000" ||
		c.S3 != (S3{Bucket: "evidence", Region: "vn-hn", AccessKey: "city", SecretKey: "geheim"}) {
		t.Errorf("%s at %s: %+v", c.Files, address, c.S3)
	}
	delete(env, "LEARNINGCITY_FILES") // while files are copied
	if c, err := read(t, env); err != nil || c.Files != "disk" || c.S3.Bucket != "evidence" {
		t.Errorf("%+v, %v", c, err)
	}
}

func TestReadHalfABucket(t *testing.T) {
	for _, one := range []struct {
		env  map[string]string
		want []string
	}{
		{map[string]string{"LEARNINGCITY_FILES": "tape"}, []string{`LEARNINGCITY_FILES must be disk or s3; it is "tape"`}},
		{map[string]string{"LEARNINGCITY_FILES": "s3"}, []string{"LEARNINGCITY_S3_URL is missing", "LEARNINGCITY_S3_BUCKET is missing",
			"LEARNINGCITY_S3_ACCESS_KEY is missing", "LEARNINGCITY_S3_SECRET_KEY is missing"}},
		{map[string]string{"LEARNINGCITY_S3_URL": "s3.example.vn", "LEARNINGCITY_S3_BUCKET": "b", "LEARNINGCITY_S3_ACCESS_KEY": "a"},
			[]string{"LEARNINGCITY_S3_URL must look like https://s3.example.vn, without a path", "LEARNINGCITY_S3_SECRET_KEY is missing"}},
	} {
		_, err := read(t, one.env)
		if err == nil {
			t.Errorf("%v: no error", one.env)
			continue
		}
		lines := strings.Split(err.Error(), "\n")
		for i, want := range one.want {
			if len(lines) != len(one.want) || !strings.HasPrefix(lines[i], want) {
				t.Errorf("%v:\n%v", one.env, err)
			}
		}
	}
}

// TestReadMail: without a server nothing else of it may be set; with one, all
// that a mail needs.
func TestReadMail(t *testing.T) {
	c, err := read(t, map[string]string{
		"LEARNINGCITY_SMTP_ADDR": "mail.example.vn:587", "LEARNINGCITY_SMTP_FROM": "Thành phố học tập <lc@example.vn>",
		"LEARNINGCITY_SMTP_USER": "lc", "LEARNINGCITY_SMTP_PASSWORD": " geheim ", "LEARNINGCITY_PUBLIC_URL": "https://lc.example.vn"})
	if err != nil {
		t.Fatal(err)
	}
	want := SMTP{Host: "mail.example.vn", Port: 587, TLS: "starttls", User: "lc", Password: " geheim ",
		From: mail.Address{Name: "Thành phố học tập", Address: "lc@example.vn"}}
	if c.SMTP == nil || *c.SMTP != want {
		t.Errorf("mail: %+v, want %+v", c.SMTP, want)
	}
	right := map[string]string{"LEARNINGCITY_SMTP_ADDR": "[::1]:25", "LEARNINGCITY_SMTP_FROM": "lc@example.vn", "LEARNINGCITY_SMTP_TLS": "none",
		"LEARNINGCITY_PUBLIC_URL": "http://192.168.1.20:8080"}
	if c, err := read(t, right); err != nil || c.SMTP.Host != "::1" || c.SMTP.Port != 25 || c.SMTP.TLS != "none" {
		t.Errorf("a relay without a password: %+v, %v", c.SMTP, err)
	}
	for _, tt := range []struct{ name, value, want string }{
		{"LEARNINGCITY_SMTP_ADDR", "mail.example.vn", "LEARNINGCITY_SMTP_ADDR must be host:port"},
		{"LEARNINGCITY_SMTP_ADDR", ":25", "LEARNINGCITY_SMTP_ADDR must be host:port"},
		{"LEARNINGCITY_SMTP_ADDR", "mail:0", "LEARNINGCITY_SMTP_ADDR must be host:port"},
		{"LEARNINGCITY_SMTP_ADDR", "", "LEARNINGCITY_SMTP_FROM is set, but LEARNINGCITY_SMTP_ADDR is not\nLEARNINGCITY_SMTP_TLS is set, but"},
		{"LEARNINGCITY_SMTP_FROM", "", "LEARNINGCITY_SMTP_FROM must be an address"},
		{"LEARNINGCITY_SMTP_FROM", "lc@example.vn\r\nBcc: x@y.z", "LEARNINGCITY_SMTP_FROM must be an address"},
		{"LEARNINGCITY_SMTP_TLS", "ssl", "LEARNINGCITY_SMTP_TLS must be starttls, tls or none"},
		{"LEARNINGCITY_SMTP_USER", "lc", "LEARNINGCITY_SMTP_USER and LEARNINGCITY_SMTP_PASSWORD are set together or not at all\nLEARNINGCITY_SMTP_TLS must not be none"},
		{"LEARNINGCITY_SMTP_PASSWORD", "geheim", "LEARNINGCITY_SMTP_USER and LEARNINGCITY_SMTP_PASSWORD"},
		{"LEARNINGCITY_PUBLIC_URL", "", "LEARNINGCITY_SMTP_ADDR is set, but LEARNINGCITY_PUBLIC_URL is not: the links in mails begin with it"},
		{"LEARNINGCITY_PUBLIC_URL", "lc", "LEARNINGCITY_PUBLIC_URL must"},
	} {
		wrong := maps.Clone(right)
		wrong[tt.name] = tt.value
		_, err := read(t, wrong)
		if err == nil || !strings.HasPrefix(err.Error(), tt.want) || strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s=%q: %v, want %s", tt.name, tt.value, err, tt.want)
		}
	}
}
