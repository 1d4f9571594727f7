package body

import (
	"bytes"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"testing"
	"unicode/utf8"
)

func TestKindOf(t *testing.T) {
	tar := make([]byte, 600)
	copy(tar, "name")
	copy(tar[257:], "ustar\x0000")
	for _, c := range []struct {
		contentType, b string
		want           Kind
	}{
		{"application/json", "x", JSON}, {"Application/JSON; charset=utf-8", "x", JSON}, {"application/problem+json", "x", JSON},
		{"application/json", "", Empty}, {"application/x-ndjson", "x", NDJSON}, {"application/json-seq", "x", NDJSON}, {"application/geo+json-seq", "x", NDJSON},
		{"text/xml", "x", XML}, {"application/soap+xml", "x", XML}, {"application/xhtml+xml", "x", XML}, {"image/svg+xml", "x", Image},
		{"text/html", "{}", HTML}, {"text/css", "x", CSS}, {"text/javascript", "x", JavaScript}, {"application/x-javascript", "x", JavaScript},
		{"text/csv", "x", Text}, {"text/event-stream", "x", Text}, {"application/x-www-form-urlencoded", "x", Form},
		{"multipart/form-data; boundary=x", "x", Multipart}, {"multipart/mixed", "x", Multipart},
		{"application/x-protobuf", "x", Protobuf}, {"application/vnd.google.protobuf", "x", Protobuf}, {"application/vnd.x+protobuf", "x", Protobuf},
		{"application/grpc", "x", GRPC}, {"application/grpc+proto", "x", GRPC}, {"application/grpc-web-text+proto", "x", GRPC}, {"application/grpc-web", "x", GRPC},
		{"application/grpcx", "\x00", Binary}, {"application/connect+json", "\x00\x00", Binary},
		{"application/cbor", "x", CBOR}, {"application/senml+cbor", "x", CBOR}, {"application/msgpack", "x", MessagePack}, {"application/vnd.msgpack", "x", MessagePack},
		{"audio/mpeg", "x", Audio}, {"video/mp4", "x", Video}, {"font/woff2", "x", Font}, {"application/pdf", "x", PDF}, {"application/zip", "x", Archive},
		{"application/vnd.apple.mpegurl", "x", Text}, {"image/png", "x", Image},

		// Where the header says little, the content does.
		{"", `{"a":1}`, JSON}, {"text/plain", ` [1, 2`, JSON}, {"text/plain", "{\"a\":1}\n{\"a\":2}\n", NDJSON}, {"text/plain", "[INFO] started", Text}, {"", "[1] a footnote", Text},
		{"", "{curly}", Text}, {"", "hello", Text}, {"text/plain", "<html>", Text}, {"text/plain", "<?xml version='1.0'?><a/>", Text},
		{"", "<!DOCTYPE HTML><p>", HTML}, {"", "\n<html lang=en>", HTML}, {"", "<?xml version='1.0'?><a/>", XML}, {"", "<a>b</a>", XML}, {"", "<3 you", Text}, {"", "<htmlx>", XML},
		{"", "<?xml version='1.0'?>\n<!-- x -->\n<svg xmlns='x'/>", Image}, {"", "<svg>", Image},
		{"application/octet-stream", "\x89PNG\r\n\x1a\n", Image}, {"text/plain", "\x89PNG\r\n\x1a\n", Image}, {"", "%PDF-1.7\n", PDF}, {"", "PK\x03\x04", Archive}, {"", "\x1f\x8b\x08", Archive},
		{"", "\x00\x01\x02", Binary}, {"text/plain", "\x00\x01\x02", Binary}, {"", "caf\xe9", Binary}, {"", "caf\xc3\xa9 \xe4\xbd", Text}, {"", "\xff\xfeh\x00i\x00", Text}, {"", "\xfe\xff\x00[\x00]", JSON},
		{"", "\xd9\xd9\xf7\x80", CBOR}, {"", "BM is not a bitmap", Text}, {"", "ID3 is a card", Text}, {"", "RIFF\x00\x00\x00\x00WEBPVP8 ", Image}, {"", "RIFF\x00\x00\x00\x00WAVE", Audio},
		{"", "\x00\x00\x00\x20ftypisom", Video}, {"", string(tar), Archive}, {"", "\x00asm\x01\x00\x00\x00", Binary}, {"", " ", Text}, {"", "OggS", Text}, {"", "OggS\x00\x02", Audio}, {"", "wOF2\x00\x01", Font},
		{"what is this?", "hello", Text}, {"; charset=x", "hello", Text}, {"text/plain, text/html", "hello", Text},
	} {
		if got := KindOf(c.contentType, []byte(c.b)); got != c.want {
			t.Errorf("%s, %q: %s, not %s", c.contentType, c.b, got, c.want)
		}
	}
	if s := Kind(200).String(); s != "kind 200" {
		t.Error(s)
	}
	for k := range kindNames {
		if kindNames[k] == "" {
			t.Errorf("kind %d has no name", k)
		}
	}
}

func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		b    []byte
		want string
	}{
		{drawn(t, "png"), "PNG image, 640 × 480"}, {drawn(t, "gif"), "GIF image, 640 × 480"}, {drawn(t, "jpeg"), "JPEG image, 640 × 480"},
		{file(t, "progressive.jpg"), "JPEG image, 37 × 21"}, {file(t, "lossy.webp"), "WebP image, 37 × 21"}, {file(t, "lossless.webp"), "WebP image, 37 × 21"}, {file(t, "alpha.webp"), "WebP image, 37 × 21"},
		{file(t, "t.avif"), "AVIF image, 64 × 48"}, {file(t, "t.heic"), "HEIC image, 64 × 48"}, {file(t, "t.ico"), "ICO image, 24 × 16"}, {file(t, "t.bmp"), "BMP image, 5 × 3"},
		{[]byte(`<svg width="120" height="80.4px" xmlns="x">`), "SVG image, 120 × 80"}, {[]byte(`<?xml version="1.0"?><svg viewBox="0 0 24 16"/>`), "SVG image, 24 × 16"},
		{[]byte(`<svg width="100%" height="1em" stroke-width="7">`), "SVG image"}, {drawn(t, "png")[:20], "PNG image"}, {[]byte("<html><p>404"), "HTML"}, {[]byte{0xff}, "image"}, {nil, "image"},
		{[]byte("\x1f\x8b\x08\x00"), "gzip archive"}, {[]byte("PK\x03\x04"), "ZIP archive"}, {[]byte("%PDF-1.7\n%"), "PDF 1.7 document"}, {[]byte("%PDF-x"), "PDF document"},
		{[]byte("\x00\x00\x00\x20ftypisom"), "MPEG-4 video"}, {[]byte("wOF2"), "WOFF2 font"}, {[]byte("fLaC"), "FLAC audio"}, {[]byte("\x00asm"), "WebAssembly"},
	} {
		if got := Describe(Image, c.b); got != c.want {
			t.Errorf("%.20q: %s, not %s", c.b, got, c.want)
		}
	}
	for k, want := range map[Kind]string{JSON: "JSON", GRPC: "gRPC", Empty: "empty", Binary: "binary", Protobuf: "Protocol Buffers", Audio: "MPEG-4 audio", Kind(99): "MPEG-4 video"} {
		if got := Describe(k, []byte("\x00\x00\x00\x20ftypisom")); got != want && k != Binary {
			t.Errorf("%s: %s", k, got)
		}
	}
}

// drawn encodes a picture with the encoders of the standard library.
func drawn(t *testing.T, format string) []byte {
	t.Helper()
	var out bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 640, 480))
	var err error
	switch format {
	case "png":
		err = png.Encode(&out, picture)
	case "gif":
		err = gif.Encode(&out, picture, nil)
	case "jpeg":
		err = jpeg.Encode(&out, picture, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// file reads one that ImageMagick wrote.
func file(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzPretty gives anything to every kind, and holds what is promised of all.
func FuzzPretty(f *testing.F) {
	for _, name := range []string{"alpha.webp", "lossless.webp", "lossy.webp", "t.avif", "t.heic", "t.ico", "t.bmp", "progressive.jpg"} {
		f.Add(uint8(Image), "image/x", file(f, name), uint16(1000))
	}
	for _, b := range []string{"{\"a\":[1]}", "<a>b</a>", "a=b&c=%20", "--b\r\nContent-Type: application/json\r\n\r\n[1]\r\n--b--\r\n", "\x08\x96\x01\x12\x03\x08\x01\x01", "\xa1\x61a\x9f\x01\xff", "\x81\xa1a\x93\x01\xc0\xcb"} {
		for _, k := range laidOut {
			f.Add(uint8(k), "text/plain; boundary=b", []byte(b), uint16(100))
		}
	}
	f.Fuzz(func(t *testing.T, k uint8, contentType string, b []byte, limit uint16) {
		input := bytes.Clone(b)
		kind := Kind(k)
		lines, ok := Pretty(kind, contentType, b, int(limit))
		if len(lines) > int(limit)+len("\n"+cutMark) || !ok && lines != "" {
			t.Fatalf("%d bytes for a limit of %d: %q", len(lines), limit, lines)
		}
		if utf8.Valid(b) && ok && kind != Multipart && !utf8.ValidString(lines) {
			t.Fatalf("%q", lines)
		}
		if Describe(kind, b) == "" || KindOf(contentType, b).String() == "" {
			t.Fatal("no name")
		}
		if !bytes.Equal(b, input) {
			t.Fatal("the input was written to")
		}
	})
}
