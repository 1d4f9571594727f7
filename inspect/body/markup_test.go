package body

import (
	"bytes"
	"encoding/xml"
	"io"
	"reflect"
	"strings"
	"testing"
)

func TestMarkup(t *testing.T) {
	for _, c := range []struct {
		kind      Kind
		doc, want string
	}{
		{XML, `<?xml version="1.0"?><!-- c --><a x="1>2"><b>t</b><c/><d><![CDATA[ <x> ]]></d><e>
  text
  more </e></a>`, `<?xml version="1.0"?>
<!-- c -->
<a x="1>2">
  <b>t</b>
  <c/>
  <d>
    <![CDATA[ <x> ]]>
  </d>
  <e>
    text
    more
  </e>
</a>`},
		{XML, `<a><b></a></b><c>cut her`, "<a>\n  <b>\n</a>\n</b>\n<c>\n  cut her"},
		{XML, `<!DOCTYPE a [ <!ENTITY b "]>"> ]><a/>`, "<!DOCTYPE a [ <!ENTITY b \"]>\"> ]>\n<a/>"},
		{XML, `<a b="cut`, `<a b="cut`},
		{XML, `a < b <c> 1 <2</c>`, "a < b\n<c>1 <2</c>"},
		{XML, `<br>x</br><BR/>`, "<br>x</br>\n<BR/>"},
		{HTML, `<!doctype html><html><head><title>Hi &amp; bye</title><meta charset=utf-8><script>
  var a = "<b>" // it's
    f()
</script></head><body class=x><p>Hello <b>world</b>, <a href="/x>y">link</a>.<p>2<ul><li>one<li>two</ul>` + "<PRE>\n  a\n   b</PRE><img src=x>it's <br>so</div></body></html>",
			`<!doctype html>
<html>
  <head>
    <title>Hi &amp; bye</title>
    <meta charset=utf-8>
    <script>
  var a = "<b>" // it's
    f()
    </script>
  </head>
  <body class=x>
    <p>
      Hello <b>world</b>, <a href="/x>y">link</a>.
    <p>
      2
      <ul>
        <li>
          one
        <li>
          two
      </ul>
      <PRE>
  a
   b
      </PRE>
      <img src=x>it's <br>so
      </div>
  </body>
</html>`},
		{HTML, `<script>if (a</b>/.test("</scr"+"ipt>")) {}</script><style></style>`, "<script>if (a</b>/.test(\"</scr\"+\"ipt>\")) {}</script>\n<style></style>"},
		{HTML, "<div\n  class=x>a</div>", "<div\n  class=x>\n  a\n</div>"},
		{Image, `<svg width="1"><g/></svg>`, "<svg width=\"1\">\n  <g/>\n</svg>"},
	} {
		if got, ok := Pretty(c.kind, "", []byte(c.doc), wide); got != c.want || !ok {
			t.Errorf("%s\n%v\n%s\nnot\n%s", c.doc, ok, got, c.want)
		}
	}
	if got, ok := Pretty(HTML, "text/html; charset=gbk", []byte("<p>\xc4\xe3\xba\xc3</p>"), wide); got != "<p>你好</p>" || !ok {
		t.Errorf("GBK: %q", got)
	}
	for _, b := range []string{"", " \n", "\x00\x01\x02\xff\xff"} {
		if got, ok := Pretty(XML, "", []byte(b), wide); ok {
			t.Errorf("%q: %q", b, got)
		}
	}
}

// TestMarkupXML holds that encoding/xml reads the same document, whitespace around
// texts aside.
func TestMarkupXML(t *testing.T) {
	doc := `<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://example.com/s"><s:Header/><s:Body a='x "y"' b="&lt;'&gt;">` +
		strings.Repeat(`<item n="1"><name>some <em>mixed</em> content</name><empty></empty><![CDATA[a > b]]><!-- no > end --></item>`, 20) + `</s:Body></s:Envelope>`
	got, ok := Pretty(XML, "application/xml", []byte(doc), wide)
	if !ok || !strings.Contains(got, "\n      <empty></empty>\n") {
		t.Fatal(got)
	}
	if a, b := tokens(t, doc), tokens(t, got); !reflect.DeepEqual(a, b) {
		t.Errorf("%q\n%q", a, b)
	}
}

func tokens(t *testing.T, doc string) (all []xml.Token) {
	t.Helper()
	for d := xml.NewDecoder(strings.NewReader(doc)); ; {
		token, err := d.RawToken()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		token = xml.CopyToken(token)
		if text, ok := token.(xml.CharData); ok {
			if text = bytes.TrimSpace(text); len(text) == 0 {
				continue
			}
			token = text
		}
		all = append(all, token)
	}
}

// FuzzMarkup holds that nothing but whitespace changes, whatever the document is.
func FuzzMarkup(f *testing.F) {
	for _, doc := range []string{
		"<a><b x='1'>t</b><!-- c --><![CDATA[x]]></a>", "<!DOCTYPE html><p>a<br>b<script>x</script><li>y<li>z", "</a></b><c", "<a href=\"", "x<y</scr", "<pre>\n a\n</PrE>", "<script>\r\nx\r</script\n>",
	} {
		f.Add([]byte(doc), true)
		f.Add([]byte(doc), false)
	}
	squeeze := strings.NewReplacer(" ", "", "\t", "", "\r", "", "\n", "", "\f", "")
	f.Fuzz(func(t *testing.T, b []byte, html bool) {
		kind := XML
		if html {
			kind = HTML
		}
		if len(b) > sniffed { // of more, indentation could make more than the limit
			return
		}
		text, _, ok := Charset("", b)
		got, shown := Pretty(kind, "", b, 8*wide)
		if want := squeeze.Replace(string(text)); shown != (ok && want != "") || shown && squeeze.Replace(got) != want {
			t.Fatalf("%q: %v, %v\n%q", b, ok, shown, got)
		}
	})
}
