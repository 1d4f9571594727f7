package tlscrypt

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"encoding/binary"
	"slices"

	"golang.org/x/crypto/chacha20poly1305"

	"tlsmitm/inspect/tlswire"
)

// ECH opens the inner Client Hellos of one connection with what its client logged: an
// ECHConfig and the secret that its KEM agreed on.
type ECH struct {
	kdf   tlswire.HPKEKDF
	id    tlswire.HPKEAEAD
	aead  cipher.AEAD
	nonce []byte
	enc   []byte
}

// NewECH derives the keys of RFC 9849 section 6.1 for the outer hello whose body is
// given. It returns nil if the hello has no encrypted_client_hello, or one of algorithms
// that are not known here.
func NewECH(outer, config, shared []byte) *ECH {
	o := outerECH(outer)
	kem, ok := tlswire.ECHConfigKEM(config)
	if o == nil || !ok {
		return nil
	}
	h, keyLen := hpkeHash(o.KDF), hpkeKeyLen(o.AEAD)
	if h == 0 || keyLen == 0 {
		return nil
	}
	suite := binary.BigEndian.AppendUint16([]byte("HPKE"), kem)
	suite = binary.BigEndian.AppendUint16(suite, uint16(o.KDF))
	suite = binary.BigEndian.AppendUint16(suite, uint16(o.AEAD))
	s := hpkeSchedule{hash: h, suite: suite}

	// The key schedule in base mode (RFC 9180 section 5.1).
	info := slices.Concat([]byte("tls ech\x00"), config)
	context := slices.Concat([]byte{0}, s.extract(nil, "psk_id_hash", nil), s.extract(nil, "info_hash", info))
	secret := s.extract(shared, "secret", nil)
	e := &ECH{kdf: o.KDF, id: o.AEAD, nonce: s.expand(secret, "base_nonce", context, 12), enc: o.Enc}
	key := s.expand(secret, "key", context, keyLen)
	var err error
	if o.AEAD == hpkeChaCha {
		e.aead, err = chacha20poly1305.New(key)
	} else if block, failed := aes.NewCipher(key); failed == nil {
		e.aead, err = cipher.NewGCM(block)
	}
	if err != nil || e.aead == nil {
		return nil
	}
	return e
}

// Open returns the inner hello, a message with its header, of the outer one whose body
// is given. n is how many hellos of the connection came before: one that answers a Hello
// Retry Request continues the encryption of the first. It returns nil if the hello
// cannot be opened, or what is inside is no hello. A nil ECH opens nothing.
func (e *ECH) Open(outer []byte, n uint64) []byte {
	o := outerECH(outer)
	if e == nil || o == nil || o.KDF != e.kdf || o.AEAD != e.id || n > 0 != (len(o.Enc) == 0) || n == 0 && !bytes.Equal(o.Enc, e.enc) {
		return nil
	}
	nonce := slices.Clone(e.nonce)
	tail := nonce[len(nonce)-8:]
	binary.BigEndian.PutUint64(tail, binary.BigEndian.Uint64(tail)^n)
	// The outer hello is authenticated with zeros for the payload (RFC 9849 section 5.2).
	aad := bytes.Replace(outer, o.Payload, make([]byte, len(o.Payload)), 1)
	encoded, err := e.aead.Open(nil, nonce, o.Payload, aad)
	if err != nil {
		return nil
	}
	return tlswire.InnerClientHello(outer, encoded)
}

func outerECH(hello []byte) *tlswire.OuterECH {
	h, err := tlswire.ParseClientHello(hello)
	if err != nil {
		return nil
	}
	return h.OuterECH()
}

// ECHConfirmation is what the random of a Server Hello that accepts an Encrypted Client
// Hello ends with (RFC 9849 section 7.2). hellos are the inner hello, or where there was a
// Hello Retry Request all up to the second inner hello; answer is the Server Hello with
// its header.
func ECHConfirmation(v tlswire.Version, suite tlswire.CipherSuite, innerRandom []byte, hellos *Transcript, answer []byte) ([]byte, error) {
	const start, end = tlswire.HandshakeHeaderLen + 2 + 24, tlswire.HandshakeHeaderLen + 2 + 32
	if len(answer) < end {
		return nil, &UncheckedError{Reason: ReasonTranscript}
	}
	h := Hash(v, suite)
	if !h.Available() {
		return nil, &UncheckedError{Reason: ReasonHash}
	}
	blank := slices.Clone(answer)
	clear(blank[start:end])
	sum, err := hellos.Sum(h, blank)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(h.New, make([]byte, h.Size())) // HKDF-Extract with a salt of 0
	mac.Write(innerRandom)
	return bytes.Clone(newExpander(h, mac.Sum(nil), v).derive("ech accept confirmation", sum, 8)), nil
}

// The algorithms of HPKE that RFC 9180 section 7 has for ECH.
const (
	hpkeSHA256 tlswire.HPKEKDF  = 1
	hpkeSHA384 tlswire.HPKEKDF  = 2
	hpkeSHA512 tlswire.HPKEKDF  = 3
	hpkeAES128 tlswire.HPKEAEAD = 1
	hpkeAES256 tlswire.HPKEAEAD = 2
	hpkeChaCha tlswire.HPKEAEAD = 3
)

func hpkeHash(k tlswire.HPKEKDF) crypto.Hash {
	switch k {
	case hpkeSHA256:
		return crypto.SHA256
	case hpkeSHA384:
		return crypto.SHA384
	case hpkeSHA512:
		return crypto.SHA512
	}
	return 0
}

func hpkeKeyLen(a tlswire.HPKEAEAD) int {
	switch a {
	case hpkeAES128:
		return 16
	case hpkeAES256, hpkeChaCha:
		return 32
	}
	return 0
}

// hpkeSchedule derives as RFC 9180 section 4 does, with labels.
type hpkeSchedule struct {
	hash  crypto.Hash
	suite []byte
}

func (s hpkeSchedule) extract(salt []byte, label string, ikm []byte) []byte {
	if salt == nil {
		salt = make([]byte, s.hash.Size())
	}
	mac := hmac.New(s.hash.New, salt)
	mac.Write(slices.Concat([]byte("HPKE-v1"), s.suite, []byte(label), ikm))
	return mac.Sum(nil)
}

func (s hpkeSchedule) expand(secret []byte, label string, info []byte, length int) []byte {
	labeled := binary.BigEndian.AppendUint16(nil, uint16(length))
	labeled = slices.Concat(labeled, []byte("HPKE-v1"), s.suite, []byte(label), info)
	out, err := hkdf.Expand(s.hash.New, secret, string(labeled), length)
	if err != nil {
		panic(err) // for a length that no key here has
	}
	return out
}
