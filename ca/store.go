package ca

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"
)

// The files of a CA. pendingFile exists only while a new CA is being put in
// place, and holds all of it: the one step that decides which CA this
// directory gets is the exclusive creation of that file.
const (
	certFile    = "ca.pem"
	keyFile     = "ca-key.pem"
	pendingFile = "ca-pending.pem"
)

// A file is written under a temporary name first; one older than tempAge
// belongs to nobody any more.
const (
	tempPattern = ".ca-*.tmp"
	tempAge     = time.Minute
)

// maxFile bounds what is read: no CA comes near it.
const maxFile = 1 << 20

// store is the directory of a CA.
type store struct{ dir string }

func (s store) certPath() string    { return filepath.Join(s.dir, certFile) }
func (s store) keyPath() string     { return filepath.Join(s.dir, keyFile) }
func (s store) pendingPath() string { return filepath.Join(s.dir, pendingFile) }

// pair is the contents of the two files.
type pair struct{ cert, key []byte }

// open returns the pair in the directory, made by generate if there is none.
// created is true for exactly one of the processes that do this at once.
//
// Files are put in place in the order pending, key, certificate, and then
// pending is removed. So a certificate without a key is never one of ours; a
// key without a certificate is ours only while pending is there, and is then
// completed from it, whoever left it behind. A pending file beside both others
// has lost the race or was left by a process that died: it has no say.
func (s store) open(generate func() (pair, error)) (p pair, created bool, err error) {
	// Every round after the first follows a change that another process made.
	for range 100 {
		p, state, err := s.read()
		if err != nil {
			return pair{}, created, err
		}
		switch state {
		case stateWhole:
			s.sweep()
			return p, created, nil
		case statePending:
			mine, err := s.complete(p)
			if err != nil {
				return pair{}, created, err
			}
			created = created || mine
			continue
		}
		if p, err = generate(); err != nil {
			return pair{}, created, err
		}
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return pair{}, created, s.errDirectory(err)
		}
		if _, err := s.place(s.pendingPath(), append(bytes.Clone(p.key), p.cert...), 0o600); err != nil {
			return pair{}, created, err
		}
	}
	return pair{}, created, s.errDirectory(errors.New("other processes keep changing it"))
}

// state is what a directory holds.
type state int

const (
	stateEmpty   state = iota
	stateWhole         // both files
	statePending       // a CA that has been decided on, and is not in place yet
)

// read looks at the directory, opposite to the order in which files appear.
func (s store) read() (pair, state, error) {
	cert, err := readFile(s.certPath(), false)
	if err != nil {
		return pair{}, 0, err
	}
	key, err := readFile(s.keyPath(), true)
	if err != nil {
		return pair{}, 0, err
	}
	if cert != nil && key != nil {
		os.Remove(s.pendingPath())
		return pair{cert, key}, stateWhole, nil
	}
	if cert != nil {
		return pair{}, 0, s.errIncomplete(s.keyPath(), s.certPath())
	}
	pending, err := readFile(s.pendingPath(), true)
	if err != nil {
		return pair{}, 0, err
	}
	if pending != nil {
		keyPEM, certPEM, ok := splitPending(pending)
		if ok && (key == nil || bytes.Equal(key, keyPEM)) {
			return pair{certPEM, keyPEM}, statePending, nil
		}
	}
	if key == nil {
		if pending != nil {
			return pair{}, 0, s.errPending()
		}
		return pair{}, stateEmpty, nil
	}
	// With a key and no pending file, a certificate of ours is in place by now.
	if cert, err = readFile(s.certPath(), false); err != nil {
		return pair{}, 0, err
	}
	if cert == nil {
		return pair{}, 0, s.errIncomplete(s.certPath(), s.keyPath())
	}
	return pair{cert, key}, stateWhole, nil
}

// complete puts a decided CA in place. mine says that this call put the
// certificate there, which only one process's does.
func (s store) complete(p pair) (mine bool, err error) {
	if _, err := s.place(s.keyPath(), p.key, 0o600); err != nil {
		return false, err
	}
	key, err := readFile(s.keyPath(), true)
	if err != nil || !bytes.Equal(key, p.key) {
		return false, err // another CA came first: look again
	}
	if mine, err = s.place(s.certPath(), p.cert, 0o644); err != nil {
		return false, err
	}
	os.Remove(s.pendingPath())
	return mine, nil
}

// place creates a file whole, or not at all: placed is false if a file of that
// name is there already, which is then left as it is.
func (s store) place(path string, contents []byte, mode fs.FileMode) (placed bool, err error) {
	f, err := os.CreateTemp(s.dir, tempPattern) // mode 0600
	if err != nil {
		return false, s.errDirectory(err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(contents)
	if err == nil && runtime.GOOS != "windows" {
		err = f.Chmod(mode) // whatever the umask
	}
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return false, s.errDirectory(err)
	}
	switch err := os.Link(f.Name(), path); {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrExist):
		return false, nil
	default:
		return false, s.errNoLinks(err)
	}
}

// splitPending undoes what open joined. It is not ok if a power failure left
// less than was written.
func splitPending(b []byte) (keyPEM, certPEM []byte, ok bool) {
	key, rest := pem.Decode(b)
	if key == nil {
		return nil, nil, false
	}
	cert, _ := pem.Decode(rest)
	if cert == nil {
		return nil, nil, false
	}
	return b[:len(b)-len(rest)], rest, true
}

// sweep removes what processes left that died while they wrote, so that no
// copy of a key lies about under another name.
func (s store) sweep() {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return // a directory that can be searched but not listed is no error
	}
	for _, e := range entries {
		if ok, _ := filepath.Match(tempPattern, e.Name()); !ok {
			continue
		}
		if info, err := e.Info(); err == nil && time.Since(info.ModTime()) > tempAge {
			os.Remove(filepath.Join(s.dir, e.Name()))
		}
	}
}

// readFile returns nil for a file that does not exist. A private one must not
// be open to others.
func readFile(path string, private bool) ([]byte, error) {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errUnreadable(path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, errUnreadable(path, err)
	}
	if !info.Mode().IsRegular() {
		return nil, errUnreadable(path, errors.New("not a regular file"))
	}
	if mode := info.Mode().Perm(); private && mode&0o077 != 0 && runtime.GOOS != "windows" {
		return nil, errExposed(path, uint32(mode))
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil, errUnreadable(path, err)
	}
	return b, nil
}
