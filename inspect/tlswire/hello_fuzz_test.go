package tlswire

import (
	"reflect"
	"testing"
)

// seedBodies adds the bodies of all messages of a type, and fails without any.
func seedBodies(f *testing.F, typ HandshakeType, more ...[]byte) {
	f.Helper()
	seeds := 0
	add := func(body []byte) {
		f.Add(body)
		seeds++
	}
	for _, flow := range sampleFlows(f) {
		for _, m := range flow.messages {
			if m.Type == typ {
				add(m.Body)
			}
		}
	}
	for _, message := range more {
		add(body(f, message))
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
}

// FuzzClientHello holds that parsing is deterministic, reads its input alone and
// doesn't write to it, accounts for each extension, and that the fingerprints
// and the version range can be computed of whatever was parsed.
func FuzzClientHello(f *testing.F) {
	var hellos [][]byte
	for _, hello := range sampleHellos(f) {
		hellos = append(hellos, hello)
	}
	hellos = append(hellos, sampleHex(f, illustrated12Client), sampleHex(f, illustrated13Client))
	seedBodies(f, HandshakeTypeClientHello, hellos...)
	f.Fuzz(func(t *testing.T, b []byte) {
		input := string(b)
		h, err := ParseClientHello(b)
		again, errAgain := ParseClientHello([]byte(input))
		if !reflect.DeepEqual(h, again) || !reflect.DeepEqual(err, errAgain) || string(b) != input {
			t.Fatalf("%+v, %v; then %+v, %v", h, err, again, errAgain)
		}
		checkParsed(t, Handshake{Type: HandshakeTypeClientHello, Body: b}, 0, 0)
		if err != nil {
			return
		}
		checkExtensions(t, b, h.Extensions, h.Malformed)
		if lowest, highest := h.VersionRange(); lowest > highest || (lowest == 0) != (highest == 0) {
			t.Fatalf("%s to %s", lowest, highest)
		}
		if hash, raw := h.JA3(); len(hash) != 32 || raw == "" {
			t.Fatalf("JA3 is %s of %s", hash, raw)
		}
		if ja4, raw := h.JA4(); len(ja4) != 36 || raw[:10] != ja4[:10] {
			t.Fatalf("JA4 is %s of %s", ja4, raw)
		}
	})
}

// FuzzServerHello holds the same of the server's hello.
func FuzzServerHello(f *testing.F) {
	seedBodies(f, HandshakeTypeServerHello, sampleHex(f, illustrated12Server), sampleHex(f, illustrated13Server))
	f.Fuzz(func(t *testing.T, b []byte) {
		input := string(b)
		h, err := ParseServerHello(b)
		again, errAgain := ParseServerHello([]byte(input))
		if !reflect.DeepEqual(h, again) || !reflect.DeepEqual(err, errAgain) || string(b) != input {
			t.Fatalf("%+v, %v; then %+v, %v", h, err, again, errAgain)
		}
		checkParsed(t, Handshake{Type: HandshakeTypeServerHello, Body: b}, 0, 0)
		if err != nil {
			return
		}
		checkExtensions(t, b, h.Extensions, h.Malformed)
		if v := h.Version(); v != h.LegacyVersion && v != h.SelectedVersion {
			t.Fatal(v)
		}
		if hash, _ := h.JA3S(); len(hash) != 32 {
			t.Fatal(hash)
		}
	})
}

// checkExtensions holds that a hello ends with its extensions, and that each
// fault points into it.
func checkExtensions(t *testing.T, b []byte, list []Extension, malformed []ParseError) {
	t.Helper()
	end := len(b)
	for i := len(list) - 1; i >= 0; i-- {
		data := list[i].Data
		at := end - len(data)
		header := []byte{byte(list[i].Type >> 8), byte(list[i].Type), byte(len(data) >> 8), byte(len(data))}
		if string(b[at:end]) != string(data) || string(b[at-4:at]) != string(header) {
			t.Fatalf("extension %d is not at %d", i, at)
		}
		end = at - 4
	}
	for _, fault := range malformed {
		if fault.Offset < 0 || fault.Offset > len(b) || fault.Field == "" || fault.Reason == "" {
			t.Fatalf("%#v", fault)
		}
	}
}

func BenchmarkParseClientHello(b *testing.B) {
	for name, hello := range sampleHellos(b) {
		switch name {
		case "chromium", "curl", "curl-tls10":
			message := body(b, hello)
			b.Run(name, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(message)))
				for b.Loop() {
					if _, err := ParseClientHello(message); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkParseServerHello(b *testing.B) {
	message := body(b, sampleHex(b, illustrated13Server))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseServerHello(message); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprints(b *testing.B) {
	h, err := ParseClientHello(body(b, sampleHellos(b)["chromium"]))
	if err != nil {
		b.Fatal(err)
	}
	for name, fingerprint := range map[string]func() (string, string){"JA3": h.JA3, "JA4": h.JA4} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				fingerprint()
			}
		})
	}
}

func BenchmarkParseRecord(b *testing.B) {
	record := append([]byte{23, 3, 3, 0x40, 0}, make([]byte, 1<<14)...)
	b.ReportAllocs()
	for b.Loop() {
		if _, n, err := ParseRecord(record); n == 0 || err != nil {
			b.Fatal(n, err)
		}
	}
}
