package body

import (
	"encoding/hex"
	"testing"
	"unicode/utf8"

	"tlsmitm/inspect/runes"
)

// TestCharset reads what Python's codecs wrote.
func TestCharset(t *testing.T) {
	for _, c := range []struct{ contentType, hex, want, name string }{
		{"text/plain; charset=gbk", "c4e3bac3a3accac0bde7", "你好，世界", "gbk"},
		{"text/plain;charset=GB2312", "c4e3bac3", "你好", "gbk"},
		{"text/plain; charset=gb18030", "9439fc36c4e3", "😀你", "gb18030"},
		{`text/plain; x="a;b"; CharSet = "Shift_JIS" `, "82b182f182c982bf82cd", "こんにちは", "shift_jis"},
		{"text/plain; charset='euc-jp'", "a4b3a4f3a4cba4c1a4cf", "こんにちは", "euc-jp"},
		{"text/plain; charset=iso-2022-jp", "1b2442467c4b5c1b2842", "日本", "iso-2022-jp"},
		{"text/plain; charset=big5", "a741a66e", "你好", "big5"},
		{"text/plain; charset=euc-kr", "bec8b3e7", "안녕", "euc-kr"},
		{"text/plain; charset=koi8-r", "f0d2c9d7c5d4", "Привет", "koi8-r"},
		{"text/plain; charset=IBM855", "dde1b7eba8e5", "Привет", "ibm855"},
		{"text/plain; charset=cp1251", "cff0e8e2e5f2", "Привет", "windows-1251"},
		{"text/plain; charset=iso-8859-2", "be6c75bb6f75e86bfd", "žluťoučký", "iso-8859-2"},
		{"text/plain; charset=iso-8859-1", "93636166e9942080", "“café” €", "windows-1252"},
		{"text/plain; charset=utf-16", "6800e9006c006c006f00", "héllo", "utf-16le"},
		{"text/plain; charset=utf-16be", "006800e9006c006c006f", "héllo", "utf-16be"},
		{"text/plain; charset=utf-32le", "68000000e9000000", "hé", "utf-32le"},
		{"text/plain", "fffe6800e900", "hé", "utf-16le"},
		{"text/plain; charset=iso-8859-1", "feff006800e9", "hé", "utf-16be"}, // the mark is stronger
		{"", "fffe000068000000", "h", "utf-32le"},
		{"", "efbbbf68c3a9", "hé", "utf-8"},
		{"", "68c3a9", "hé", "utf-8"},
		{"", "68c3a9e4bd", "hé", "utf-8"}, // cut
		{"text/plain; charset=utf-16be", "006800e900", "hé", "utf-16be"},
		{"text/plain; charset=gbk", "c4e3ba", "你", "gbk"},
		{"text/plain", "636166e9", "café", "windows-1252"},
		{"text/html", "3c703e63616680e9", "<p>caf€é", "windows-1252"},
		{"text/plain; charset=utf-8", "636166e920617520" + "6c616974" + "6c616974", "caf\ufffd au laitlait", "utf-8"},
		{"text/html", hexOf("<html><meta charset=\"koi8-r\"><p>") + "f0d2", "<html><meta charset=\"koi8-r\"><p>Пр", "koi8-r"},
		{"", hexOf("<html><META http-equiv=Content-Type content='text/html; charset=koi8-r'>") + "f0d2", "<html><META http-equiv=Content-Type content='text/html; charset=koi8-r'>Пр", "koi8-r"},
		{"application/xml", hexOf("<?xml version='1.0' encoding='ISO-8859-15'?><a>") + "a4", "<?xml version='1.0' encoding='ISO-8859-15'?><a>€", "iso-8859-15"},
		{"text/xml; charset=koi8-r", hexOf("<?xml version='1.0' encoding='ISO-8859-15'?><a>") + "f0", "<?xml version='1.0' encoding='ISO-8859-15'?><a>П", "koi8-r"},
		{"text/css", hexOf(`@charset "iso-8859-2";`) + "be", `@charset "iso-8859-2";ž`, "iso-8859-2"},
		{"text/html", hexOf("<meta charset=utf-16><p>x"), "<meta charset=utf-16><p>x", "utf-8"},
		{"application/json", hexOf(`{"charset":"<meta charset=koi8-r>"}`), `{"charset":"<meta charset=koi8-r>"}`, "utf-8"},
		{"application/json", "5b0022004f6022005d00", "[\"恏\"]", "utf-16le"},
		{"application/xml", "003c0061003e604f", "<a>恏", "utf-16be"},
		{"text/plain; charset", "78", "x", "utf-8"},
		{"text/plain; charset=", "78", "x", "utf-8"},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		text, name, ok := Charset(c.contentType, b)
		if string(text) != c.want || name != c.name || !ok {
			t.Errorf("%s, %s: %q, %s, %v", c.contentType, c.hex, text, name, ok)
		}
	}
	for _, c := range []struct{ contentType, hex, name string }{
		{"text/plain; charset=utf-7", "78", "utf-7"},
		{"text/plain; charset=unknown-8bit", "78", "unknown-8bit"},
		{"text/plain; charset=iso-2022-kr", "78", "replacement"},
		{"text/plain; charset=utf-8", "000102ff03fe04f8", "utf-8"},
		{"text/plain", "00ff80", ""},
		{"application/octet-stream", "e9", ""},
		{"", "0001020304", ""},
		{"text/plain; charset=koi8-r", "0001020300010203", "koi8-r"},
	} {
		b, _ := hex.DecodeString(c.hex)
		if text, name, ok := Charset(c.contentType, b); ok || text != nil || name != c.name {
			t.Errorf("%s, %s: %q, %s, %v", c.contentType, c.hex, text, name, ok)
		}
	}
}

func hexOf(s string) string { return hex.EncodeToString([]byte(s)) }

// FuzzCharset holds that text is UTF-8, and what was UTF-8 is that text.
func FuzzCharset(f *testing.F) {
	for _, contentType := range []string{"", "text/html", "text/plain; charset=gb18030", "x; charset=utf-16", "x; charset=iso-2022-jp", "x; charset=utf-32", "text/css"} {
		f.Add(contentType, []byte("<?xml encoding='koi8-r'?><meta charset=\"big5\">\xe9\x80"))
		f.Add(contentType, []byte("h\x00e\x00"))
	}
	f.Fuzz(func(t *testing.T, contentType string, b []byte) {
		text, name, ok := Charset(contentType, b)
		if ok != (name != "" && text != nil) && ok {
			t.Fatalf("%q, %q, %v", text, name, ok)
		}
		if !ok && text != nil || !utf8.Valid(text) || len(text) > 3*len(b)+3 {
			t.Fatalf("%q of %q", text, b)
		}
		if same, _, ok := Charset("", b); utf8.Valid(b) && runes.Files.Odd(b) == 0 && bomCharset(b) == "" && declaredCharset("", b) == "" && (!ok || string(same) != string(b)) {
			t.Fatalf("%q of %q", same, b)
		}
	})
}
