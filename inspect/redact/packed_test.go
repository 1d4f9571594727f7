package redact

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// document has secrets in all that has names.
var document = map[string]any{
	"user": "ann", "password": "hunter22hunter22", "age": 7, "ok": true, "nothing": nil, "ratio": 0.5,
	"nested": map[string]any{"access_token": "nested-secret-1", "list": []any{map[string]any{"pin": 1, "client_secret": []byte("bytes-secret-22")}}},
	"tokens": []any{"first-of-them-11", map[string]any{"any": "second-of-them-2"}, 123456789, 1.25, -5},
	"json":   `{"password":"inner-secret-333"}`, "note": "see https://e.org/?token=query-secret-44",
	"raw": []byte(`{"api_key":"in-the-bytes-55"}`),
}

var documentSecrets = []string{"hunter22", "nested-secret", "bytes-secret", "first-of-them", "second-of-them", "inner-secret", "query-secret", "in-the-bytes"}

func TestCBOR(t *testing.T) {
	r := newDefault(t)
	mode, err := cbor.CanonicalEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	b, err := mode.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	inner, err := mode.Marshal(cbor.Tag{Number: 24, Content: b})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"plain": b, "embedded": inner, "a sequence": append(append([]byte(nil), b...), b...)} {
		for _, media := range []string{"application/cbor", "application/senml+cbor; x=y", "Application/CBOR-seq"} {
			hidden := r.Body(media, content)
			for _, secret := range documentSecrets {
				if bytes.Contains(hidden, []byte(secret)) {
					t.Errorf("%s as %s has %s", name, media, secret)
				}
			}
			var back any
			rest, err := cbor.UnmarshalFirst(hidden, &back)
			if err != nil || (name == "a sequence") != (len(rest) > 0) {
				t.Errorf("%s as %s is CBOR no more: %v, %d bytes are left", name, media, err, len(rest))
			}
			if doc, ok := back.(map[any]any); ok {
				if doc["user"] != "ann" || doc["age"] != uint64(7) || doc["ok"] != true || unsalted(doc["password"].(string)) != "‹password, 16 bytes, #HHHHHH›" ||
					unsalted(string(doc["raw"].([]byte))) != `{"api_key":"‹api-key, 15 bytes, #HHHHHH›"}` {
					t.Errorf("%s as %s became %v", name, media, doc)
				}
			}
			if again := newDefault(t).Body(media, hidden); !bytes.Equal(again, hidden) {
				t.Errorf("%s as %s: hidden again it is %q", name, media, again)
			}
		}
	}
	if hidden := r.Body("", b); bytes.Contains(hidden, []byte("hunter22")) {
		t.Errorf("without a name for it: %q", hidden)
	}
	harmless, err := mode.Marshal(map[string]any{"user": "ann", "list": []any{1, 2.5, "x"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Body("application/cbor", harmless); &got[0] != &harmless[0] {
		t.Errorf("without a secret: %x became %x", harmless, got)
	}
}

// What RFC 8949 and MessagePack's specification allow, each in a few bytes.
func TestPackedForms(t *testing.T) {
	r := newDefault(t)
	// masked is a mask as a string of either format. The first of its hash stands for all.
	masked := func(isCBOR bool, size string) string {
		s := "‹pwd, " + size + ", #HHHHHH›"
		switch {
		case !isCBOR && len(s) < 32:
			return string([]byte{0xa0 | byte(len(s))}) + s
		case !isCBOR:
			return string([]byte{0xd9, byte(len(s))}) + s
		}
		return string([]byte{0x78, byte(len(s))}) + s
	}
	for _, c := range []struct{ media, in, want string }{
		{"cbor", "\xa1\x63pwd\x65abcde", "\xa1\x63pwd" + masked(true, "5 bytes")},
		{"cbor", "\xbf\x63pwd\x7f\x62ab\x63cde\xff\x61x\x01\xff", "\xbf\x63pwd" + masked(true, "5 bytes") + "\x61x\x01\xff"},
		{"cbor", "\xa1\x43pwd\x45abcde", "\xa1\x43pwd" + masked(true, "5 bytes")},
		{"cbor", "\xa1\x63pwd\x19\x01\x02", "\xa1\x63pwd" + masked(true, "3 bytes")},
		{"cbor", "\xa1\x63pwd\x38\x63", "\xa1\x63pwd" + masked(true, "4 bytes")}, // -100
		{"cbor", "\xa1\x63pwd\xf6", ""},
		{"cbor", "\xa1\x63pwd\xc0\x65abcde", "\xa1\x63pwd\xc0" + masked(true, "5 bytes")},
		{"cbor", "\xa1\x63pwd\x9f\x01\x62ab\xff", "\xa1\x63pwd\x9f" + masked(true, "1 byte") + masked(true, "2 bytes") + "\xff"},
		{"cbor", "\xa1\x63pwd\x69abc", "\xa1\x63pwd" + masked(true, "3 bytes")}, // cut
		{"cbor", "\xa1\x63pwd\x1c", "\xa1\x63pwd" + masked(true, "1 byte")},     // malformed
		{"cbor", "\xa1\x63foo\x1cpwd=abc", "\xa1\x63foo\x1cpwd=‹pwd-3-HHHHHH›"},
		{"cbor", "\xa0\x83\x01\x02\x20", ""},
		{"msgpack", "\x81\xa3pwd\xa5abcde", "\x81\xa3pwd" + masked(false, "5 bytes")},
		{"msgpack", "\x81\xd9\x03pwd\xc4\x05abcde", "\x81\xd9\x03pwd" + masked(false, "5 bytes")},
		{"msgpack", "\xde\x00\x01\xa3pwd\xcd\x01\x02", "\xde\x00\x01\xa3pwd" + masked(false, "3 bytes")},
		{"msgpack", "\x81\xa3pwd\xd6\x05abcd", "\x81\xa3pwd" + masked(false, "6 bytes")},
		{"msgpack", "\x82\xa1x\xc7\x02\x01ab\xa3pwd\xc7\x02\x01ab", "\x82\xa1x\xc7\x02\x01ab\xa3pwd" + masked(false, "5 bytes")},
		{"msgpack", "\x81\xa3pwd\x92\xa2ab\xcb\x00\x00\x00\x00\x00\x00\x00\x00", "\x81\xa3pwd\x92" + masked(false, "2 bytes") + masked(false, "9 bytes")},
		{"msgpack", "\x82\xa3pwd\xd1\xff\x9c\xa3pwd\xd1\x00\x64", "\x82\xa3pwd" + masked(false, "4 bytes") + "\xa3pwd" + masked(false, "3 bytes")}, // -100, 100
		{"msgpack", "\x81\xa3pwd\xc0", ""},
		{"msgpack", "\x94\x01\xff\xd1\x00\x01\xdc\x00\x00", ""},
		{"msgpack", "\x81\xa3foo\xdb\xff\xff\xff\xffpwd=abc", "\x81\xa3foo\xb6pwd=‹pwd-3-HHHHHH›"},
	} {
		if c.want == "" {
			c.want = c.in
		}
		if got := unsalted(string(r.Body("application/"+c.media, []byte(c.in)))); got != c.want {
			t.Errorf("%s %s\ngot  %q\nwant %q", c.media, hex.EncodeToString([]byte(c.in)), got, c.want)
		}
	}
	deep := strings.Repeat("\x81", 100) + "\xa1\x63pwd\x65abcde"
	if got := r.Body("application/cbor", []byte(deep)); strings.Contains(string(got), "abcde") {
		t.Errorf("what is too deep shows: %q", got)
	}
	nest := "\x65abcde"
	for range 1000 {
		nest = "\xd8\x18\x5a\x00\x00" + string([]byte{byte(len(nest) >> 8), byte(len(nest))}) + nest
	}
	r.Body("application/cbor", []byte(nest))
}

func TestGuess(t *testing.T) {
	for content, want := range map[string]format{
		"\x81\xa3pwd\xa5abcde": formatMessagePack, "\x92\x01\x81\xa1a\x01": formatMessagePack, "\xa1\x63pwd\x65abcde": formatCBOR, "\x82\x01\xa1\x61a\x01": formatCBOR,
		"\x81\xa3pwd\xa5abcd": formatNone, "\x93\x01\x02\x03": formatNone, "\x83\x01\x02\x03": formatNone, "\x89PNG\r\n\x1a\n": formatNone, "": formatNone, "hello": formatNone,
	} {
		if got := guess([]byte(content)); got != want {
			t.Errorf("%q: %d, not %d", content, got, want)
		}
	}
}

// textHides says whether b has strings with secrets in their text, or what cannot be
// decoded to tell. A text that was hidden in part may read otherwise the second time.
func textHides(r *Redactor, b []byte) bool {
	var v any
	if cbor.Unmarshal(b, &v) != nil {
		return true
	}
	var hides func(any) bool
	hides = func(v any) bool {
		switch v := v.(type) {
		case string:
			return string(r.Text([]byte(v))) != v
		case []byte:
			return !bytes.Equal(r.Text(v), v)
		case cbor.ByteString:
			return string(r.Text([]byte(v))) != string(v)
		case cbor.Tag:
			return hides(v.Content)
		case []any:
			return slices.ContainsFunc(v, hides)
		case map[any]any:
			for name, value := range v {
				if hides(name) || hides(value) {
					return true
				}
			}
		}
		return false
	}
	return hides(v)
}

// FuzzPacked holds that nothing panics, that what is hidden is hidden once, and that
// what has no names and no text stays.
func FuzzPacked(f *testing.F) {
	b, err := cbor.Marshal(document)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b, true)
	f.Add([]byte("\x82\xa3pwd\xa5abcde\xa1x\xc7\x02\x01ab"), false)
	f.Add([]byte("\xbf\x63pwd\x7f\x62ab\x63cde\xff\xff\xd8\x18\x43\xa1\x01\x02"), true)
	f.Add([]byte("\x73(secret:Bearer pass"), true)
	r, again := newDefault(f), newDefault(f)
	f.Fuzz(func(t *testing.T, b []byte, isCBOR bool) {
		media := "application/msgpack"
		if isCBOR {
			media = "application/cbor"
		}
		before := bytes.Clone(b)
		once := r.Body(media, b)
		if !bytes.Equal(b, before) {
			t.Fatal("the content was altered")
		}
		if isCBOR && cbor.Wellformed(before) == nil && cbor.Wellformed(once) != nil {
			t.Fatalf("%x is CBOR, and %x is not", before, once)
		}
		if cbor.Wellformed(once) == nil && isCBOR && !textHides(r, before) {
			if twice := again.Body(media, once); !bytes.Equal(twice, once) {
				t.Fatalf("%x\nonce  %x\ntwice %x", before, once, twice)
			}
		}
		r.Body("", b)
	})
}
