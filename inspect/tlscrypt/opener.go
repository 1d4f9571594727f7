package tlscrypt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/chacha20poly1305"

	"tlsmitm/inspect/tlswire"
)

// Reason says why a record could not be opened.
type Reason string

// The reasons that an [OpenError] gives.
const (
	ReasonTooShort       Reason = "too short for its cipher"
	ReasonAuthentication Reason = "does not authenticate"
	ReasonPadding        Reason = "bad padding"
	ReasonBlocks         Reason = "not a whole number of blocks"
	ReasonNoType         Reason = "padding alone, and no content type" // RFC 8446 5.4
	ReasonCompression    Reason = "its compression cannot be undone"
)

// OpenError is a record that could not be opened.
type OpenError struct {
	Suite  tlswire.CipherSuite
	Number uint64 // of the record, counted from 0 under its key
	Reason Reason
}

// Error names the record, its suite and the reason.
func (e *OpenError) Error() string {
	return fmt.Sprintf("tlscrypt: record %d under %s: %s", e.Number, e.Suite, e.Reason)
}

// Opener opens the records of one direction under one key. It is not safe for
// concurrent use.
type Opener struct {
	id     tlswire.CipherSuite
	suite  suite
	tls13  bool
	seq    uint64
	secret []byte // TLS 1.3: the traffic secret, for the next generation
	// version is TLS 1.3's, which may be a draft's.
	version tlswire.Version

	// One of these three opens.
	aead   cipher.AEAD // GCM and ChaCha20-Poly1305
	ccm    *ccm
	legacy *legacy // the suites that are not AEAD

	inflater *inflater // nil unless records are compressed

	// The rest is the AEADs'. Buffers are here so that opening allocates nothing.
	iv      [12]byte
	nonce   [12]byte
	aad     [13]byte
	block   cipher.Block // GCM's, for Peek
	key     []byte       // ChaCha20's, for Peek
	counter [16]byte
	stream  [64]byte
}

// NewTLS13 returns the opener of a direction's records under a traffic secret
// (RFC 8446 7.3), which it copies.
func NewTLS13(id tlswire.CipherSuite, trafficSecret []byte) (*Opener, error) {
	return NewTLS13Draft(tlswire.VersionTLS13, id, trafficSecret)
}

// NewTLS13Draft is NewTLS13 for TLS 1.3 or one of its drafts.
func NewTLS13Draft(v tlswire.Version, id tlswire.CipherSuite, trafficSecret []byte) (*Opener, error) {
	s, ok := lookup(id)
	if !ok || !s.tls13 || !Supported(v, id) {
		return nil, fmt.Errorf("tlscrypt: %s is not a supported suite of %s", id, v)
	}
	if len(trafficSecret) != s.prf.Size() {
		return nil, fmt.Errorf("tlscrypt: a traffic secret of %s has %d bytes, not %d", id, s.prf.Size(), len(trafficSecret))
	}
	o := &Opener{id: id, suite: s, tls13: true, version: v, secret: bytes.Clone(trafficSecret)}
	e := newExpander(s.prf, trafficSecret, v)
	copy(o.iv[:], e.label("iv", len(o.iv)))
	if err := o.setAEAD(e.label("key", s.key)); err != nil {
		return nil, err
	}
	return o, nil
}

// NextGeneration returns the opener of what follows a KeyUpdate (RFC 8446 7.2).
func (o *Opener) NextGeneration() (*Opener, error) {
	if !o.tls13 {
		return nil, fmt.Errorf("tlscrypt: %s has no key update before TLS 1.3", o.id)
	}
	label := "traffic upd"
	if oldLabels(o.version) {
		label = "application traffic secret"
	}
	return NewTLS13Draft(o.version, o.id, newExpander(o.suite.prf, o.secret, o.version).label(label, o.suite.prf.Size()))
}

// TrafficSecret returns the secret that the opener was made with, in TLS 1.3 alone.
// It is read-only.
func (o *Opener) TrafficSecret() []byte { return o.secret }

// TLS12Params are what the keys of TLS 1.2 and before are derived from.
type TLS12Params struct {
	Version      tlswire.Version
	CipherSuite  tlswire.CipherSuite
	MasterSecret []byte // 48 bytes
	ClientRandom []byte // 32 bytes
	ServerRandom []byte // 32 bytes
	// EncryptThenMAC is set if the server took that extension up (RFC 7366).
	EncryptThenMAC bool
	FromServer     bool // whose records are to be opened
}

// NewTLS12 returns the opener of a direction's records in SSL 3.0 or TLS 1.0 to 1.2.
func NewTLS12(p TLS12Params) (*Opener, error) {
	s, ok := lookup(p.CipherSuite)
	if !ok || !Supported(p.Version, p.CipherSuite) || p.Version >= tlswire.VersionTLS13 {
		return nil, fmt.Errorf("tlscrypt: %s is not supported in %s", p.CipherSuite, p.Version)
	}
	if len(p.MasterSecret) != 48 || len(p.ClientRandom) != 32 || len(p.ServerRandom) != 32 {
		return nil, fmt.Errorf("tlscrypt: %s: the master secret has 48 bytes and the randoms 32, not %d, %d and %d",
			p.Version, len(p.MasterSecret), len(p.ClientRandom), len(p.ServerRandom))
	}
	o := &Opener{id: p.CipherSuite, suite: s}
	ivLen := o.fixedIV(p.Version)
	block := keyBlock(p, s, 2*(s.macLen+s.key+ivLen))
	// client MAC, server MAC, client key, server key, client IV, server IV
	pick := func(n int) []byte {
		client, server := block[:n], block[n:2*n]
		block = block[2*n:]
		if p.FromServer {
			return server
		}
		return client
	}
	macKey, key, iv := pick(s.macLen), pick(s.key), pick(ivLen)
	var err error
	if s.aead() {
		copy(o.iv[:], iv)
		err = o.setAEAD(key)
	} else {
		o.legacy, err = newLegacy(p, s, macKey, key, iv)
	}
	if err != nil {
		return nil, err
	}
	return o, nil
}

// fixedIV is how many bytes of IV the key block yields: the nonce's fixed part
// (RFC 5288 section 3, RFC 7905 section 2), or the first IV of TLS 1.0 and SSL 3.0.
func (o *Opener) fixedIV(v tlswire.Version) int {
	switch o.suite.bulk {
	case bulkGCM, bulkCCM:
		return 4
	case bulkChaCha:
		return 12
	case bulkAESCBC:
		if v <= tlswire.VersionTLS10 {
			return 16
		}
	case bulk3DES, bulkDES:
		if v <= tlswire.VersionTLS10 {
			return 8
		}
	}
	return 0
}

func (o *Opener) setAEAD(key []byte) (err error) {
	switch o.suite.bulk {
	case bulkGCM:
		if o.block, err = aes.NewCipher(key); err == nil {
			o.aead, err = cipher.NewGCM(o.block)
		}
	case bulkCCM:
		var block cipher.Block
		if block, err = aes.NewCipher(key); err == nil {
			o.ccm = newCCM(block, o.suite.tag)
		}
	case bulkChaCha:
		o.key = bytes.Clone(key)
		o.aead, err = chacha20poly1305.New(key)
	}
	if err != nil {
		return fmt.Errorf("tlscrypt: %s: %w", o.id, err)
	}
	return nil
}

// Open decrypts a record in place: the plaintext aliases the fragment, which the
// caller owns, and which after an error holds neither plaintext nor ciphertext.
// In TLS 1.3 the plaintext comes without its padding and with the inner content
// type (RFC 8446 5.2). Errors are *OpenError; after one the record number is as
// before, so that the record after a stray one opens.
func (o *Opener) Open(rec tlswire.Record) (tlswire.ContentType, []byte, error) {
	var plain []byte
	var reason Reason
	ct := rec.Type
	switch {
	case o.legacy != nil:
		plain, reason = o.legacy.open(o.seq, rec)
	case o.tls13:
		if plain, reason = o.open13(rec); reason == "" {
			ct, plain, reason = stripPadding(plain)
		}
	default:
		plain, reason = o.open12(rec)
	}
	if reason != "" {
		return 0, nil, &OpenError{o.id, o.seq, reason}
	}
	o.seq++
	if o.inflater != nil {
		if plain, reason = o.inflater.open(plain); reason != "" {
			return 0, nil, &OpenError{o.id, o.seq - 1, reason}
		}
	}
	return ct, plain, nil
}

// stripPadding splits a TLSInnerPlaintext (RFC 8446 5.2).
func stripPadding(b []byte) (tlswire.ContentType, []byte, Reason) {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] != 0 {
			return tlswire.ContentType(b[i]), b[:i], ""
		}
	}
	return 0, nil, ReasonNoType
}

// xorNonce sets the nonce of RFC 8446 5.3 and RFC 7905: the IV and the record
// number.
func (o *Opener) xorNonce() {
	o.nonce = o.iv
	n := binary.BigEndian.Uint64(o.nonce[4:])
	binary.BigEndian.PutUint64(o.nonce[4:], n^o.seq)
}

// open13 opens a record of TLS 1.3: its header is the additional data
// (RFC 8446 5.2).
func (o *Opener) open13(rec tlswire.Record) ([]byte, Reason) {
	if len(rec.Fragment) < o.suite.tag+1 {
		return nil, ReasonTooShort
	}
	o.xorNonce()
	aad := o.aad[:tlswire.RecordHeaderLen]
	aad[0] = byte(rec.Type)
	binary.BigEndian.PutUint16(aad[1:], uint16(rec.Version))
	binary.BigEndian.PutUint16(aad[3:], uint16(len(rec.Fragment)))
	if draft := o.version.Draft(); draft != 0 && draft < draftHeaderCovered {
		aad = nil
	}
	return o.openAEAD(rec.Fragment, aad)
}

// open12 opens an AEAD record of TLS 1.2: GCM and CCM carry 8 bytes of the nonce
// in it (RFC 5288 section 3, RFC 6655 section 3), ChaCha20 none (RFC 7905 section 2).
func (o *Opener) open12(rec tlswire.Record) ([]byte, Reason) {
	b := rec.Fragment
	if len(b) < o.overhead12() {
		return nil, ReasonTooShort
	}
	if o.suite.bulk == bulkChaCha {
		o.xorNonce()
	} else {
		copy(o.nonce[:4], o.iv[:4])
		copy(o.nonce[4:], b[:8])
		b = b[8:]
	}
	putHeader(o.aad[:], o.seq, rec, len(b)-o.suite.tag)
	return o.openAEAD(b, o.aad[:])
}

func (o *Opener) openAEAD(b, aad []byte) (plain []byte, reason Reason) {
	var err error
	if o.ccm != nil {
		plain, err = o.ccm.open(&o.nonce, b, aad)
	} else {
		plain, err = o.aead.Open(b[:0], o.nonce[:], b, aad)
	}
	if err != nil {
		return nil, ReasonAuthentication
	}
	return plain, ""
}

// overhead12 is what an AEAD adds to a record in TLS 1.2: the tag, and the
// explicit part of the nonce but for ChaCha20.
func (o *Opener) overhead12() int {
	if o.suite.bulk == bulkChaCha {
		return o.suite.tag
	}
	return 8 + o.suite.tag
}

// putHeader writes what TLS 1.2's MACs and AEADs cover besides the content: the
// record's number, type, version and length (RFC 5246 6.2.3).
func putHeader(dst []byte, seq uint64, rec tlswire.Record, length int) {
	binary.BigEndian.PutUint64(dst, seq)
	dst[8] = byte(rec.Type)
	binary.BigEndian.PutUint16(dst[9:], uint16(rec.Version))
	binary.BigEndian.PutUint16(dst[11:], uint16(length))
}
