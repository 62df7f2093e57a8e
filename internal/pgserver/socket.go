package pgserver

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// longestSocket is what the address of a Unix socket may take: macOS has room
// for 103 bytes, Linux for 107.
const longestSocket = 103

// socketBase names the socket directory after the directory it serves, so that
// a start finds and replaces what a killed one left.
func socketBase(dir string) string {
	return fmt.Sprintf("lc-%d-%x", os.Geteuid(), sha256.Sum256([]byte(dir)))[:24]
}

// makeSocketDir makes an empty directory that only the server's identity and
// its starter may enter. The data directory's own path is no place for it: that
// may be too long, or on a file system that has no sockets.
func makeSocketDir(options Options, who identity) (string, error) {
	var problems []error
	for _, parent := range []string{options.RuntimeDir, os.TempDir(), "/tmp"} {
		if parent == "" {
			continue
		}
		path := filepath.Join(parent, socketBase(options.Dir))
		err := trySocketDir(path, who)
		if err == nil {
			return path, nil
		}
		problems = append(problems, err)
	}
	return "", errors.Join(problems...)
}

func trySocketDir(path string, who identity) error {
	if socket := filepath.Join(path, ".s.PGSQL."+port); len(socket) > longestSocket {
		return fmt.Errorf("%s is too long for a socket", socket)
	}
	if err := who.mayReach(path); err != nil {
		return err
	}
	if err := removeLeftover(path, who); err != nil {
		return err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return err
	}
	return who.own(path)
}

// removeLeftover removes a socket directory of an earlier start. The temporary
// directory is everybody's, so what lies there is trusted only when it is ours.
func removeLeftover(path string, who identity) error {
	info, err := os.Lstat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	owner := ownerOf(info)
	if !info.IsDir() || owner != os.Geteuid() && owner != who.uid {
		return fmt.Errorf("%s belongs to somebody else", path)
	}
	return os.RemoveAll(path)
}
