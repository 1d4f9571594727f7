package tlswire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var updateTrees = flag.Bool("update", false, "rewrite the golden files of the decoded messages")

// treeSample is a message as a real peer sent it.
type treeSample struct {
	ctx Context
	ct  ContentType
	raw []byte
}

func (s treeSample) sender() string {
	if s.ctx.FromServer {
		return "server"
	}
	return "client"
}

// treeSampleFiles returns the files of samples. Each line of one is a message:
// its sender, the version and suite negotiated before it, its content type and
// its bytes.
func treeSampleFiles(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/decode/*.hex")
	if err != nil || len(files) < 25 {
		t.Fatalf("found %d files of sample messages (%v)", len(files), err)
	}
	return files
}

func treeSamples(t testing.TB, file string) []treeSample {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var samples []treeSample
	for lines := bufio.NewScanner(bytes.NewReader(b)); lines.Scan(); {
		line := lines.Text()
		if strings.HasPrefix(line, "#") {
			continue
		}
		var s treeSample
		var from string
		if _, err := fmt.Sscanf(line, "%s %x %x %d %x", &from, &s.ctx.Version, &s.ctx.CipherSuite, &s.ct, &s.raw); err != nil {
			t.Fatalf("%s: %v in %q", file, err, line)
		}
		s.ctx.FromServer = from == "server"
		samples = append(samples, s)
	}
	if len(samples) == 0 {
		t.Fatalf("%s: no messages", file)
	}
	return samples
}

// TestDecodeGolden compares the JSON form of real messages.
func TestDecodeGolden(t *testing.T) {
	for _, file := range treeSampleFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".hex"), func(t *testing.T) {
			var got bytes.Buffer
			for i, s := range treeSamples(t, file) {
				tree := Decode(s.ctx, s.ct, s.raw)
				if bad := tree.Malformed(); bad != nil {
					t.Errorf("message %d, %s: malformed at %d: %s", i, tree.Name, bad.Offset, bad.Text)
				}
				checkTree(t, s.raw, &tree)
				fmt.Fprintf(&got, "%s: %s, %d bytes\n", s.sender(), tree.Name, len(s.raw))
				if err := json.Indent(&got, tree.AppendJSON(nil), "", "  "); err != nil {
					t.Fatalf("message %d, %s: %v", i, tree.Name, err)
				}
				got.WriteByte('\n')
			}
			compareGolden(t, strings.TrimSuffix(file, ".hex")+".golden", got.Bytes())
		})
	}
}

func compareGolden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *updateTrees {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i, line := range gotLines {
		if i >= len(wantLines) || line != wantLines[i] {
			t.Fatalf("%s:%d: got %q (run with -update if it is right)", file, i+1, line)
		}
	}
	t.Fatalf("%s: has %d lines more than what was decoded", file, len(wantLines)-len(gotLines))
}

// checkTree holds a tree to the promises that Decode makes for any input.
func checkTree(t testing.TB, raw []byte, tree *Field) {
	t.Helper()
	if tree.Offset != 0 || tree.Length != len(raw) {
		t.Fatalf("%s at %d+%d of %d bytes", tree.Name, tree.Offset, tree.Length, len(raw))
	}
	if err := tree.CheckCoverage(); err != nil {
		t.Fatal(err)
	}
	covered := 0
	for leaf := range tree.Leaves() {
		covered += leaf.Length
		if leaf.Length > 0 && leaf.Bytes != nil && !bytes.Equal(leaf.Bytes, raw[leaf.Offset:leaf.Offset+leaf.Length]) {
			t.Fatalf("%s at %d: its bytes are not those of the message", leaf.Name, leaf.Offset)
		}
	}
	if covered != len(raw) {
		t.Fatalf("the leaves cover %d of %d bytes", covered, len(raw))
	}
	if err := checkObject(tree.AppendJSON(nil)); err != nil {
		t.Fatalf("%s: %v", tree.Name, err)
	}
}

// checkObject says whether b is one JSON object in which no object has a key twice.
func checkObject(b []byte) error {
	if !json.Valid(b) {
		return fmt.Errorf("not JSON: %s", b)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	var keys []map[string]bool // of the objects around; nil for an array
	isKey := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case json.Delim:
			switch token {
			case '{':
				keys = append(keys, map[string]bool{})
			case '[':
				keys = append(keys, nil)
			default:
				keys = keys[:len(keys)-1]
			}
			isKey = len(keys) > 0 && keys[len(keys)-1] != nil
			continue
		case string:
			if isKey {
				if keys[len(keys)-1][token] {
					return fmt.Errorf("key %q twice in %s", token, b)
				}
				keys[len(keys)-1][token] = true
				isKey = false
				continue
			}
		}
		isKey = len(keys) > 0 && keys[len(keys)-1] != nil
	}
}

// TestDecodeAgrees decodes what the parsers of typed messages are tested with:
// what they read without a fault has no malformed field.
func TestDecodeAgrees(t *testing.T) {
	for _, flow := range sampleFlows(t) {
		for _, m := range flow.messages {
			ctx := Context{Version: flow.version, CipherSuite: flow.suite, FromServer: m.fromServer}
			tree := Decode(ctx, ContentTypeHandshake, m.Raw)
			checkTree(t, m.Raw, &tree)
			if bad := tree.Malformed(); bad != nil {
				t.Errorf("%s, %s: malformed at %d: %s", flow.name, tree.Name, bad.Offset, bad.Text)
			}
		}
	}
	for name, raw := range sampleHellos(t) {
		tree := Decode(Context{}, ContentTypeHandshake, raw)
		checkTree(t, raw, &tree)
		if bad := tree.Malformed(); bad != nil {
			t.Errorf("hello of %s: malformed at %d: %s", name, bad.Offset, bad.Text)
		}
	}
}

// TestDecodeConcurrently makes sure that trees share nothing: each must stay
// what it was while others are made.
func TestDecodeConcurrently(t *testing.T) {
	var wait sync.WaitGroup
	for _, file := range treeSampleFiles(t) {
		samples := treeSamples(t, file)
		wait.Go(func() {
			var trees []Field
			var want []string
			for _, s := range samples {
				tree := Decode(s.ctx, s.ct, s.raw)
				trees, want = append(trees, tree), append(want, string(tree.AppendJSON(nil)))
			}
			for i := range trees {
				if got := string(trees[i].AppendJSON(nil)); got != want[i] {
					t.Errorf("%s, message %d became %s", file, i, got)
				}
			}
		})
	}
	wait.Wait()
}

// TestDecodeDamaged cuts every sample at every length, and flips bits of each
// of its bytes: whatever comes of it, each byte is covered once.
func TestDecodeDamaged(t *testing.T) {
	for _, file := range treeSampleFiles(t) {
		for i, s := range treeSamples(t, file) {
			for n := range s.raw {
				tree := Decode(s.ctx, s.ct, s.raw[:n])
				if err := tree.CheckCoverage(); err != nil {
					t.Fatalf("%s, message %d cut to %d: %v", file, i, n, err)
				}
				if tree.Malformed() == nil {
					t.Fatalf("%s, message %d cut to %d: nothing is malformed", file, i, n)
				}
			}
			flipBytes(t, fmt.Sprintf("%s, message %d", file, i), s)
		}
	}
}

func flipBytes(t *testing.T, what string, s treeSample) {
	t.Helper()
	raw := bytes.Clone(s.raw)
	stride := 1 + len(raw)/400 // long ones are keys and certificates mostly
	var dst []byte
	for n := 0; n < len(raw); n += stride {
		mask := [...]byte{0xff, 0x01, 0x80}[n%3]
		raw[n] ^= mask
		tree := Decode(s.ctx, s.ct, raw)
		raw[n] ^= mask
		if err := tree.CheckCoverage(); err != nil {
			t.Fatalf("%s with byte %d flipped: %v", what, n, err)
		}
		if dst = tree.AppendJSON(dst[:0]); !json.Valid(dst) {
			t.Fatalf("%s with byte %d flipped: not JSON: %s", what, n, dst)
		}
	}
}

// FuzzDecode holds Decode to its promises over arbitrary input.
func FuzzDecode(f *testing.F) {
	for _, file := range treeSampleFiles(f) {
		for _, s := range treeSamples(f, file) {
			f.Add(uint16(s.ctx.Version), uint16(s.ctx.CipherSuite), s.ctx.FromServer, uint8(s.ct), s.raw)
		}
	}
	for _, c := range treeCases() {
		f.Add(uint16(c.ctx.Version), uint16(c.ctx.CipherSuite), c.ctx.FromServer, uint8(c.ct), c.raw)
	}
	for _, c := range treeSSL2Cases() {
		f.Add(uint16(VersionSSL20), uint16(0), false, uint8(c.ct), c.raw)
	}
	f.Fuzz(func(t *testing.T, version, suite uint16, fromServer bool, ct uint8, raw []byte) {
		ctx := Context{Version: Version(version), CipherSuite: CipherSuite(suite), FromServer: fromServer, SSL2: Version(version) == VersionSSL20}
		before := bytes.Clone(raw)
		tree := Decode(ctx, ContentType(ct), raw)
		checkTree(t, raw, &tree)
		if kept, passing := tree.AppendJSONFields(nil), AppendMessageJSON(nil, ctx, ContentType(ct), raw); !bytes.Equal(kept, passing) {
			t.Fatalf("written at once: %s\nfrom the tree: %s", passing, kept)
		}
		if !bytes.Equal(raw, before) {
			t.Fatal("Decode wrote to its input")
		}
	})
}
