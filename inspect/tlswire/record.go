package tlswire

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
)

// ContentType says what a record carries, RFC 8446 section 5.1.
type ContentType uint8

// The TLS ContentType registry.
const (
	ContentTypeChangeCipherSpec ContentType = 20 // RFC 5246 section 7.1
	ContentTypeAlert            ContentType = 21 // RFC 8446 section 6
	ContentTypeHandshake        ContentType = 22 // RFC 8446 section 4
	ContentTypeApplicationData  ContentType = 23 // RFC 8446 section 5
	ContentTypeHeartbeat        ContentType = 24 // RFC 6520 section 3
)

// String returns the type's name as protocol analysers print it.
func (t ContentType) String() string {
	switch t {
	case ContentTypeChangeCipherSpec:
		return "Change Cipher Spec"
	case ContentTypeAlert:
		return "Alert"
	case ContentTypeHandshake:
		return "Handshake"
	case ContentTypeApplicationData:
		return "Application Data"
	case ContentTypeHeartbeat:
		return "Heartbeat"
	}
	return unknown8(uint8(t))
}

const (
	// RecordHeaderLen is the size of a record's type, version and length.
	RecordHeaderLen = 5
	// MaxCiphertext is the most that a record's fragment may hold: 2^14 bytes
	// and what compression and protection may add, RFC 5246 section 6.2.3.
	// TLS 1.3 allows less, but a reader can't know the version yet.
	MaxCiphertext = 1<<14 + 2048
)

// Record is a TLSPlaintext or TLSCiphertext, RFC 8446 sections 5.1 and 5.2.
type Record struct {
	Type     ContentType
	Version  Version // legacy_record_version
	Fragment []byte  // aliases the input
}

// RecordError says that bytes are not a TLS record.
type RecordError struct {
	Field string // "type", "version" or "length"
	Value int    // what stands there
}

// Error implements error.
func (e *RecordError) Error() string {
	switch e.Field {
	case "length":
		return fmt.Sprintf("tlswire: record length %d exceeds %d", e.Value, MaxCiphertext)
	case "version":
		return fmt.Sprintf("tlswire: record version has major byte %d, not 3", e.Value)
	}
	return fmt.Sprintf("tlswire: record %s is 0x%02x", e.Field, e.Value)
}

// ParseRecord reads the record at the beginning of b and says how many bytes it
// took. It returns n == 0 without an error if b is the beginning of a record but
// not yet the whole, and a *RecordError, as soon as a byte shows it, if b can't
// begin a record. A record of length zero is one.
func ParseRecord(b []byte) (rec Record, n int, err error) {
	s := cryptobyte.String(b)
	var typ, major, minor uint8
	var length uint16
	if !s.ReadUint8(&typ) {
		return Record{}, 0, nil
	}
	if t := ContentType(typ); t < ContentTypeChangeCipherSpec || t > ContentTypeHeartbeat {
		return Record{}, 0, &RecordError{Field: "type", Value: int(typ)}
	}
	if !s.ReadUint8(&major) {
		return Record{}, 0, nil
	}
	if major != 3 {
		return Record{}, 0, &RecordError{Field: "version", Value: int(major)}
	}
	if !s.ReadUint8(&minor) || !s.ReadUint16(&length) {
		return Record{}, 0, nil
	}
	if length > MaxCiphertext {
		return Record{}, 0, &RecordError{Field: "length", Value: int(length)}
	}
	if !s.ReadBytes(&rec.Fragment, int(length)) {
		return Record{}, 0, nil
	}
	rec.Type = ContentType(typ)
	rec.Version = Version(uint16(major)<<8 | uint16(minor))
	return rec, len(b) - len(s), nil
}
