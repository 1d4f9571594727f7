package ca

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// loader is a process that loads the CA in a directory when told.
type loader struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startLoader(t *testing.T, dir string) *loader {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	l := &loader{cmd: exec.Command(exe)}
	l.cmd.Env = append(os.Environ(), loadDirEnv+"="+dir)
	l.in, _ = l.cmd.StdinPipe()
	out, _ := l.cmd.StdoutPipe()
	l.out = bufio.NewReader(out)
	if err := l.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := l.out.ReadString('\n'); err != nil || line != "ready\n" {
		t.Fatalf("process said %q (%v)", line, err)
	}
	return l
}

func TestProcessesThatStartAtOnceShareOneCA(t *testing.T) {
	const processes, rounds = 24, 4
	for range rounds {
		dir := filepath.Join(t.TempDir(), "tlsmitm")
		var loaders []*loader
		for range processes {
			loaders = append(loaders, startLoader(t, dir))
		}
		for _, l := range loaders {
			l.in.Close()
		}
		fingerprints, created := map[string]int{}, 0
		for _, l := range loaders {
			line, _ := l.out.ReadString('\n')
			if err := l.cmd.Wait(); err != nil {
				t.Fatalf("%v: %s", err, line)
			}
			fingerprint, c, _ := strings.Cut(strings.TrimSpace(line), " ")
			fingerprints[fingerprint]++
			if c == "true" {
				created++
			}
		}
		if len(fingerprints) != 1 || created != 1 {
			t.Fatalf("%d processes ended with the CAs %v, %d said that they made it", processes, fingerprints, created)
		}
		assertTidy(t, dir)
	}
}

func assertTidy(t *testing.T, dir string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != certFile && e.Name() != keyFile {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestKilledProcessLeavesNoHalfCA(t *testing.T) {
	const rounds = 40
	for i := range rounds {
		dir := filepath.Join(t.TempDir(), "tlsmitm")
		l := startLoader(t, dir)
		l.in.Close()
		time.Sleep(time.Duration(i) * 150 * time.Microsecond)
		l.cmd.Process.Kill()
		l.cmd.Wait()
		a, err := Load(dir)
		if err != nil {
			entries, _ := os.ReadDir(dir)
			t.Fatalf("after a kill, with %v: %v", entries, err)
		}
		if b, err := Load(dir); err != nil || b.FingerprintHex() != a.FingerprintHex() {
			t.Fatalf("a second load differs (%v)", err)
		}
	}
}

// Every state in which a process can die, and every one that a late process
// can add.
func TestLoadCompletesWhatAnotherLeft(t *testing.T) {
	mine, err := newRoot(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	other, err := newRoot(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	pending := func(p pair) []byte { return append(bytes.Clone(p.key), p.cert...) }
	for _, tc := range []struct {
		name               string
		pending, key, cert []byte
		want               pair
		created            bool
	}{
		{"pending alone", pending(mine), nil, nil, mine, true},
		{"pending and key", pending(mine), mine.key, nil, mine, true},
		{"all three", pending(mine), mine.key, mine.cert, mine, false},
		{"pending of a late loser", pending(other), mine.key, mine.cert, mine, false},
		{"pending damaged beside a whole CA", []byte("x"), mine.key, mine.cert, mine, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, b := range map[string][]byte{pendingFile: tc.pending, keyFile: tc.key, certFile: tc.cert} {
				if b != nil {
					write(t, filepath.Join(dir, name), b, 0o600)
				}
			}
			a, err := Load(dir)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(a.PEM(), tc.want.cert) || a.Created() != tc.created {
				t.Errorf("created %v, and the CA is the wanted one: %v", a.Created(), bytes.Equal(a.PEM(), tc.want.cert))
			}
			assertTidy(t, dir)
		})
	}
}

func TestPendingThatFitsNothingIsAnError(t *testing.T) {
	mine, _ := newRoot(time.Now())
	other, _ := newRoot(time.Now())
	for name, tc := range map[string]struct {
		key, pending []byte
		want         Reason
	}{
		"cut short":        {nil, mine.key, ReasonMalformed},
		"empty":            {nil, []byte{}, ReasonMalformed},
		"of another key":   {mine.key, append(bytes.Clone(other.key), other.cert...), ReasonIncomplete},
		"damaged, and key": {mine.key, []byte("x"), ReasonIncomplete},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, pendingFile), tc.pending, 0o600)
		if tc.key != nil {
			write(t, filepath.Join(dir, keyFile), tc.key, 0o600)
		}
		_, err := Load(dir)
		if got := reasonOf(t, err); got != tc.want {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestStaleTemporaryFilesGo(t *testing.T) {
	a := newAuthority(t)
	stale, fresh := filepath.Join(a.store.dir, ".ca-1.tmp"), filepath.Join(a.store.dir, ".ca-2.tmp")
	write(t, stale, []byte("key"), 0o600)
	write(t, fresh, []byte("key"), 0o600)
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(stale, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(a.store.dir); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(stale); err == nil {
		t.Error("the stale file is still there")
	}
	if _, err := os.Stat(fresh); err != nil {
		t.Error("a file that another process may be writing is gone")
	}
}

func TestDirectoryThatCannotHoldACA(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, nil, 0o600)
	_, err := Load(filepath.Join(file, "ca"))
	if err == nil {
		t.Fatal("a CA under a regular file")
	}
	if r := reasonOf(t, err); r != ReasonDirectory && r != ReasonUnreadable {
		t.Errorf("got %v", err)
	}
	if runtime.GOOS == "windows" || os.Getuid() == 0 {
		t.Skip("modes of directories don't bind this user, so an unwritable one is not tried")
	}
	dir := t.TempDir()
	os.Chmod(dir, 0o500)
	_, err = Load(dir)
	if got := reasonOf(t, err); got != ReasonDirectory {
		t.Errorf("got %v", err)
	}
}
