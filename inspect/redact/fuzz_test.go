package redact

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// cutter cuts text at random.
type cutter struct{ *rand.Rand }

func newCutter(seed uint64) cutter { return cutter{rand.New(rand.NewPCG(seed, 1))} }

func (c cutter) pieces(b []byte, most int) (all [][]byte) {
	for len(b) > 0 {
		n := min(len(b), 1+c.IntN(most))
		all, b = append(all, b[:n]), b[n:]
	}
	return all
}

// masked is what a stream shows of b in pieces.
func masked(s *Stream, pieces [][]byte) []byte {
	var out []byte
	for _, p := range pieces {
		dst := make([]byte, len(p))
		s.Mask(dst, p)
		out = append(out, dst...)
	}
	return out
}

// seeds returns the texts in testdata, and fails if there are none.
func seeds(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatalf("no seed in testdata (%v)", err)
	}
	all := map[string][]byte{}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(filepath.Base(name), "http") {
			b = bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n"))
		}
		all[filepath.Base(name)] = b
	}
	return all
}

// FuzzCuts holds that what is hidden of a text as a whole is hidden of it in
// pieces, that lengths stay, and that what is not hidden stays.
func FuzzCuts(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add(b, uint64(1), uint8(7), uint8(0))
		f.Add(b, uint64(2), uint8(40), uint8(1))
	}
	rules := Default()
	rules.Patterns = nil // what they hide at a cut has a threshold
	r, err := New(rules)
	if err != nil {
		f.Fatal(err)
	}
	r.stars = true
	f.Fuzz(func(t *testing.T, b []byte, seed uint64, most, kind uint8) {
		b = bytes.ReplaceAll(b, []byte("*"), []byte("+"))
		b = bytes.ReplaceAll(b, []byte("value"), []byte("walue")) // no values of inputs: see fragments
		k := Kind(kind % 2)
		if k == HTTP1 && (!bytes.Contains(b, []byte("\r\n\r\n")) || b[0] == 0) {
			k = Text
		}
		whole := masked(r.Stream(k), [][]byte{b})
		cut := masked(r.Stream(k), newCutter(seed).pieces(b, int(most)+1))
		if len(whole) != len(b) || len(cut) != len(b) {
			t.Fatalf("%d bytes became %d and %d", len(b), len(whole), len(cut))
		}
		for i := range b {
			if whole[i] == '*' && cut[i] != '*' {
				t.Fatalf("at %d a cut shows %q:\nwhole %q\ncut   %q", i, b[i:min(i+20, len(b))], whole, cut)
			}
			if whole[i] != '*' && whole[i] != b[i] || cut[i] != '*' && cut[i] != b[i] {
				t.Fatalf("at %d %q became something else:\nwhole %q\ncut   %q", i, b[i], whole, cut)
			}
		}
	})
}

// TestLookbackBeginsInALine has a line of which the end alone is looked at, and
// begins like a boundary.
func TestLookbackBeginsInALine(t *testing.T) {
	r := newDefault(t)
	r.stars = true
	name := "Content-Disposition: form-data; name"
	for fill := range 2 * lookback {
		b := []byte("a\nBasic --x: y\n" + strings.Repeat("f", fill) + "\n" + name + "=\"password\"\r\n\r\n--z secret\r\n\r\n--z\r\n")
		whole := masked(r.Stream(Text), [][]byte{b})
		for cut := range b {
			for i, c := range masked(r.Stream(Text), [][]byte{b[:cut], b[cut:]}) {
				if whole[i] == '*' && c != '*' {
					t.Fatalf("at %d a cut at %d shows what\n%q\nhides", i, cut, whole)
				}
			}
		}
	}
}

// FuzzAnything holds that no input makes anything panic or change its length,
// whatever is skipped.
func FuzzAnything(f *testing.F) {
	for _, b := range seeds(f) {
		f.Add("Location", b, uint64(1))
	}
	f.Add("Cookie", []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x05\x00\x00\x00\x00\x00\x01hello\x00\x00\x02\x01\x04\x00\x00\x00\x03\x82\x86"), uint64(3))
	f.Add("Cookie", []byte("HTTP/1.1 101 x\r\nUpgrade: websocket\r\n\r\n\x81\x05hello\x81\x85abcdefghi\xc1\x7e\x00\x02xy"), uint64(4))
	r := newDefault(f)
	f.Fuzz(func(t *testing.T, name string, b []byte, seed uint64) {
		r.Header(name, string(b))
		r.URL(string(b))
		for _, media := range []string{"", "text/xml", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"} {
			r.Body(media, b)
		}
		c := newCutter(seed)
		for _, k := range []Kind{Text, HTTP1, HTTP2} {
			s := r.Stream(k)
			for _, p := range c.pieces(b, 20) {
				switch c.IntN(8) {
				case 0:
					s.Skip(len(p))
				case 1:
					s.Mask(p[:len(p)/2:len(p)/2], append([]byte(nil), p...))
				default:
					dst := make([]byte, len(p))
					s.Mask(dst, p)
				}
			}
		}
	})
}

// placed is a secret in its place.
type placed struct {
	where string
	kind  Kind
	text  []byte
	// forms are the secret as it stands there, and as it is.
	forms []string
}

// places puts a secret where the rules say that secrets are.
func places(secret string, c cutter) []placed {
	js, _ := json.Marshal(secret)
	inJSON := string(js[1 : len(js)-1])
	nested, _ := json.Marshal(`{"a":1,"client_secret":` + string(js) + `}`)
	query, path := url.QueryEscape(secret), url.PathEscape(secret)
	twice := url.QueryEscape("https://e.org/?access_token=" + query)
	xml := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(secret)
	head := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return 'x'
		}
		return r
	}, strings.TrimSpace(secret))
	cookie := strings.Map(func(r rune) rune {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`";,\`, r) {
			return 'x'
		}
		return r
	}, secret)
	names := []string{"password", "access_token", "accessToken", "api-key", "user[password]", "Session_ID", "new_password"}
	name := names[c.IntN(len(names))]
	all := []placed{
		{"JSON", Text, fmt.Appendf(nil, `{"user":"bob", "%s" : "%s", "more":[1,2]}`, name, inJSON), []string{inJSON, secret}},
		{"nested JSON", Text, fmt.Appendf(nil, `{"s":%s,"x":"y"}`, nested), []string{inJSON, secret}},
		{"JSON tree", Text, fmt.Appendf(nil, `{"credentials":{"a":["%s",{"b":"%s"}]},"x":"y"}`, inJSON, inJSON), []string{inJSON, secret}},
		{"form", Text, fmt.Appendf(nil, `user=bob&%s=%s&more=1`, url.QueryEscape(name), query), []string{query, path, secret}},
		{"URL in text", Text, fmt.Appendf(nil, "GET https://e.org/a?x=1&%s=%s&y=2 now", name, query), []string{query, secret}},
		{"URL in URL", Text, fmt.Appendf(nil, "see https://e.org/a?next=%s&y=2 now", twice), []string{query, url.QueryEscape(query), secret}},
		{"XML", Text, fmt.Appendf(nil, "<a><password>%s</password><b>c</b></a>", xml), []string{xml, secret}},
		{"head", HTTP1, fmt.Appendf(nil, "GET /x?%s=%s&y=1 HTTP/1.1\r\nHost: e.org\r\nX-Api-Key: %s\r\nAuthorization: Bearer %s\r\nCookie: a=%s; b=%s\r\nReferer: http://e.org/?token=%s\r\n\r\n",
			name, query, head, head, cookie, cookie, query), []string{query, head, cookie, secret}},
		{"folded head", HTTP1, fmt.Appendf(nil, "HTTP/1.1 204 x\r\nSet-Cookie: a=%s; Path=/\r\nX-Auth-Token:\r\n  %s\r\n\r\n", cookie, head), []string{head, cookie}},
	}
	boundary := "----------" + fmt.Sprint(c.Uint64())
	for alike(boundary, secret) {
		boundary = "----------" + fmt.Sprint(c.Uint64())
	}
	parts := fmt.Sprintf("--%s\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n--%s\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n--%s--\r\n", boundary, name, secret, boundary, boundary)
	all = append(all, placed{"multipart", HTTP1, fmt.Appendf(nil, "POST / HTTP/1.1\r\nContent-Length: %d\r\nContent-Type: multipart/form-data; boundary=%s\r\n\r\n%s", len(parts), boundary, parts), []string{secret}})
	all = append(all, placed{"multipart alone", Text, []byte(parts), []string{secret}})
	for _, body := range all[:4] {
		var chunks bytes.Buffer
		media := "application/json"
		if body.where == "form" {
			media = "application/x-www-form-urlencoded"
		}
		fmt.Fprintf(&chunks, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n", media)
		var frames []byte
		for _, p := range c.pieces(body.text, 9) {
			fmt.Fprintf(&chunks, "%x\r\n%s\r\n", len(p), p)
			// Another stream's data comes between.
			frames = append(append(frames, 0, 0, byte(len(p)+3), 0, 8, 0, 0, 0, 1, 2), p...)
			frames = append(frames, 0, 0)
			frames = append(frames, "\x00\x00\x04\x00\x00\x00\x00\x00\x03\"x\",\x00\x00\x03\x01\x04\x00\x00\x00\x05abc"...)
		}
		chunks.WriteString("0\r\n\r\nHTTP/1.1 204 No\r\n\r\n")
		all = append(all, placed{body.where + " in chunks", HTTP1, chunks.Bytes(), nil}, placed{body.where + " in frames", HTTP2, frames, nil})
	}
	return all
}

// alike says whether two texts have something in common that leaks would take for
// a part of a secret.
func alike(a, b string) bool {
	for i := 0; i+shown <= len(a); i++ {
		if part := a[i : i+shown]; strings.Contains(b, part) && !knownWord(part) {
			return true
		}
	}
	return false
}

// shown is how many bytes of a secret must not be seen.
const shown = 6

// FuzzSecrets holds that a secret in its place shows in no piece of a stream,
// and in none of the forms that Header, URL and Body give.
func FuzzSecrets(f *testing.F) {
	for _, s := range []string{"correct-horse-battery", `pa"ss\wo'rd&x=1;<y>`, "Bearer of tokens", "пароль-секрет-日本語", "aaaaaaaaaaaaaaaa", "\\\\\\\\\\\\\\\\", "12345678", "x%41%42%43%44", "abc==def==ghi=="} {
		f.Add(s, uint64(1))
		f.Add(s, uint64(9))
	}
	f.Add("1\x01brb0", uint64(1))
	f.Add("\x7fabcdef\x14", uint64(1))
	r := newDefault(f)
	f.Fuzz(func(t *testing.T, secret string, seed uint64) {
		secret = strings.ToValidUTF8(secret, "x")
		if len(strings.TrimSpace(secret)) < 6 || len(secret) > 200 || strings.ContainsAny(secret, "\x00\r\n*") || isMask([]byte(strings.TrimSpace(secret))) {
			t.Skip()
		}
		c := newCutter(seed)
		for _, p := range places(secret, c) {
			for _, most := range []int{1, 5, 60, 1 << 20} {
				got := masked(r.Stream(p.kind), c.pieces(p.text, most))
				if len(got) != len(p.text) {
					t.Fatalf("%s: %d bytes became %d", p.where, len(p.text), len(got))
				}
				leaks(t, p, most, got, secret)
			}
			if p.kind == Text && !noisy(p.text, secret) {
				leaks(t, p, 0, r.Text(p.text), secret)
			}
		}
		if got := r.Header("X-Api-Key", secret); strings.Contains(got, strings.TrimSpace(secret)) && !knownWord(strings.TrimSpace(secret)) {
			t.Errorf("header: %q", got)
		}
		if got := r.URL("https://e.org/?token=" + url.QueryEscape(secret)); strings.Contains(got, url.QueryEscape(secret)) {
			t.Errorf("URL: %q", got)
		}
	})
}

// noisy says whether a secret may begin like no text does, in content that is none:
// isNoise has Text leave it alone.
func noisy(text []byte, secret string) bool {
	begins := strings.TrimLeft(secret, " \t\"'")
	return hasControls(text) && !isText([]byte(begins[:min(len(begins), 2*fewText)]), false)
}

// around is what stands around the secrets, and what masks are made of.
const around = `user bob password access_token accessToken api-key user[password] Session_ID new_password client_secret credentials more next https://e.org/ GET now
	POST HTTP/1.1 Host: X-Api-Key: Authorization: Bearer Cookie: Referer: Set-Cookie: Path=/ X-Auth-Token: Content-Disposition: form-data; name= Content-Length: Content-Type: multipart boundary
	application/json application/x-www-form-urlencoded Transfer-Encoding: chunked 204 200 OK bytes, ‹cookie token session-id session_id userinfo unknown secret ----------
	https%3A%2F%2Fe.org%2F%3Faccess_token%3D user%5Bpassword%5D= Bearer ‹`

// knownWord says that it cannot be told whether a text is from the secret.
func knownWord(part string) bool {
	return strings.Contains(strings.ToLower(around), strings.ToLower(part))
}

// masks are not from the secret, either.
var masks = regexp.MustCompile(`‹[a-z-]+(, [0-9]+ bytes, #|-[0-9]+-)[0-9a-f]+›`)

func leaks(t *testing.T, p placed, most int, got []byte, secret string) {
	t.Helper()
	got = masks.ReplaceAll(got, []byte{0}) // which is in no secret
	for _, form := range append(p.forms, secret) {
		for i := 0; i+shown <= len(form); i++ {
			if part := form[i : i+shown]; bytes.Contains(got, []byte(part)) && !knownWord(part) {
				t.Fatalf("%s in pieces of %d shows %q of %q:\nof  %q\ngot %q", p.where, most, part, form, p.text, got)
			}
		}
	}
}
