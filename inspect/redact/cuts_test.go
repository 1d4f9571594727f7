package redact

import (
	"bytes"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// fragments are put together at random: what the scanner knows, and what stands
// around it. Only the values of inputs are left out: a cut may leave undecided
// whether one is a secret, and what it then hides besides may be anything.
var fragments = []string{
	"password", "token", "Authorization", "Cookie", "Set-Cookie", "X-Api-Key", "cookies", "code", "user[password]", "name", "user", "x", "a1",
	`"password"`, `'token'`, `\"password\"`, `\\\"token\\\"`, `"p\u0061ssword"`, "p%61ssword", "csrf",
	":", "=", ": ", " = ", "=>", "==", "%3D", "%3d", "%253D", "%3A", `\u003d`, `\u0026`, "&", "?", "#", ";", "; ", ",", "://", "@", "/",
	`"`, `'`, `\`, `\\`, `\"`, "<", ">", "</", "/>", "{", "}", "[", "]", " ", "  ", "\t", "\n", "\r\n", "\n ", "\r\n\t", "\n\n", "\r\n\r\n",
	"<password>", "</password>", "<token ", "<input ", `name="token"`, "null", "true", "12345", "-1.5e3", "Bearer ", "Basic", "Digest ",
	"secretvalue", "abcdef", "geheim\xc3\xa9", "\xff", "\x00", "HTTP/1.1 200 OK\r\n", "GET / HTTP/1.1\r\n", "Content-Length: 9\r\n",
	"Transfer-Encoding: chunked\r\n", "5\r\n", "0\r\n\r\n", "Content-Type: text/xml\r\n", "Content-Encoding: br\r\n", "Content-Disposition: form-data; name=\"password\"\r\n\r\n", "--XX\r\n", "\r\n--XX",
}

// TestCutsHideNoLess holds what FuzzCuts does for texts made of fragments.
func TestCutsHideNoLess(t *testing.T) {
	rules := Default()
	rules.Patterns = nil
	r, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	r.stars = true
	rounds := 4000
	if n, err := strconv.Atoi(os.Getenv("TLSMITM_REDACT_ROUNDS")); err == nil {
		rounds = n
	}
	for seed := range uint64(rounds) {
		c := newCutter(seed)
		var b []byte
		if c.IntN(3) == 0 {
			b = append(b, "HTTP/1.1 200 OK\r\n"...)
		}
		for range 1 + c.IntN(30) {
			b = append(b, fragments[c.IntN(len(fragments))]...)
		}
		for _, k := range []Kind{Text, HTTP1} {
			if k == HTTP1 && b[0] == 0 {
				continue // HTTP/2, where a cut may show a little of what is not text
			}
			whole := masked(r.Stream(k), [][]byte{b})
			cut := masked(r.Stream(k), c.pieces(b, 1+c.IntN(20)))
			full := r.Text(b)
			for i := range b {
				if whole[i] == '*' && cut[i] != '*' {
					t.Fatalf("seed %d, kind %d, at %d: a cut shows more\nof    %q\nwhole %q\ncut   %q", seed, k, i, b, whole, cut)
				}
				if whole[i] != '*' && whole[i] != b[i] || cut[i] != '*' && cut[i] != b[i] {
					t.Fatalf("seed %d: %q became something else", seed, b)
				}
			}
			if bytes.IndexByte(whole, '*') < 0 && k == Text && !bytes.Equal(full, b) && !bytes.Contains(b, []byte("://")) {
				t.Fatalf("seed %d: hidden at its end alone: %q became %q", seed, b, full)
			}
		}
	}
}

// TestMayPrecede holds the look at a name's last letters against the whole search: where
// it says that no rule is for the name, none is, however the name is written.
func TestMayPrecede(t *testing.T) {
	r := newDefault(t)
	parts := []string{
		"pass", "word", "tok", "en", "d", "e", "x", "Auth", "host", "content-length", "secret", "key", "-", "_", ".", "[", "]", "\"", "'", " ", "\n", ":", "=",
		"\\", "%", "\\\"", "\\n", "\\u0064", "%64", "%2564", "%252564", "\\u0025252564",
	}
	random := rand.New(rand.NewPCG(1, 2))
	rejected := 0
	for range 200_000 {
		var b []byte
		for range 1 + random.IntN(7) {
			b = append(b, parts[random.IntN(len(parts))]...)
		}
		if r.names.mayPrecede(b) {
			continue
		}
		rejected++
		if l := newScanner(r, modeText).labelBefore(b, len(b)); r.names.find(l.name, placeField) != nil {
			t.Errorf("before a colon: %q, in it %q", b, l.name)
		}
	}
	if rejected < 1000 {
		t.Errorf("only %d names were rejected", rejected)
	}
}
