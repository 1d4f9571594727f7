package keyfile

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// TestFollowerStops: it ends when it is told to, and has read all by then.
func TestFollowerStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.log")
	keys := inspect.NewKeyStore()
	f := Follow(path, keys, Options{OnProblem: func(err error) { t.Error(err) }})
	if err := os.WriteFile(path, []byte(strings.TrimSuffix(lines(0, 50), "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Stop()
	if n := keys.Connections(); n != 50 {
		t.Errorf("secrets of %d connections, not 50", n)
	}
}

// TestFollowerTellsOnce: a problem is told once, until it is another or has passed.
func TestFollowerTellsOnce(t *testing.T) {
	path := t.TempDir()
	var problems []error
	f := &Follower{tail: tail{path: path}, keys: inspect.NewKeyStore(), opts: Options{OnProblem: func(err error) { problems = append(problems, err) }}}
	for range 3 {
		f.look()
	}
	if len(problems) != 1 || !errors.Is(problems[0], ErrNotRegular) || !strings.Contains(problems[0].Error(), path) {
		t.Fatalf("told %v", problems)
	}
	f.tail.path = filepath.Join(path, "keys.log")
	f.look()
	f.tail.path = path
	f.look()
	if len(problems) != 2 {
		t.Errorf("told %v", problems)
	}
}
