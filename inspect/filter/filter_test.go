package filter

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"tlsmitm/inspect/httpmsg"
)

func aFact() *Facts {
	return &Facts{
		Conn: 7, Client: "127.0.0.1:5000", Target: "api.example.com:8443", Via: "connect", Mode: "intercept", Agent: "curl/8", Cause: "ok",
		SNI: "api.example.com", JA3: "j3", JA4: "j4", JA3S: "j3s", Resumed: true,
		ClientLeg: TLS{"TLS 1.3", "TLS_AES_128_GCM_SHA256", "x25519", "h2"}, ServerLeg: TLS{"TLS 1.2", "TLS_RSA_WITH_AES_128_CBC_SHA", "", "http/1.1"},
		Kind: "http", Exchange: "7.2", URL: "https://API.example.com:8443/a%20b?x=1&y=2#f", Method: "POST", Status: 502, Protocol: "HTTP/1.1",
		Anomalies: []string{"obs_fold"}, Messages: "hello\n", DurationMS: 12.5, GRPCStatus: "OK",
		Request:  Message{httpmsg.Fields{{Name: "X-A", Value: "1"}, {Name: "x-a", Value: "2"}, {Name: "Content-Type", Value: "text/plain"}}, "up", 2},
		Response: Message{httpmsg.Fields{{Name: "Server", Value: "nginx"}, {Name: "Content-Type", Value: "Application/JSON; charset=utf-8"}}, `{"down":1}`, 10},
	}
}

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		expr string
		want bool
	}{
		{`host.endsWith(".example.com") && status >= 500`, true},
		{`host endsWith ".example.com" and status >= 500`, true},
		{`host.endsWith(".example.org") || status < 500`, false},
		{`header["x-a"] == "1, 2" && header["SERVER"] == "nginx" && header["none"] == ""`, true},
		{`header["content-type"] == "text/plain" && response_header["content-type"] startsWith "Application"`, true},
		{`"server" in header && "server" in response_header && !("server" in request_header)`, true},
		{`header.server.contains("ngi") && request_header[lower("X-A")] != ""`, true},
		{`body contains "down" && body.contains("up") && request_body == "up" && response_body.matches("d.wn")`, true},
		{`body contains "absent"`, false},
		{`host == "api.example.com" && port == 8443 && scheme == "https" && path == "/a%20b" && query == "x=1&y=2"`, true},
		{`method in ["POST", "PUT"] && status in 500..599 && protocol == "HTTP/1.1" && exchange == "7.2"`, true},
		{`content_type == "application/json" && user_agent == "curl/8" && kind == "http"`, true},
		{`size == 12 && request_size == 2 && response_size == 10 && duration_ms > 12 && duration_ms < 13`, true},
		{`version == "TLS 1.2" && client_version == "TLS 1.3" && alpn == "http/1.1" && client_alpn == "h2"`, true},
		{`cipher_suite.contains("_CBC_") && client_cipher_suite.startsWith("TLS_AES") && group == "" && client_group == "x25519"`, true},
		{`sni == "api.example.com" && ja3 == "j3" && ja4 == "j4" && ja3s == "j3s" && resumed`, true},
		{`"obs_fold" in anomalies && messages.trim() == "hello" && grpc_status == "OK"`, true},
		{`conn == 7 && client.startsWith("127.") && target endsWith ":8443" && via == "connect" && mode == "intercept" && cause == "ok"`, true},
		{`host.toUpper() == "API.EXAMPLE.COM" && host.size() == 15 && len(host) == 15`, true},
		{`not (status == 502)`, false},
		{`anomalies[5] == "x"`, false}, // impossible
	} {
		f, err := Compile(c.expr)
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if got, err := f.Match(aFact()); got != c.want || (err != nil) != strings.HasPrefix(c.expr, "anomalies[5]") {
			t.Errorf("%s: %v, %v", c.expr, got, err)
		}
		if _, err := f.Match(&Facts{}); err != nil && !strings.HasPrefix(c.expr, "anomalies[5]") {
			t.Errorf("%s: of nothing: %v", c.expr, err)
		}
	}
}

func TestURLsThatAreNone(t *testing.T) {
	f, err := Compile(`host == "e.org" && port == 80 && path == "/%zz" && query == "a=%zz"`)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := f.Match(&Facts{URL: "http://e.org/%zz?a=%zz#x"}); !ok || err != nil {
		t.Errorf("%v, %v", ok, err)
	}
	if f, err = Compile(`host == "::1" && port == 443`); err != nil {
		t.Fatal(err)
	}
	for _, facts := range []*Facts{{Target: "[::1]:443"}, {URL: "https://[::1]/"}} {
		if ok, err := f.Match(facts); !ok || err != nil {
			t.Errorf("%+v: %v, %v", facts, ok, err)
		}
	}
}

func TestMistakesPointAtTheirColumn(t *testing.T) {
	for _, c := range []struct {
		expr         string
		line, column int
		says         string
	}{
		{`hots == "x"`, 1, 1, "unknown field `hots` at column 1; did you mean `host`?\n  hots == \"x\"\n  ^\nfields: host, port, url"},
		{`"日本" == hots`, 1, 9, "\n  \"日本\" == hots\n            ^\n"},
		{"status == 500 &&\n  hots == 3", 2, 3, "at column 3 of line 2; did you mean `host`?\n    hots == 3\n    ^\n"},
		{`method == GET`, 1, 11, "text goes in quotes, as in `\"GET\"`"},
		{`status >= "500"`, 1, 8, "`>=` does not go between a number and text at column 8; write the number without quotes"},
		{`host == 5`, 1, 6, "write the text in quotes"},
		{`status = 500`, 1, 8, "`=` compares nothing at column 8; write `==`"},
		{`status == 5 & host == "x"`, 1, 13, "write `&&`"},
		{`host == "x`, 1, 11, "does not end with one"},
		{`host.endswith("x")`, 1, 6, "text has no `endswith` at column 6; did you mean `endsWith`?"},
		{`host.endsWith()`, 1, 6, "takes one text"},
		{`host contains 5`, 1, 6, "between text and a number"},
		{`header == "x"`, 1, 8, "name the field, as in `header[\"server\"]`"},
		{`header[5] == "x"`, 1, 8, "the name of a header field is text"},
		{`host matches "("`, 1, 6, "the pattern is no regular expression: missing closing )"},
		{`host`, 1, 1, "neither true nor false"},
		{`(status == 500`, 1, 15, "something is missing at the end"},
		{`status == 500)`, 1, 14, "unexpected `)`"},
		{`status >= 500 host`, 1, 15, "goes before it"},
		{``, 1, 1, "the expression is empty"},
		{`$env == nil`, 1, 1, "unknown field `$env`"},
		{`now() == now()`, 1, 1, "unknown field `now`"},
		{"host == \"\x1b[31m\" && hots == 1", 1, 20, "unknown field `hots`"},
	} {
		_, err := Compile(c.expr)
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%q: %v", c.expr, err)
			continue
		}
		if e.Line != c.line || e.Column != c.column || !strings.Contains(e.Error(), c.says) {
			t.Errorf("%q: line %d, column %d (not %d, %d), and says\n%v", c.expr, e.Line, e.Column, c.line, c.column, e)
		}
		if strings.Contains(e.Error(), "\x1b") {
			t.Errorf("%q: controls the terminal", c.expr)
		}
	}
}

func TestLongExpressionsEnd(t *testing.T) {
	if _, err := Compile(strings.Repeat("!", 100000) + "resumed"); err == nil {
		t.Error("no bound")
	}
	if _, err := Compile(strings.Repeat("(", 100000)); err == nil {
		t.Error("no bound")
	}
}

func TestUses(t *testing.T) {
	f, err := Compile(`host.endsWith("x") && (body contains "x" || header["a"] == "b")`)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"host": true, "body": true, "request_body": true, "response_body": true, "header": true, "response_header": true, "status": false, "size": false} {
		if f.Uses(name) != want {
			t.Errorf("%s: not %v", name, want)
		}
	}
	for expr, want := range map[string]stage{
		`conn > 3`: atOpen, `sni == "x"`: atHandshake, `host == "x"`: atRequest, `status == 3 && sni == ""`: atResponse, `body == ""`: atExchange, `cause == "ok"`: atClose, `true`: atOpen,
	} {
		if f, err := Compile(expr); err != nil || f.stage() != want {
			t.Errorf("%s: %v, not %d", expr, err, want)
		}
	}
}

// typeOf is how the manual calls the type of a value.
func typeOf(v any) string {
	switch v.(type) {
	case int, float64:
		return "number"
	case bool:
		return "truth"
	case header:
		return "header"
	case []string:
		return "list of text"
	default:
		return "text"
	}
}

// TestManualDescribesEveryField holds docs/filter.md to the table of fields.
func TestManualDescribesEveryField(t *testing.T) {
	manual, err := os.ReadFile("../../docs/filter.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z0-9_]+)` \\| (?:text|number|truth|header|list of text) \\| .*\\|$").FindAllString(string(manual), -1) {
		rows[m] = true
	}
	for _, f := range fields {
		row := fmt.Sprintf("| `%s` | %s | %s |", f.name, typeOf(f.get(&Facts{})), f.doc)
		if !rows[row] {
			t.Errorf("docs/filter.md lacks\n%s", row)
		}
		delete(rows, row)
	}
	for row := range rows {
		t.Errorf("docs/filter.md has what is no field: %s", row)
	}
	for _, m := range regexp.MustCompile("--filter '([^']+)'").FindAllStringSubmatch(string(manual), -1) {
		if _, err := Compile(m[1]); err != nil {
			t.Errorf("docs/filter.md: %s: %v", m[1], err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	f, err := Compile(`host.endsWith(".example.com") && status >= 500 && header["server"] == "nginx"`)
	if err != nil {
		b.Fatal(err)
	}
	facts := aFact()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := f.Match(facts); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`host.endsWith("x") && status >= 500`, `header["x"] in ["a"]`, `"a" in header`, `body.split(",")[0] contains "x"`, `all(anomalies, # startsWith "x")`, `let x = host; x == "a"`, `header?.x ?? "y"`} {
		f.Add(s)
	}
	facts := aFact()
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Compile(text)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Column < 1 || e.Message == "" || e.Error() == "" {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if _, err := c.Match(facts); err == nil {
			if _, err := c.Match(facts); err != nil {
				t.Fatalf("%q fails the second time: %v", text, err)
			}
		}
	})
}
