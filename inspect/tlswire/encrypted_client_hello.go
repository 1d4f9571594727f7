package tlswire

import (
	"bytes"

	"golang.org/x/crypto/cryptobyte"
)

// OuterECH is the encrypted_client_hello of an outer Client Hello, RFC 9849
// section 5. Its slices alias the message and are read-only.
type OuterECH struct {
	KDF      HPKEKDF
	AEAD     HPKEAEAD
	ConfigID uint8
	Enc      []byte // empty in the hello that answers a Hello Retry Request
	Payload  []byte // the inner hello, encrypted
}

// OuterECH returns the hello's encrypted_client_hello, nil if it has none, or not
// the outer form. One that is made up (GREASE) looks like a real one.
func (h *ClientHello) OuterECH() *OuterECH {
	e := findExtension(h.Extensions, ExtensionTypeEncryptedClientHello)
	if e == nil {
		return nil
	}
	r := newReader("Client Hello", e.Data)
	if ECHClientHelloType(r.uint8("type")) != ECHOuter {
		return nil
	}
	o := &OuterECH{KDF: HPKEKDF(r.uint16("kdf_id")), AEAD: HPKEAEAD(r.uint16("aead_id")), ConfigID: r.uint8("config_id")}
	o.Enc, o.Payload = r.vector16("enc"), r.vector16("payload")
	if r.end("payload"); r.failed || len(o.Payload) == 0 {
		return nil
	}
	return o
}

// ECHConfigKEM returns the KEM that an ECHConfig's key is of, an identifier of RFC
// 9180 section 7.1; false if it is none of RFC 9849 section 4.
func ECHConfigKEM(config []byte) (kem uint16, ok bool) {
	s := cryptobyte.String(config)
	var version uint16
	var contents cryptobyte.String
	var id uint8
	ok = s.ReadUint16(&version) && treeECHVersion(version) == treeECHVersionFinal && s.ReadUint16LengthPrefixed(&contents) && s.Empty() &&
		contents.ReadUint8(&id) && contents.ReadUint16(&kem)
	return kem, ok
}

// InnerClientHello puts the inner hello together from how it was encoded, which leaves
// out what the outer one has as well (RFC 9849 section 5.1). outer is the body of the
// outer hello. It returns the whole message, with its header; nil if encoded is no such
// hello, or refers to what the outer one has not.
func InnerClientHello(outer, encoded []byte) []byte {
	out, err := ParseClientHello(outer)
	s := cryptobyte.String(encoded)
	var start, suites, methods, extensions cryptobyte.String
	var id cryptobyte.String
	if err != nil || !s.ReadBytes((*[]byte)(&start), 2+32) || !s.ReadUint8LengthPrefixed(&id) || !id.Empty() ||
		!s.ReadUint16LengthPrefixed(&suites) || !s.ReadUint8LengthPrefixed(&methods) || !s.ReadUint16LengthPrefixed(&extensions) ||
		len(bytes.Trim(s, "\x00")) > 0 {
		return nil
	}
	extensions, ok := out.expand(extensions)
	if !ok {
		return nil
	}
	var b cryptobyte.Builder
	b.AddUint8(uint8(HandshakeTypeClientHello))
	b.AddUint24LengthPrefixed(func(b *cryptobyte.Builder) {
		b.AddBytes(start)
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(out.SessionID) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(suites) })
		b.AddUint8LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(methods) })
		b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(extensions) })
	})
	inner, err := b.Bytes()
	if err != nil {
		return nil
	}
	return inner
}

// expand puts the hello's own extensions where those of an inner hello refer to them in
// ech_outer_extensions, which it may do once, in their order, and not to
// encrypted_client_hello.
func (h *ClientHello) expand(inner []byte) (whole []byte, ok bool) {
	s, left := cryptobyte.String(inner), h.Extensions
	for once := false; !s.Empty(); {
		var t uint16
		var data, names cryptobyte.String
		at := s
		if !s.ReadUint16(&t) || !s.ReadUint16LengthPrefixed(&data) {
			return nil, false
		}
		if ExtensionType(t) != ExtensionTypeECHOuterExtensions {
			whole = append(whole, at[:len(at)-len(s)]...)
			continue
		}
		if once || !data.ReadUint8LengthPrefixed(&names) || !data.Empty() {
			return nil, false
		}
		for once = true; !names.Empty(); {
			if !names.ReadUint16(&t) || ExtensionType(t) == ExtensionTypeEncryptedClientHello {
				return nil, false
			}
			for len(left) > 0 && left[0].Type != ExtensionType(t) {
				left = left[1:]
			}
			if len(left) == 0 {
				return nil, false
			}
			var b cryptobyte.Builder
			b.AddUint16(t)
			b.AddUint16LengthPrefixed(func(b *cryptobyte.Builder) { b.AddBytes(left[0].Data) })
			whole, left = append(whole, b.BytesOrPanic()...), left[1:]
		}
	}
	return whole, len(whole) <= 0xffff
}
