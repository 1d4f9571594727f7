package tlswire

import "fmt"

// Version is a ProtocolVersion, RFC 8446 section 4.2.1.
type Version uint16

// The versions that have been published.
const (
	VersionSSL20 Version = 0x0002 // only ever seen as a number: SSL 2.0 has other records
	VersionSSL30 Version = 0x0300 // RFC 6101
	VersionTLS10 Version = 0x0301 // RFC 2246
	VersionTLS11 Version = 0x0302 // RFC 4346
	VersionTLS12 Version = 0x0303 // RFC 5246
	VersionTLS13 Version = 0x0304 // RFC 8446

	VersionDTLS10 Version = 0xfeff // RFC 4347
	VersionDTLS12 Version = 0xfefd // RFC 6347
	VersionDTLS13 Version = 0xfefc // RFC 9147
)

// String returns the version's name: "TLS 1.3", "SSL 3.0", "TLS 1.3 (draft 28)".
func (v Version) String() string {
	switch v {
	case VersionSSL20:
		return "SSL 2.0"
	case VersionSSL30:
		return "SSL 3.0"
	case VersionTLS10:
		return "TLS 1.0"
	case VersionTLS11:
		return "TLS 1.1"
	case VersionTLS12:
		return "TLS 1.2"
	case VersionTLS13:
		return "TLS 1.3"
	case VersionDTLS10:
		return "DTLS 1.0"
	case VersionDTLS12:
		return "DTLS 1.2"
	case VersionDTLS13:
		return "DTLS 1.3"
	}
	switch {
	case v>>8 == draftMajor:
		return fmt.Sprintf("TLS 1.3 (draft %d)", uint8(v))
	case v>>8 == fizzMajor:
		return fmt.Sprintf("TLS 1.3 (Fizz, draft %d)", uint8(v))
	case isGREASE(uint16(v)):
		return grease(uint16(v))
	}
	return unknown16(uint16(v))
}

// IsGREASE says whether v is reserved by RFC 8701 to keep peers tolerant.
func (v Version) IsGREASE() bool { return isGREASE(uint16(v)) }

// known says whether v is a version of SSL or TLS that can be negotiated with
// records of today's form.
func (v Version) known() bool { return v >= VersionSSL30 && v <= VersionTLS13 }

// The first bytes of the versions of TLS 1.3 before it was final; the second is the
// draft's number.
const (
	draftMajor = 0x7f // draft-ietf-tls-tls13-28 section 4.2.1.1
	fizzMajor  = 0xfb // variants of drafts that github.com/facebookincubator/fizz spoke
)

// Is13 says whether v is TLS 1.3 or one of its drafts.
func (v Version) Is13() bool { return v == VersionTLS13 || v.Draft() != 0 }

// Draft returns the number of the draft of TLS 1.3 that v is, or 0.
func (v Version) Draft() int {
	if major := v >> 8; major != draftMajor && major != fizzMajor {
		return 0
	}
	return int(v & 0xff)
}

// is12 says whether messages have the forms of TLS 1.2, which unknown versions
// and none are taken for.
func (v Version) is12() bool { return !v.Is13() && (v < VersionSSL30 || v >= VersionTLS12) }
