package inspect

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rc4"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/chacha20poly1305"

	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

// resealer protects the records of a direction under known keys, as their sender did.
type resealer struct {
	tls13    bool
	seq      uint64
	secret   []byte // of TLS 1.3
	hash     crypto.Hash
	aead     cipher.AEAD
	iv       []byte
	explicit bool // a part of the nonce, or the IV, is in the record
	mac      hash.Hash
	block    cipher.Block
	stream   *rc4.Cipher
	etm      bool
}

// newResealer13 makes one of a traffic secret (RFC 8446 7.3).
func newResealer13(suite tlswire.CipherSuite, secret []byte) (*resealer, error) {
	s := &resealer{tls13: true, secret: secret, hash: crypto.SHA256}
	size := 32
	switch suite {
	case 0x1301:
		size = 16
	case 0x1302:
		s.hash = crypto.SHA384
	case 0x1303:
	default:
		return nil, fmt.Errorf("records of %s are not made here", suite)
	}
	s.iv = expand(s.hash, secret, "iv", 12)
	key := expand(s.hash, secret, "key", size)
	if suite == 0x1303 {
		s.aead, _ = chacha20poly1305.New(key)
	} else {
		block, _ := aes.NewCipher(key)
		s.aead, _ = cipher.NewGCM(block)
	}
	return s, nil
}

// expand is HKDF-Expand-Label without a context.
func expand(h crypto.Hash, secret []byte, label string, n int) []byte {
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	out, err := hkdf.Expand(h.New, secret, string(append(info, 0)), n)
	if err != nil {
		panic(err)
	}
	return out
}

// newResealer12 makes one of a master secret (RFC 5246 6.3).
func newResealer12(version tlswire.Version, suite tlswire.CipherSuite, master, client, server []byte, up, etm bool) (*resealer, error) {
	_, name, _ := strings.Cut(suite.String(), "_WITH_")
	s := &resealer{explicit: version >= tlswire.VersionTLS11, etm: etm, hash: crypto.SHA256}
	if strings.HasSuffix(name, "_SHA384") {
		s.hash = crypto.SHA384
	}
	macs := map[string]crypto.Hash{"MD5": crypto.MD5, "SHA": crypto.SHA1, "SHA256": crypto.SHA256, "SHA384": crypto.SHA384}
	macHash := macs[name[strings.LastIndexByte(name, '_')+1:]]
	macSize, keySize, ivSize := macHash.Size(), 16, 0
	switch {
	case strings.Contains(name, "256_"), strings.HasPrefix(name, "CHACHA20"):
		keySize = 32
	case strings.HasPrefix(name, "3DES"):
		keySize = 24
	case strings.HasPrefix(name, "NULL"):
		keySize = 0
	}
	switch {
	case strings.Contains(name, "_GCM_"):
		macSize, ivSize = 0, 4
	case strings.HasPrefix(name, "CHACHA20"):
		macSize, ivSize, s.explicit = 0, 12, false
	case strings.HasPrefix(name, "AES") && strings.Contains(name, "_CBC_"):
		ivSize = 16
	case strings.HasPrefix(name, "3DES"):
		ivSize = 8
	case strings.HasPrefix(name, "RC4"), strings.HasPrefix(name, "NULL"):
	default:
		return nil, fmt.Errorf("records of %s are not made here", suite)
	}
	if s.explicit && strings.Contains(name, "_CBC_") {
		ivSize = 0
	}
	var block []byte
	seed := slices.Concat([]byte("key expansion"), server, client)
	if version >= tlswire.VersionTLS12 {
		block = pseudoRandom(s.hash.New, master, seed, 2*(macSize+keySize+ivSize))
	} else {
		block = pseudoRandom(md5.New, master[:24], seed, 2*(macSize+keySize+ivSize))
		for i, b := range pseudoRandom(sha1.New, master[24:], seed, len(block)) {
			block[i] ^= b
		}
	}
	pick := func(n int) []byte {
		b := block[:n]
		if !up {
			b = block[n : 2*n]
		}
		block = block[2*n:]
		return b
	}
	mac, key := pick(macSize), pick(keySize)
	s.iv = bytes.Clone(pick(ivSize))
	if macSize > 0 {
		s.mac = hmac.New(macHash.New, mac)
	}
	switch {
	case strings.HasPrefix(name, "CHACHA20"):
		s.aead, _ = chacha20poly1305.New(key)
	case strings.HasPrefix(name, "RC4"):
		s.stream, _ = rc4.NewCipher(key)
	case strings.HasPrefix(name, "3DES"):
		s.block, _ = des.NewTripleDESCipher(key)
	case keySize > 0:
		s.block, _ = aes.NewCipher(key)
		if macSize == 0 {
			s.aead, _ = cipher.NewGCM(s.block)
		}
	}
	return s, nil
}

// pseudoRandom is P_hash (RFC 5246 section 5).
func pseudoRandom(h func() hash.Hash, secret, seed []byte, n int) (out []byte) {
	sum := func(b []byte) []byte {
		m := hmac.New(h, secret)
		m.Write(b)
		return m.Sum(nil)
	}
	for a := sum(seed); len(out) < n; a = sum(a) {
		out = append(out, sum(slices.Concat(a, seed))...)
	}
	return out[:n]
}

// next is the resealer of what follows a Key Update (RFC 8446 7.2).
func (s *resealer) next(suite tlswire.CipherSuite) (*resealer, error) {
	return newResealer13(suite, expand(s.hash, s.secret, "traffic upd", s.hash.Size()))
}

// seal makes the fragment of a record that carries something else of the same length
// than it did.
func (s *resealer) seal(rec tlswire.Record, ct tlswire.ContentType, plain []byte) []byte {
	header := func(length int) []byte {
		b := binary.BigEndian.AppendUint64(nil, s.seq)
		b = append(b, byte(rec.Type), byte(rec.Version>>8), byte(rec.Version))
		return binary.BigEndian.AppendUint16(b, uint16(length))
	}
	authenticate := func(b []byte) []byte {
		s.mac.Reset()
		s.mac.Write(header(len(b)))
		s.mac.Write(b)
		return s.mac.Sum(bytes.Clone(b))
	}
	defer func() { s.seq++ }()
	was := rec.Fragment
	switch {
	case s.aead != nil && s.explicit:
		nonce := slices.Concat(s.iv, was[:8])
		return s.aead.Seal(bytes.Clone(was[:8]), nonce, plain, header(len(plain)))
	case s.aead != nil:
		nonce := bytes.Clone(s.iv)
		binary.BigEndian.PutUint64(nonce[4:], binary.BigEndian.Uint64(nonce[4:])^s.seq)
		if !s.tls13 {
			return s.aead.Seal(nil, nonce, plain, header(len(plain)))
		}
		inner := append(bytes.Clone(plain), byte(ct))
		inner = append(inner, make([]byte, len(was)-16-len(inner))...)
		additional := []byte{byte(rec.Type), byte(rec.Version >> 8), byte(rec.Version), byte(len(was) >> 8), byte(len(was))}
		return s.aead.Seal(nil, nonce, inner, additional)
	case s.block == nil:
		b := authenticate(plain)
		if s.stream != nil {
			s.stream.XORKeyStream(b, b)
		}
		return b
	}
	iv, body := s.iv, len(was)
	if s.explicit {
		iv, body = was[:s.block.BlockSize()], body-s.block.BlockSize()
	}
	content := bytes.Clone(plain)
	if s.etm {
		body -= s.mac.Size()
	} else {
		content = authenticate(plain)
	}
	for pad := body - len(content); len(content) < body; {
		content = append(content, byte(pad-1))
	}
	cipher.NewCBCEncrypter(s.block, iv).CryptBlocks(content, content)
	if s.explicit {
		content = slices.Concat(iv, content)
	} else {
		s.iv = bytes.Clone(content[len(content)-s.block.BlockSize():])
	}
	if s.etm {
		return authenticate(content)
	}
	return content
}

// protection is a direction's keys.
type protection struct {
	opener *tlscrypt.Opener
	sealer *resealer
}

// place is a byte of what was said: in which part of a recording, and where in what
// that carries.
type place struct{ part, offset int }

// saidMessage is a handshake message as it was said.
type saidMessage struct {
	up     bool
	raw    []byte
	places []place
}

// rewriter goes through a recording, one record after the other, and follows its keys.
type rewriter struct {
	lines    []tlscrypt.KeyLogLine
	hello    *tlswire.ClientHello
	answer   *tlswire.ServerHello
	version  tlswire.Version
	suite    tlswire.CipherSuite
	keys     [2]protection
	hand     [2]saidMessage
	finished [2]bool
	messages []saidMessage
}

// inRecords is the recording with its secrets first and a record in each part.
func (r *recording) inRecords() *recording {
	out := &recording{sent: r.sent}
	var rest [2][]byte
	for _, p := range r.parts {
		if p.secret {
			out.parts = append(out.parts, p)
		}
	}
	for _, p := range r.parts {
		if p.secret {
			continue
		}
		side := sideOf(p.up)
		rest[side] = append(rest[side], p.b...)
		for {
			_, n, err := tlswire.ParseRecord(rest[side])
			if err != nil || n == 0 {
				break
			}
			out.add(part{up: p.up, b: rest[side][:n]})
			rest[side] = rest[side][n:]
		}
	}
	return out
}

func sideOf(up bool) int {
	if up {
		return 0
	}
	return 1
}

// rewrite says a recording that is in records again, with one bit flipped at a place of
// what it carries, and returns what was said before.
func (r *recording) rewrite(flip place, bit int) (*recording, []saidMessage, error) {
	return r.rewriteWith(new(rewriter), flip, bit)
}

func (r *recording) rewriteWith(w *rewriter, flip place, bit int) (*recording, []saidMessage, error) {
	out := &recording{sent: r.sent}
	for i, p := range r.parts {
		if p.secret {
			line, err := tlscrypt.ParseKeyLogLine(p.b)
			if err == nil {
				w.lines = append(w.lines, line)
			}
			out.parts = append(out.parts, p)
			continue
		}
		rec, _, err := tlswire.ParseRecord(p.b)
		if err != nil {
			return nil, nil, err
		}
		side := sideOf(p.up)
		keys := &w.keys[side]
		ct, plain, sealed := rec.Type, bytes.Clone(rec.Fragment), false
		if keys.opener != nil && (!w.version.Is13() || rec.Type == tlswire.ContentTypeApplicationData) {
			opened, b, err := keys.opener.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: bytes.Clone(rec.Fragment)})
			if err != nil { // early data
				out.parts = append(out.parts, p)
				continue
			}
			ct, plain, sealed = opened, b, true
		}
		changed := bytes.Clone(plain)
		if flip.part == i && bit >= 0 {
			changed[flip.offset] ^= 1 << bit
		}
		if sealed {
			changed = keys.sealer.seal(rec, ct, changed)
		}
		out.add(part{up: p.up, b: append(bytes.Clone(p.b[:tlswire.RecordHeaderLen]), changed...)})
		if err := w.follow(i, p.up, ct, plain); err != nil {
			return nil, nil, err
		}
	}
	return out, w.messages, nil
}

// follow takes in what a record carried.
func (w *rewriter) follow(i int, up bool, ct tlswire.ContentType, plain []byte) error {
	side := sideOf(up)
	switch {
	case ct == tlswire.ContentTypeChangeCipherSpec && w.version != 0 && !w.version.Is13():
		return w.change12(up)
	case ct != tlswire.ContentTypeHandshake:
		return nil
	}
	hand := &w.hand[side]
	for offset, b := range plain {
		hand.raw, hand.places = append(hand.raw, b), append(hand.places, place{i, offset})
	}
	for {
		h, n, err := tlswire.ParseHandshake(hand.raw)
		if err != nil || n == 0 {
			return err
		}
		w.messages = append(w.messages, saidMessage{up, bytes.Clone(h.Raw), slices.Clone(hand.places[:n])})
		if err := w.note(up, h); err != nil {
			return err
		}
		hand.raw, hand.places = hand.raw[n:], hand.places[n:]
	}
}

func (w *rewriter) note(up bool, h tlswire.Handshake) (err error) {
	switch h.Type {
	case tlswire.HandshakeTypeClientHello:
		w.hello, err = tlswire.ParseClientHello(h.Body)
	case tlswire.HandshakeTypeServerHello:
		if w.answer, err = tlswire.ParseServerHello(h.Body); err != nil {
			return err
		}
		w.version, w.suite = w.answer.Version(), w.answer.CipherSuite
		if w.version.Is13() && !w.answer.IsHelloRetryRequest() {
			return errorsJoined(w.change13(true, tlscrypt.LabelClientHandshake), w.change13(false, tlscrypt.LabelServerHandshake))
		}
	case tlswire.HandshakeTypeFinished:
		if side := sideOf(up); w.version.Is13() && !w.finished[side] {
			w.finished[side] = true
			return w.change13(up, map[bool]tlscrypt.Label{true: tlscrypt.LabelClientTraffic, false: tlscrypt.LabelServerTraffic}[up])
		}
	case tlswire.HandshakeTypeKeyUpdate:
		keys := &w.keys[sideOf(up)]
		if keys.opener, err = keys.opener.NextGeneration(); err == nil {
			keys.sealer, err = keys.sealer.next(w.suite)
		}
	}
	return err
}

func errorsJoined(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *rewriter) secret(label tlscrypt.Label) []byte {
	for _, line := range w.lines {
		if line.Label == label && bytes.Equal(line.ClientRandom, w.hello.Random) {
			return line.Secret
		}
	}
	return nil
}

func (w *rewriter) change13(up bool, label tlscrypt.Label) (err error) {
	secret := w.secret(label)
	if secret == nil {
		return fmt.Errorf("no %s", label)
	}
	keys := &w.keys[sideOf(up)]
	if keys.opener, err = tlscrypt.NewTLS13(w.suite, secret); err == nil {
		keys.sealer, err = newResealer13(w.suite, secret)
	}
	return err
}

func (w *rewriter) change12(up bool) (err error) {
	master := w.secret(tlscrypt.LabelClientRandom)
	if master == nil {
		return fmt.Errorf("no master secret")
	}
	keys := &w.keys[sideOf(up)]
	keys.opener, err = tlscrypt.NewTLS12(tlscrypt.TLS12Params{
		Version: w.version, CipherSuite: w.suite, MasterSecret: master, ClientRandom: w.hello.Random, ServerRandom: w.answer.Random,
		EncryptThenMAC: w.answer.EncryptThenMAC, FromServer: !up,
	})
	if err == nil {
		keys.sealer, err = newResealer12(w.version, w.suite, master, w.hello.Random, w.answer.Random, up, w.answer.EncryptThenMAC)
	}
	return err
}

// TestReseal: what is said again without a change is the same to the byte, so that the
// tests that change something change nothing else.
func TestReseal(t *testing.T) {
	n := 0
	for _, s := range flippable() {
		rec := s.run(t).inRecords()
		again, said, err := rec.rewrite(place{}, -1)
		if err != nil {
			t.Errorf("%s: %v", s.name, err)
			continue
		}
		for up := range 2 {
			if !bytes.Equal(again.bytes(up == 0), rec.bytes(up == 0)) {
				t.Errorf("%s: not the same", s.name)
			}
		}
		if len(said) < 6 {
			t.Errorf("%s: %d messages", s.name, len(said))
		}
		n++
	}
	if n < 20 {
		t.Errorf("%d conversations", n)
	}
}
