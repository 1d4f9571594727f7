package inspect

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConversationsOfTheStandardLibrary reads the conversations with OpenSSL that
// crypto/tls keeps for its own tests: every byte is accounted for, and no message is
// malformed.
func TestConversationsOfTheStandardLibrary(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(goroot(t), "src/crypto/tls/testdata/*"))
	read := 0
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil || !bytes.HasPrefix(text, []byte(">>> Flow 1 (")) {
			continue
		}
		read++
		rec := &recording{}
		for s := bufio.NewScanner(bytes.NewReader(text)); s.Scan(); {
			line := s.Text()
			if strings.HasPrefix(line, ">>> Flow ") {
				rec.add(part{up: strings.Contains(line, "(client to server)")})
				continue
			}
			digits := strings.ReplaceAll(line[10:min(len(line), 59)], " ", "")
			b, err := hex.DecodeString(digits)
			if err != nil {
				t.Fatalf("%s: %q", name, line)
			}
			last := &rec.parts[len(rec.parts)-1]
			last.b = append(last.b, b...)
		}
		for _, cut := range []func([]byte) [][]byte{whole, pieces(1)} {
			events := rec.dissect(LegDirect, newMasterStore(4), cut)
			sum := wires(events)
			if up, down := len(rec.bytes(true)), len(rec.bytes(false)); sum[PartyClient] != up || sum[PartyServer] != down {
				t.Errorf("%s: events account for %v of %d and %d bytes", filepath.Base(name), sum, up, down)
			}
			hellos := 0
			for _, e := range events {
				switch b := e.Body.(type) {
				case *Malformed:
					t.Errorf("%s: %s", filepath.Base(name), b.Reason)
				case *Data:
					if e.Kind != KindTLSData {
						t.Errorf("%s: %s", filepath.Base(name), e.Kind)
					}
				case *Message:
					if b.ClientHello != nil {
						hellos++
					}
					tree := b.Tree()
					if bad := tree.Malformed(); b.Opened() && bad != nil {
						t.Errorf("%s: %s: %s", filepath.Base(name), b.Name, bad.Text)
					}
				}
			}
			if hellos == 0 {
				t.Errorf("%s: no Client Hello", filepath.Base(name))
			}
		}
	}
	if len(files) > 0 && read < 50 {
		t.Errorf("only %d conversations found", read)
	}
	if len(files) == 0 {
		t.Skip("this Go is installed without its sources")
	}
}

// goroot asks the go command where its tree is.
func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}
