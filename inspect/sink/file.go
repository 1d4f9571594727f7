package sink

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
)

// private is the mode of files that hold secrets, or what they protected.
const private fs.FileMode = 0o600

// PermissionError says that a file that is to hold secrets can be used by others.
type PermissionError struct {
	Path string
	Mode fs.FileMode
}

// Error implements error.
func (e *PermissionError) Error() string {
	return fmt.Sprintf("sink: %s is open to other users (mode %04o): run \"chmod 600 %s\", or name another file",
		e.Path, e.Mode, e.Path)
}

// OpenPrivate opens a file for secrets, to append to it. A new file is its
// owner's alone; one that exists must be so already, else the error is a
// *PermissionError. What is no regular file is taken as it is.
func OpenPrivate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, private)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("sink: %w", err)
	}
	// Windows has no such modes: what Go reports there says nothing.
	if mode := info.Mode().Perm(); info.Mode().IsRegular() && mode&^private != 0 && runtime.GOOS != "windows" {
		f.Close()
		return nil, &PermissionError{Path: path, Mode: mode}
	}
	return f, nil
}

// OpenJSON opens a file for events, emptying one that exists, as a shell's
// redirection does. A new file is its owner's alone, as events hold what was
// decrypted; the mode of one that exists is its owner's decision.
func OpenJSON(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC|os.O_CREATE, private)
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	return f, nil
}

// OpenCapture opens a file for what passed and the secrets that open it, emptying one
// that exists. Who may use it is as with OpenPrivate.
func OpenCapture(path string) (*os.File, error) {
	f, err := OpenPrivate(path)
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		if err := f.Truncate(0); err != nil {
			f.Close()
			return nil, fmt.Errorf("sink: %w", err)
		}
	}
	return f, nil
}
