package tlscrypt

import (
	"crypto"
	_ "crypto/md5" // the MACs and PRFs of TLS 1.0 to 1.2
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"strings"

	"tlsmitm/inspect/tlswire"
)

// bulk is how a suite protects records.
type bulk uint8

const (
	bulkNone bulk = iota // not supported
	bulkNull
	bulkRC4
	bulk3DES
	bulkDES
	bulkAESCBC
	bulkGCM
	bulkCCM
	bulkChaCha
)

// suite is what opening needs to know of a cipher suite. The key exchange and
// the authentication do not matter here.
type suite struct {
	bulk   bulk
	key    int         // bytes
	tag    int         // of the AEAD
	mac    crypto.Hash // of the suites that are not AEAD
	prf    crypto.Hash // HKDF's in TLS 1.3, the PRF's in TLS 1.2
	tls13  bool
	macLen int
}

// lookup reads a suite's parts off its registered name: that says them all
// (RFC 5246 appendix C; RFC 8446 appendix B.4).
func lookup(id tlswire.CipherSuite) (suite, bool) {
	name := id.String()
	s := suite{tls13: id>>8 == 0x13}
	if _, after, ok := strings.Cut(name, "_WITH_"); ok && strings.HasPrefix(name, "TLS_") {
		name = after
	} else if s.tls13 {
		name = strings.TrimPrefix(name, "TLS_")
	} else {
		return suite{}, false
	}
	s.bulk, s.key, s.tag, name = cutBulk(name)
	if s.bulk == bulkNone {
		return suite{}, false
	}
	switch name {
	case "_MD5":
		s.mac = crypto.MD5
	case "_SHA":
		s.mac = crypto.SHA1
	case "_SHA256", "": // CCM suites before TLS 1.3 do not name it (RFC 6655 section 3)
		s.mac = crypto.SHA256
	case "_SHA384":
		s.mac = crypto.SHA384
	default:
		return suite{}, false
	}
	s.prf = crypto.SHA256
	if s.mac == crypto.SHA384 {
		s.prf = crypto.SHA384
	}
	if !s.aead() {
		s.macLen = s.mac.Size()
	}
	return s, true
}

// prfOf returns the hash of a suite's PRF or HKDF, of those too whose records cannot
// be opened: from TLS 1.2 on it ends the name, or is SHA-256 where that names
// another one or none (RFC 5246 section 5, RFC 5289 section 3). The national suites
// have hashes of their own.
func prfOf(id tlswire.CipherSuite) (crypto.Hash, bool) {
	name := id.String()
	switch {
	case !strings.HasPrefix(name, "TLS_"), strings.HasSuffix(name, "_SM3"), strings.Contains(name, "GOST"):
		return 0, false
	case strings.HasSuffix(name, "_SHA384"):
		return crypto.SHA384, true
	}
	return crypto.SHA256, true
}

// cutBulk splits the bulk cipher off the front of a name.
func cutBulk(name string) (b bulk, key, tag int, rest string) {
	for _, c := range [...]struct {
		name     string
		bulk     bulk
		key, tag int
	}{
		{"AES_128_GCM", bulkGCM, 16, 16},
		{"AES_256_GCM", bulkGCM, 32, 16},
		{"CHACHA20_POLY1305", bulkChaCha, 32, 16},
		{"AES_128_CBC", bulkAESCBC, 16, 0},
		{"AES_256_CBC", bulkAESCBC, 32, 0},
		{"3DES_EDE_CBC", bulk3DES, 24, 0},
		{"DES_CBC", bulkDES, 8, 0},
		{"RC4_128", bulkRC4, 16, 0},
		{"AES_128_CCM_8", bulkCCM, 16, 8},
		{"AES_256_CCM_8", bulkCCM, 32, 8},
		{"AES_128_CCM", bulkCCM, 16, 16},
		{"AES_256_CCM", bulkCCM, 32, 16},
		{"NULL", bulkNull, 0, 0},
	} {
		if rest, ok := strings.CutPrefix(name, c.name); ok {
			return c.bulk, c.key, c.tag, rest
		}
	}
	return bulkNone, 0, 0, ""
}

func (s suite) aead() bool { return s.bulk >= bulkGCM }

// Supported tells whether records of a version and suite can be opened.
func Supported(v tlswire.Version, id tlswire.CipherSuite) bool {
	s, ok := lookup(id)
	switch {
	case !ok:
		return false
	case v.Is13():
		return s.tls13 && (v.Draft() == 0 || v.Draft() >= oldestDraft)
	case s.tls13, v < tlswire.VersionSSL30, v > tlswire.VersionTLS12:
		return false
	case s.aead():
		return v == tlswire.VersionTLS12
	}
	// Before TLS 1.0 there were no other hashes (RFC 6101 5.2.3.1).
	return v != tlswire.VersionSSL30 || s.mac == crypto.MD5 || s.mac == crypto.SHA1
}
