package tlscrypt

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
	"testing"

	"tlsmitm/inspect/tlswire"
)

// TestCompressedRecords undoes what compress/zlib does, record by record.
func TestCompressedRecords(t *testing.T) {
	var stream bytes.Buffer
	w := zlib.NewWriter(&stream)
	record := func(text string) []byte {
		stream.Reset()
		w.Write([]byte(text))
		w.Flush()
		return bytes.Clone(stream.Bytes())
	}
	o, ok := NewUnkeyed(tlswire.VersionTLS10, 0x0002) // RSA_WITH_NULL_SHA
	if !ok || !o.Compressed(tlswire.CompressionDeflate) || o.Compressed(tlswire.CompressionLZS) {
		t.Fatal("not to be had")
	}
	// The later ones go back to what was in the earlier, some 32 KiB before.
	texts := []string{"", "GET / HTTP/1.1\r\n\r\n"}
	for i := range 6 {
		texts = append(texts, strings.Repeat(fmt.Sprintf("line %d of many\n", i), 800), "GET / HTTP/1.1\r\n\r\n", strings.Repeat("x", 1<<14))
	}
	for _, text := range texts {
		b := record(text)
		_, got, err := o.Open(tlswire.Record{Type: 23, Version: tlswire.VersionTLS10, Fragment: append(b, make([]byte, 20)...)})
		if err != nil || string(got) != text {
			t.Fatalf("%.20q…: %d bytes, %v", text, len(got), err)
		}
	}
	if _, _, ok := o.Peek(tlswire.Record{Type: 23, Fragment: make([]byte, 100)}); ok {
		t.Error("its length cannot be told without undoing it")
	}
	good := record("more")
	for name, b := range map[string][]byte{"cut": good[:len(good)-1], "too long": record(strings.Repeat("y", 1<<15)), "none": []byte("plain"), "dictionary": {0x78, 0xf9, 0}} {
		d := *o.inflater
		if name == "none" || name == "dictionary" {
			d = inflater{}
		}
		if plain, reason := d.open(b); reason != ReasonCompression {
			t.Errorf("%s: %q, %q", name, plain, reason)
		}
		if _, reason := d.open(good); reason != ReasonCompression {
			t.Errorf("%s: what follows is read", name)
		}
	}
}
