package inspect

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// readCaptured reads a conversation that was recorded from other programs: lines of a
// key log, of what each end says that it sent, and of what was on the wire.
func readCaptured(t testing.TB, path string) *recording {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	rec := new(recording)
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		words := strings.Fields(lines.Text())
		if len(words) == 0 || words[0] == "#" {
			continue
		}
		b, err := hex.DecodeString(words[len(words)-1])
		if words[0] == "sent" && len(words) == 2 {
			b, err = nil, nil // nothing
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		switch words[0] {
		case "client", "server":
			rec.add(part{up: words[0] == "client", b: b})
		case "sent":
			rec.sent[map[string]int{"client": 0, "server": 1}[words[1]]] = b
		default:
			rec.parts = slices.Insert(rec.parts, 0, part{secret: true, b: []byte(lines.Text())})
		}
	}
	return rec
}

// writeCaptured writes what readCaptured reads.
func writeCaptured(path, title string, rec *recording) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "# %s\n", title)
	for _, p := range rec.parts {
		if p.secret {
			fmt.Fprintf(&b, "%s\n", bytes.TrimSpace(p.b))
		}
	}
	for i, from := range []string{"client", "server"} {
		fmt.Fprintf(&b, "sent %s %x\n", from, rec.sent[i])
	}
	for _, p := range rec.parts {
		if !p.secret {
			fmt.Fprintf(&b, "%s %x\n", map[bool]string{true: "client", false: "server"}[p.up], p.b)
		}
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// capturedPaths finds recorded conversations, of which there must be some.
func capturedPaths(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) < 5 {
		t.Fatalf("%s: only %d files, %v", pattern, len(paths), err)
	}
	return paths
}

// TestCaptured holds the Dissector to what other programs said: all is opened, every
// byte is accounted for, and whatever can be proved is.
func TestCaptured(t *testing.T) {
	for _, pattern := range []string{"testdata/captures/*.txt", "tlscrypt/testdata/*.txt"} {
		for _, path := range capturedPaths(t, pattern) {
			t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
				rec := readCaptured(t, path)
				for _, cut := range []func([]byte) [][]byte{whole, pieces(1), pieces(100)} {
					checkCaptured(t, rec, rec.dissect(LegServer, newMasterStore(4), cut))
				}
				rec.parts = slices.DeleteFunc(rec.parts, func(p part) bool { return p.secret })
				checkAccounted(t, rec, rec.dissect(LegDirect, newMasterStore(4), whole))
			})
		}
	}
}

func checkCaptured(t *testing.T, rec *recording, events []*Event) {
	t.Helper()
	checkAccounted(t, rec, events)
	for i, from := range []Party{PartyProxy, PartyServer} {
		if got := plaintext(events, from); !bytes.Equal(got, rec.sent[i]) {
			t.Errorf("from %s: %q, not %q", from, got, rec.sent[i])
		}
		for _, m := range messages(events, from) {
			if strings.Contains(m, "(") {
				t.Errorf("from %s: not opened: %s", from, m)
			}
		}
	}
	finished := 0
	for _, p := range proofsOf(events) {
		switch {
		case strings.HasSuffix(p, "finished verified"):
			finished++
		case strings.Contains(p, " failed"):
			t.Errorf("proved %s", p)
		}
	}
	if finished < 2 {
		t.Errorf("%d Finished verified in %q", finished, proofsOf(events))
	}
}

// checkAccounted: every byte belongs to one event, and every field of a message to
// its bytes.
func checkAccounted(t *testing.T, rec *recording, events []*Event) {
	t.Helper()
	sum := wires(events)
	up, down := sum[PartyProxy]+sum[PartyClient], sum[PartyServer]
	if up != len(rec.bytes(true)) || down != len(rec.bytes(false)) {
		t.Errorf("events account for %d and %d bytes of %d and %d", up, down, len(rec.bytes(true)), len(rec.bytes(false)))
	}
	for _, e := range events {
		switch b := e.Body.(type) {
		case *Message:
			if !b.Opened() {
				continue
			}
			tree := b.Tree()
			if err := tree.CheckCoverage(); err != nil {
				t.Errorf("%s: %v", b.Name, err)
			}
			if bad := tree.Malformed(); bad != nil && b.Type != tlswire.HandshakeTypeFinished {
				t.Errorf("%s: %s", b.Name, bad.Text)
			}
		case *Malformed:
			t.Errorf("from %s: malformed: %s", e.From, b.Reason)
		}
	}
}

// TestNULLNeedsNoSecret has a suite that encrypts nothing read without its keys.
func TestNULLNeedsNoSecret(t *testing.T) {
	rec := readCaptured(t, "testdata/captures/java-ssl30-null.txt")
	with := rec.dissect(LegDirect, newMasterStore(8), whole)
	rec.parts = slices.DeleteFunc(rec.parts, func(p part) bool { return p.secret })
	without := rec.dissect(LegDirect, newMasterStore(8), whole)
	for i, from := range []Party{PartyClient, PartyServer} {
		if got, want := messages(without, from), messages(with, from); !slices.Equal(got, want) {
			t.Errorf("%s: %q, not %q", from, got, want)
		}
		if got := plaintext(without, from); !bytes.Equal(got, rec.sent[i]) || len(got) == 0 {
			t.Errorf("%s: %d bytes of %d", from, len(got), len(rec.sent[i]))
		}
	}
	for _, e := range without {
		if m, ok := e.Body.(*Message); ok && m.Name == "Finished" && (len(m.Proof) == 0 || m.Proof[0].Status != ProofUnchecked) {
			t.Errorf("its Finished is %v", m.Proof)
		}
	}
}
