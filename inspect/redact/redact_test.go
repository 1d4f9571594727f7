package redact

import (
	"regexp"
	"strings"
	"testing"
)

func newDefault(t testing.TB) *Redactor {
	t.Helper()
	r, err := New(Default())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

var hashes = regexp.MustCompile(`[0-9a-f]{6}([›)])`)

// unsalted puts the same hash in all masks.
func unsalted(s string) string { return hashes.ReplaceAllString(s, "HHHHHH$1") }

func TestHeader(t *testing.T) {
	r := newDefault(t)
	for _, c := range []struct{ name, value, want string }{
		{"Authorization", "Bearer abcdefghijklmnop", "Bearer ‹credentials, 16 bytes, #HHHHHH›"},
		{"authorization", "Basic dXNlcjpwYXNz", "Basic ‹credentials, 12 bytes, #HHHHHH›"},
		{"Authorization", "abcdefghijklmnop", "‹credentials, 16 bytes, #HHHHHH›"},
		{"Authorization", "Bearerabcdefghijklmnop", "‹credentials, 22 bytes, #HHHHHH›"},
		{"Authorization", `Digest username="u", response="0123456789"`, "Digest ‹credentials, 35 bytes, #HHHHHH›"},
		{"PROXY-AUTHORIZATION", "Negotiate YII=", "Negotiate ‹credentials, 4 bytes, #HHHHHH›"},
		{"Authorization", "Basic", "Basic"},
		{"Cookie", "a=1234567; b=\"x;y\"; lonely", "a=‹cookie, 7 bytes, #HHHHHH›; b=‹cookie, 5 bytes, #HHHHHH›; ‹cookie, 6 bytes, #HHHHHH›"},
		{"Set-Cookie", "sid=abcdefgh; Path=/; HttpOnly", "sid=‹cookie, 8 bytes, #HHHHHH›; Path=/; HttpOnly"},
		{"Set-Cookie", "abcdefgh; Path=/", "‹cookie, 8 bytes, #HHHHHH›; Path=/"},
		{"X-Api-Key", "  abcdefgh", "  ‹api-key, 8 bytes, #HHHHHH›"},
		{"x_api_key", `"abcdefgh" x`, "‹api-key, 12 bytes, #HHHHHH›"},
		{"X-Vault-Token", "abcdefgh", "‹token, 8 bytes, #HHHHHH›"},
		{"Location", "https://e.org/cb?code=abcdefgh&state=1", "https://e.org/cb?code=‹code-8-HHHHHH›&state=1"},
		{"Location", "/cb#access_token=abcdefgh&x=1", "/cb#access_token=‹token-8-HHHHHH›&x=1"},
		{"Referer", "https://u:p@e.org/", "https://(userinfo-3-HHHHHH)@e.org/"},
		{"Link", "<https://e.org/?token=abcdefgh>; rel=next", "<https://e.org/?token=‹token-10-HHHHHH› rel=next"},
		{"Host", "example.com:8080", "example.com:8080"},
		{"Accept", "text/html, */*;q=0.5", "text/html, */*;q=0.5"},
		{"Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="},
		{"Date", "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"},
		{"X-Custom", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "‹jwt, 49 bytes, #HHHHHH›"},
		{":path", "/?token=abcdefgh", "/?token=‹token-8-HHHHHH›"},
		{"Code", "abcdefgh", "abcdefgh"},
	} {
		if got := unsalted(r.Header(c.name, c.value)); got != c.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.name, c.value, got, c.want)
		}
	}
}

func TestURL(t *testing.T) {
	r := newDefault(t)
	for raw, want := range map[string]string{
		"https://e.org/a/b?x=1&token=abcdefgh&y=2#top":                  "https://e.org/a/b?x=1&token=‹token-8-HHHHHH›&y=2#top",
		"/a?Access-Token=abc%20defgh":                                   "/a?Access-Token=‹token-9-HHHHHH›",
		"https://user:pass@e.org:8443/":                                 "https://(userinfo-9-HHHHHH)@e.org:8443/",
		"https://user:p@ss@e.org/x@y":                                   "https://(userinfo-9-HHHHHH)@e.org/x@y",
		"user:pass@e.org:443":                                           "(userinfo-9-HHHHHH)@e.org:443",
		"mailto:a@e.org":                                                "mailto:a@e.org",
		"https://e.org/cb#access_token=abcdefgh&token_type=bearer":      "https://e.org/cb#access_token=‹token-8-HHHHHH›&token_type=bearer",
		"/x;jsessionid=ABCDEFGH/y;a=b?z=1":                              "/x;jsessionid=‹jsessionid-8-HHHHHH›/y;a=b?z=1",
		"http://e.org/?password=a b\"c<d&x=%zz":                         "http://e.org/?password=‹password-7-HHHHHH›&x=%zz",
		"://e.org/?password=abcdefgh":                                   "://e.org/?password=‹password-8-HHHHHH›",
		"/?user[password]=abcdefgh&user%5Bname%5D=bob":                  "/?user[password]=‹password-8-HHHHHH›&user%5Bname%5D=bob",
		"/?user%5Bpassword%5D=abcdefgh":                                 "/?user%5Bpassword%5D=‹password-8-HHHHHH›",
		"/?p%61ssword=abcdefgh":                                         "/?p%61ssword=‹password-8-HHHHHH›",
		"/?next=https%3A%2F%2Fe.org%2F%3Ftoken%3Dabcdefgh%26x%3D1&q=1":  "/?next=https%3A%2F%2Fe.org%2F%3Ftoken%3D‹token-12-HHHHHH›&q=1",
		"/?variables=%7B%22password%22%3A%22abcdefgh%22%7D&q=1":         "/?variables=%7B%22password%22%3A‹password-11-HHHHHH›&q=1",
		"https://e.org/?X-Amz-Credential=AK%2F1&X-Amz-Signature=abcdef": "https://e.org/?X-Amz-Credential=‹credential-4-HHHHHH›&X-Amz-Signature=‹signature-6-HHHHHH›",
		"https://e.org/token/abc?page_token=2&max_tokens=3":             "https://e.org/token/abc?page_token=2&max_tokens=3",
		"/?token=&x=1": "/?token=&x=1",
		"*":            "*",
	} {
		if got := unsalted(r.URL(raw)); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", raw, got, want)
		}
	}
}

func TestBody(t *testing.T) {
	r := newDefault(t)
	const js, form, xml = "application/json; charset=utf-8", "application/x-www-form-urlencoded", "text/xml"
	for _, c := range []struct{ kind, body, want string }{
		{js, `{"password": "abcdefgh", "x": [1, "password"]}`, `{"password": "‹password, 8 bytes, #HHHHHH›", "x": [1, "password"]}`},
		{js, `{"a":{"b":[{"accessToken" : "ab\"cd\\"}]}}`, `{"a":{"b":[{"accessToken" : "‹token, 6 bytes, #HHHHHH›"}]}}`},
		{js, `{"pass\u0077ord":"abcdefgh"}`, `{"pass\u0077ord":"‹password, 8 bytes, #HHHHHH›"}`},
		{js, `{"otp":123456,"token":null,"secret":true}`, `{"otp":"‹otp, 6 bytes, #HHHHHH›","token":null,"secret":true}`},
		{js, `{"cookies":{"a":"b1","c":[1,"2"],"d":{"e":null}},"x":"y"}`, `{"cookies":{"a":"‹cookies, 2 bytes, #HHHHHH›","c":["‹cookies, 1 byte, #HHHHHH›","‹cookies, 1 byte, #HHHHHH›"],"d":{"e":null}},"x":"y"}`},
		{js, `{"password":"abcd`, `{"password":"‹password, 4 bytes, #HHHHHH›`},
		{js, `{"s":"{\"password\":\"ab\\\"cd\",\"x\":1}"}`, `{"s":"{\"password\":\"‹password, 5 bytes, #HHHHHH›\",\"x\":1}"}`},
		{js, `{"url":"https://e.org/?a=1\u0026token=abcdefgh","x":1}`, `{"url":"https://e.org/?a=1\u0026token=‹token-8-HHHHHH›","x":1}`},
		{js, `{"url":"https://e.org/?token\u003dabcdefgh\"","x":1}`, `{"url":"https://e.org/?token\u003d‹token-8-HHHHHH›\"","x":1}`},
		{js, `{"query":"mutation { login(password: \"abcdefgh\") }","variables":{"pwd":"x"}}`, `{"query":"mutation { login(password: \"‹password, 8 bytes, #HHHHHH›\") }","variables":{"pwd":"‹pwd, 1 byte, #HHHHHH›"}}`},
		{js, `{"headers":{"Authorization":"Bearer abcdefgh"}}`, `{"headers":{"Authorization":"‹credentials, 15 bytes, #HHHHHH›"}}`},
		{js, "{\"password\"\n : \n\"abcdefgh\"}", "{\"password\"\n : \n\"‹password, 8 bytes, #HHHHHH›\"}"},
		{form, "user=bob&password=p%40ss;w\"o<r'd+x&z=1", "user=bob&password=‹password-14-HHHHHH›&z=1"},
		{"", "password=a b;c\"d&x=1", "password=‹password-7-HHHHHH›&x=1"},
		{xml, `<a><wsse:Password Type="T">abc</wsse:Password><b token='abcdefgh' x="y"/></a>`, `<a><wsse:Password Type="‹password, 1 byte, #HHHHHH›">‹password, 3 bytes, #HHHHHH›</wsse:Password><b token='‹token, 8 bytes, #HHHHHH›' x="y"/></a>`},
		{xml, "<SecretAccessKey><![CDATA[a]]></SecretAccessKey>", "<SecretAccessKey>‹secret-access-key, 13 bytes, #HHHHHH›</SecretAccessKey>"},
		{"text/html", `<input type="hidden" name="csrf_token" value="abcdefgh"><input value="12345" name="csrf"><input name="q" value="abc">`, `<input type="hidden" name="csrf_token" value="‹token, 8 bytes, #HHHHHH›"><input value="‹csrf, 5 bytes, #HHHHHH›" name="csrf"><input name="q" value="abc">`},
		{"text/html", `<meta name="csrf-token" content="abcdefgh"><a href="/x?token=abcdefgh&amp;y=1">`, `<meta name="csrf-token" content="‹token, 8 bytes, #HHHHHH›"><a href="/x?token=‹token-8-HHHHHH›&amp;y=1">`},
		{"multipart/form-data; boundary=XX", "--XX\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Type: text/plain\r\n\r\nab\r\n--X\r\ncd\r\n--XX\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nok\r\n--XX--\r\n",
			"--XX\r\nContent-Disposition: form-data; name=\"password\"\r\nContent-Type: text/plain\r\n\r\n‹password, 11 bytes, #HHHHHH›\r\n--XX\r\nContent-Disposition: form-data; name=\"q\"\r\n\r\nok\r\n--XX--\r\n"},
		{"", "Authorization: Bearer abcdefgh\nX-Api-Key: abcdefgh\n folded\npassword: abc def\nnext: x", "Authorization: Bearer ‹credentials, 8 bytes, #HHHHHH›\nX-Api-Key: ‹api-key, 8 bytes, #HHHHHH›\n ‹api-key, 6 bytes, #HHHHHH›\npassword: ‹password, 7 bytes, #HHHHHH›\nnext: x"},
		{"", `curl -H "Authorization: Bearer abcdefgh" https://u:p@e.org/`, `curl -H "Authorization: ‹credentials, 15 bytes, #HHHHHH›" https://(userinfo-3-HHHHHH)@e.org/`},
		{"", "see https://example.com", "see https://example.com"},
		{"", "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN RSA PRIVATE KEY-----‹private-key, 35 bytes, #HHHHHH›-----END RSA PRIVATE KEY-----\n"},
		{"", "-----BEGIN PRIVATE KEY-----\nMIIEabcd", "-----BEGIN PRIVATE KEY-----‹private-key, 9 bytes, #HHHHHH›"},
		{"", "AKIAIOSFODNN7EXAMPLE ghp_0123456789012345678901234567890123456", "‹aws-key-id, 20 bytes, #HHHHHH› ‹github-token, 41 bytes, #HHHHHH›"},
		{"", "我喜欢 golang, für Straße größer 日本語 text", "我喜欢 golang, für Straße größer 日本語 text"},
		{"", "日本語 Bearer abcd", "日本語 ‹secret, 11 bytes, #HHHHHH›"},
		{"", "cut eyJhbGciOi", "cut ‹secret, 10 bytes, #HHHHHH›"},
		{"", "if password == x && f(token=>1) { max_tokens: 5 }", "if password == x && f(token=>1) { max_tokens: 5 }"},
		{"", `{"usage":"Bearer <token> here"}`, `{"usage":"Bearer <token>‹token, 5 bytes, #HHHHHH›"}`},
	} {
		if got := unsalted(string(r.Body(c.kind, []byte(c.body)))); got != c.want {
			t.Errorf("%s: %s\ngot  %s\nwant %s", c.kind, c.body, got, c.want)
		}
	}
}

// In noise there is every short name before every separator. What is no text stays as
// it is, unless what follows the name is text.
func TestNoiseIsNoSecret(t *testing.T) {
	r := newDefault(t)
	for body, want := range map[string]string{
		"\x00\xd4pwd='\x90\x07\xfe\x11'\x18":            "",
		"\x01.i?sid>\xca\xb2\x03\xe8\"":                 "",
		"\x00\xffpwd=\x8f":                              "",
		"\x00\x08pwd=123\x00\x01\x02":                   "\x00\x08pwd=‹pwd-6-HHHHHH›",
		"\x02password: abcdefgh\n":                      "\x02password: ‹password, 8 bytes, #HHHHHH›\n",
		"{\"password\":\"\xe4\xf6\xfcabc\"} in Latin-1": "{\"password\":\"‹password, 6 bytes, #HHHHHH›\"} in Latin-1",
	} {
		if want == "" {
			want = body
		}
		if got := unsalted(string(r.Body("", []byte(body)))); got != want {
			t.Errorf("%q\ngot  %q\nwant %q", body, got, want)
		}
	}
}

func TestNothingHiddenReturnsTheSame(t *testing.T) {
	b := []byte(`{"user":"bob","age":3,"url":"https://e.org/x?page=2"}`)
	r := newDefault(t)
	if got := r.Body("application/json", b); &got[0] != &b[0] {
		t.Errorf("a copy: %s", got)
	}
	var none *Redactor
	if got := none.Body("", []byte("password=x")); string(got) != "password=x" {
		t.Errorf("no redactor: %s", got)
	}
	none.Stream(HTTP1).Mask(b, b)
	none.Stream(HTTP1).Skip(1)
}

func TestHiddenTwiceIsHiddenOnce(t *testing.T) {
	r := newDefault(t)
	for _, b := range []string{
		`{"password":"abcdefgh","otp":12}`, "x=1&password=abcdefgh&y=2", "<a><token>x</token></a>",
	} {
		once := string(r.Text([]byte(b)))
		if twice := string(r.Text([]byte(once))); twice != once || once == b {
			t.Errorf("%s\nonce  %s\ntwice %s", b, once, twice)
		}
	}
	once := r.URL("https://u:p@e.org/?token=abcdefgh")
	if twice := r.URL(once); twice != once {
		t.Errorf("once %s, twice %s", once, twice)
	}
}

func TestEqualSecretsHaveEqualMasks(t *testing.T) {
	r, other := newDefault(t), newDefault(t)
	sum := func(s string) string {
		m := hashes.FindString(s)
		if m == "" {
			t.Fatalf("no mask in %s", s)
		}
		return m[:6]
	}
	want := sum(r.URL("/?token=ab%20c%2B%22"))
	for _, s := range []string{
		string(r.Body("application/json", []byte(`{"password":"ab c+\""}`))), r.Header("X-Api-Key", `ab c+"`), r.URL("/?token=ab+c%2b%22"),
	} {
		if sum(s) != want {
			t.Errorf("%s has not the hash %s", s, want)
		}
	}
	if sum(other.URL("/?token=ab%20c%2B%22")) == want && sum(other.URL("/?token=x")) == sum(r.URL("/?token=x")) {
		t.Error("two runs have the same salt")
	}
}

func TestRules(t *testing.T) {
	r, err := New(Rules{Headers: []string{"X-Mine-*"}, Fields: []string{"mine_*", "!mine_open", "*pin*", "query:only"}, Patterns: []string{`ZZ-(?P<secret>\d+)`, `QQ(\w+)`}})
	if err != nil {
		t.Fatal(err)
	}
	for in, want := range map[string]string{
		`"Mine-A":"x1"`: `"Mine-A":"‹mine, 2 bytes, #HHHHHH›"`, `"mineOpen":"x1"`: `"mineOpen":"x1"`, `"mineral":"x1"`: `"mineral":"x1"`,
		`"spinner":"x1"`: `"spinner":"‹pin, 2 bytes, #HHHHHH›"`, `"only":"x"`: `"only":"x"`, `a=1&only=x`: `a=1&only=‹only-1-HHHHHH›`,
		"ZZ-123 QQabc": "ZZ-‹pattern, 3 bytes, #HHHHHH› QQ‹pattern, 3 bytes, #HHHHHH›", `"password":"x"`: `"password":"x"`,
		"X-Mine-Key: abc": "X-Mine-Key: ‹x-mine, 3 bytes, #HHHHHH›",
	} {
		if got := unsalted(string(r.Text([]byte(in)))); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", in, got, want)
		}
	}
	for _, bad := range []struct {
		rules Rules
		says  string
	}{
		{Rules{Patterns: []string{"a", "("}}, "redact: patterns[1]: `(` is no regular expression: missing closing )"},
		{Rules{Patterns: []string{"a*"}}, "patterns[0]: `a*` matches where nothing is"},
		{Rules{Headers: []string{"Authorization: x"}}, "headers[0]"},
		{Rules{Fields: []string{"ok", "*"}}, "fields[1]: `*` names nothing"},
		{Rules{Fields: []string{""}}, "fields[0]"},
	} {
		if _, err := New(bad.rules); err == nil || !strings.Contains(err.Error(), bad.says) {
			t.Errorf("%+v: %v, not %s", bad.rules, err, bad.says)
		}
	}
}

// TestHiddenStreamsStay holds what a stream has hidden against another redactor, with
// the same rules and another salt.
func TestHiddenStreamsStay(t *testing.T) {
	rules := Default()
	rules.Headers = append(rules.Headers, "X-Acme")
	rules.Patterns = append(rules.Patterns, `acme-(?P<secret>\S+)`)
	again, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	r, err := New(rules)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("abcdefgh", 8)
	for name, c := range map[string]struct {
		kind Kind
		text string
	}{
		"heads":      {HTTP1, "GET /?token=" + long + "&x=1 HTTP/1.1\r\nX-Acme: " + long + "\r\nReferer: https://u:" + long + "@e.org/?token=" + long + "\r\nCookie: a=b; sid=" + long + "\r\n\r\n"},
		"forms":      {HTTP1, "GET / HTTP/1.1\r\nX-It: acme-" + long + "\r\n\r\n"},
		"the end":    {HTTP1, "POST / HTTP/1.1\r\nContent-Length: 69\r\n\r\nacme-" + long},
		"compressed": {HTTP1, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 64\r\n\r\n" + long},
		"HTTP/2":     {HTTP2, http2Preface + frame(4, 0, 0, "") + frame(1, 4, 1, "\x82"+long) + frame(0, 1, 1, `{"pwd":"`+long+`"}`)},
		"gRPC":       {HTTP2, http2Preface + frame(4, 0, 0, "") + frame(1, 4, 1, "\x82"+long) + frame(0, 1, 1, "\x00\x00\x00\x00\x40"+long)},
	} {
		once := one(r.Stream(c.kind), c.text)
		if twice := one(again.Stream(c.kind), once); twice != once || once == c.text || !strings.Contains(once, maskOpen) {
			t.Errorf("%s\nonce  %q\ntwice %q", name, once, twice)
		}
	}
	for name, text := range seeds(t) {
		for kind := range HTTP2 {
			pieces := newCutter(1).pieces(text, len(text)/2)
			var first, second []byte
			a, b := r.Stream(kind), again.Stream(kind)
			for _, p := range pieces {
				dst := append([]byte(nil), p...)
				a.Mask(dst, dst)
				first = append(first, dst...)
				b.Mask(dst, dst)
				second = append(second, dst...)
			}
			if string(first) != string(second) {
				t.Errorf("%s, kind %d\nonce  %q\ntwice %q", name, kind, first, second)
			}
		}
		if once := again.Text(text); string(r.Text(once)) != string(once) {
			t.Errorf("%s\nonce  %q\ntwice %q", name, once, r.Text(once))
		}
	}
}
