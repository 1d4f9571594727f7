package tlswire

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// sampleHellos are Client Hellos of real programs, by name: handshake messages
// with their headers, as testdata/hello holds them in hexadecimal below a
// comment that says where they come from.
func sampleHellos(tb testing.TB) map[string][]byte {
	tb.Helper()
	hellos := make(map[string][]byte)
	for _, path := range sampleFiles(tb, "testdata/hello/*.txt") {
		for _, line := range sampleLines(tb, path) {
			hellos[strings.TrimSuffix(filepath.Base(path), ".txt")] = sampleHex(tb, line)
		}
	}
	return hellos
}

// sampleFlow is the handshake of one connection, in the clear.
type sampleFlow struct {
	name     string
	version  Version
	suite    CipherSuite
	messages []sampleMessage
}

type sampleMessage struct {
	fromServer bool
	Handshake
}

// sampleFlows reads testdata/flow: a line each for the version and the suite
// that were agreed on, and then "client" or "server" and the message.
func sampleFlows(tb testing.TB) []sampleFlow {
	tb.Helper()
	var flows []sampleFlow
	for _, path := range sampleFiles(tb, "testdata/flow/*.txt") {
		flow := sampleFlow{name: strings.TrimSuffix(filepath.Base(path), ".txt")}
		for _, line := range sampleLines(tb, path) {
			key, value, _ := strings.Cut(line, " ")
			b := sampleHex(tb, value)
			switch key {
			case "version":
				flow.version = Version(b[0])<<8 | Version(b[1])
			case "suite":
				flow.suite = CipherSuite(b[0])<<8 | CipherSuite(b[1])
			case "client", "server":
				h, n, err := ParseHandshake(b)
				if err != nil || n != len(b) {
					tb.Fatalf("%s: a message of %d bytes: %d, %v", path, len(b), n, err)
				}
				flow.messages = append(flow.messages, sampleMessage{key == "server", h})
			default:
				tb.Fatalf("%s: unknown key %q", path, key)
			}
		}
		flows = append(flows, flow)
	}
	return flows
}

// message returns the flow's n-th message of a type, counting from 0.
func (f *sampleFlow) message(tb testing.TB, fromServer bool, t HandshakeType, n int) Handshake {
	tb.Helper()
	for _, m := range f.messages {
		if m.fromServer == fromServer && m.Type == t {
			if n == 0 {
				return m.Handshake
			}
			n--
		}
	}
	tb.Fatalf("%s: no such %s", f.name, t)
	return Handshake{}
}

// findFlow returns the flow of that name.
func findFlow(tb testing.TB, name string) *sampleFlow {
	tb.Helper()
	for _, flow := range sampleFlows(tb) {
		if flow.name == name {
			return &flow
		}
	}
	tb.Fatalf("no flow %s", name)
	return nil
}

// sampleFiles fails if it finds nothing: tests over nothing would pass.
func sampleFiles(tb testing.TB, pattern string) []string {
	tb.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no samples at %s (%v)", pattern, err)
	}
	return paths
}

func sampleLines(tb testing.TB, path string) (lines []string) {
	tb.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	scanner := bufio.NewScanner(bytes.NewReader(content))
	scanner.Buffer(nil, 1<<20)
	for scanner.Scan() {
		if line := strings.TrimSpace(scanner.Text()); line != "" && !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	if err := scanner.Err(); err != nil || len(lines) == 0 {
		tb.Fatalf("%s holds nothing (%v)", path, err)
	}
	return lines
}

func sampleHex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatalf("%v: %.40q", err, s)
	}
	return b
}

// body returns a handshake message's body.
func body(tb testing.TB, message []byte) []byte {
	tb.Helper()
	h, n, err := ParseHandshake(message)
	if err != nil || n != len(message) {
		tb.Fatalf("a message of %d bytes: %d, %v", len(message), n, err)
	}
	return h.Body
}

// mustHello parses a Client Hello that has no fault.
func mustHello(tb testing.TB, body []byte) *ClientHello {
	tb.Helper()
	h, err := ParseClientHello(body)
	if err != nil {
		tb.Fatal(err)
	}
	if len(h.Malformed) > 0 {
		tb.Fatalf("malformed: %v", h.Malformed)
	}
	return h
}
