package sink

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestOpenPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.log")
	for _, want := range []string{"one", "onetwo"} {
		f, err := OpenPrivate(path)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString(strings.TrimPrefix(want, "one"))
		if want == "one" {
			f.WriteString(want)
		}
		f.Close()
		if got, _ := os.ReadFile(path); string(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	checkMode(t, path)
}

func TestOpenPrivateRefusesFilesOfOthers(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no file modes that say who may read")
	}
	path := filepath.Join(t.TempDir(), "keys.log")
	if err := os.WriteFile(path, []byte("before"), 0o644); err != nil {
		t.Fatal(err)
	}
	f, err := OpenPrivate(path)
	refused, ok := errors.AsType[*PermissionError](err)
	if !ok || f != nil || refused.Mode != 0o644 || !strings.Contains(err.Error(), "chmod 600 "+path) {
		t.Errorf("%v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "before" {
		t.Errorf("it was changed: %q", got)
	}
	if _, err := OpenPrivate(os.DevNull); err != nil {
		t.Errorf("a device: %v", err)
	}
	if _, err := OpenPrivate(filepath.Join(path, "below")); !errors.Is(err, fs.ErrNotExist) && err == nil {
		t.Errorf("a path that cannot be: %v", err)
	}
}

func TestOpenJSON(t *testing.T) {
	path := filepath.Join(t.TempDir(), "events.jsonl")
	for range 2 {
		f, err := OpenJSON(path)
		if err != nil {
			t.Fatal(err)
		}
		f.WriteString("{}\n")
		f.Close()
	}
	if got, _ := os.ReadFile(path); string(got) != "{}\n" {
		t.Errorf("not emptied: %q", got)
	}
	checkMode(t, path)
}

func checkMode(t *testing.T, path string) {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != private && runtime.GOOS != "windows" {
		t.Errorf("%s: mode %04o", path, mode)
	}
}
