package body

import (
	"bytes"
	"mime/multipart"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestForm(t *testing.T) {
	for _, c := range []struct{ form, want string }{
		{"a=1&b=%E4%BD%A0%E5%A5%BD+x&c&d=%zz&=&&e=a=b%26c\r\n", "a = 1\nb = 你好 x\nc\nd = %zz\n =\ne = a=b&c"},
		{"line=one%0D%0Atwo%0Athree", "line = one\n    two\n    three"},
		{"old=%C4%E3&cut=%4", "old = %C4%E3\ncut = %4"}, // GBK stays as it is
	} {
		if got, ok := Pretty(Form, "", []byte(c.form), wide); strings.ReplaceAll(got, " \n", "\n") != strings.ReplaceAll(c.want, " \n", "\n") || !ok {
			t.Errorf("%q: %v\n%s", c.form, ok, got)
		}
	}
	if got, ok := Pretty(Form, "", []byte("a=\x00\x01"), wide); ok {
		t.Error(got)
	}
}

// FuzzForm holds names and values to net/url's reading.
func FuzzForm(f *testing.F) {
	f.Add("a=1&b=%41+&c&d=%zz;")
	f.Fuzz(func(t *testing.T, form string) {
		for pair := range strings.SplitSeq(form, "&") {
			name, _, _ := strings.Cut(pair, "=")
			want, err := url.QueryUnescape(name)
			if got := unescape([]byte(name)); err == nil && got != want && got != name {
				t.Fatalf("%q: %q, not %q", name, got, want)
			}
		}
	})
}

func TestMultipart(t *testing.T) {
	body := "preamble\r\n--AaB03x\r\nContent-Disposition: form-data; name=\"j\"\r\ncontent-TYPE:\r\n application/json\r\n\r\n{\"a\":[1]}\r\n" +
		"--AaB03x \t\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\nContent-Type: image/png\r\n\r\n" + string(drawn(t, "png")[:60]) + "\r\n" +
		"--AaB03x\r\n\r\nplain text\r\n--AaB03xy\r\n\r\n" +
		"--AaB03x\nContent-Type: multipart/mixed; boundary=\"in ner\"\n\n--in ner\nX: y\n\n\xff\x00\x01\n--in ner--\n\r\n" +
		"--AaB03x\r\nX: only a head\r\n--AaB03x--\r\nepilogue\r\n"
	const want = `preamble
--AaB03x
Content-Disposition: form-data; name="j"
content-TYPE:
 application/json

  {
    "a": [
      1
    ]
  }
--AaB03x` + " \t" + `
Content-Disposition: form-data; name="f"; filename="x.png"
Content-Type: image/png

  [PNG image, 640 × 480, 60 B]
--AaB03x

  plain text
  --AaB03xy
--AaB03x
Content-Type: multipart/mixed; boundary="in ner"

  --in ner
  X: y

    0000  ff 00 01
  --in ner--
--AaB03x
X: only a head
--AaB03x--
epilogue`
	got, ok := Pretty(Multipart, `multipart/form-data; boundary=AaB03x`, []byte(body), wide)
	trim := func(s string) string {
		lines := strings.Split(s, "\n")
		for i := range lines {
			lines[i] = strings.TrimRight(lines[i], " \t")
		}
		return strings.Join(lines, "\n")
	}
	if !ok || trim(got) != trim(want) {
		t.Errorf("%v\n%s\nnot\n%s", ok, got, want)
	}
	again, ok := Pretty(Multipart, "multipart/form-data", []byte(body[10:]), wide) // without a boundary, the first line has it
	if !ok || trim("preamble\n"+again) != trim(want) {
		t.Errorf("%v\n%s", ok, again)
	}
	cut, ok := Pretty(Multipart, "multipart/form-data; boundary=AaB03x", []byte(body[:len(body)-140]), wide)
	if !ok || !strings.HasPrefix(got, cut[:len(cut)-20]) {
		t.Errorf("%v\n%s", ok, cut)
	}
	for _, b := range []string{"no delimiter", "--", "--\r\n"} {
		if got, ok := Pretty(Multipart, "multipart/form-data; boundary=AaB03x", []byte(b), wide); ok {
			t.Errorf("%q: %q", b, got)
		}
	}
}

// FuzzMultipart holds parts to what mime/multipart wrote.
func FuzzMultipart(f *testing.F) {
	f.Add("name", []byte("value"), "text/plain", []byte("--x\r\nanother\r\n"))
	f.Add("", []byte("\r\n--"), "", []byte(""))
	f.Fuzz(func(t *testing.T, name string, one []byte, typ string, two []byte) {
		var out bytes.Buffer
		w := multipart.NewWriter(&out)
		if bytes.Contains(one, []byte(w.Boundary())) || strings.ContainsAny(typ, "\r\n") {
			return
		}
		a, _ := w.CreateFormField(name)
		a.Write(one)
		b, _ := w.CreatePart(textproto.MIMEHeader{"Content-Type": {typ}, "X": {"y"}})
		b.Write(two)
		w.Close()
		var contents [][]byte
		types := []string{}
		for p := range parts(multipartBoundary(w.FormDataContentType(), nil), out.Bytes()) {
			contents = append(contents, p.content)
			types = append(types, p.field("content-type"))
		}
		if len(contents) != 3 || !bytes.Equal(contents[0], one) || !bytes.Equal(contents[1], two) || len(contents[2]) > 0 {
			t.Fatalf("%q of\n%s", contents, out.Bytes())
		}
		if want := []string{"", strings.TrimSpace(typ), ""}; !slices.Equal(types, want) {
			t.Fatalf("%q, not %q", types, want)
		}
	})
}

func TestParameter(t *testing.T) {
	for _, c := range []struct{ value, name, want string }{
		{`a/b; x=1; y="2;\"3\""; z = 4 `, "y", `2;"3"`}, {`a/b; x=1; y="2;3" ; z = 4 `, "Z", "4"}, {`a/b; x="unclosed; z=4`, "x", "unclosed; z=4"}, {`a/b;;;=;x=1`, "x", "1"},
		{"a/b; x", "x", ""}, {"a/b", "x", ""}, {"a/b; x=", "x", ""}, {`a/b; x="\`, "x", `\`}, {"a/b; x=1; x=2", "x", "1"},
	} {
		if got := parameter(c.value, c.name); got != c.want {
			t.Errorf("%s in %s: %q", c.name, c.value, got)
		}
	}
}
