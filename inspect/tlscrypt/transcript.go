package tlscrypt

import (
	"bytes"
	"crypto"
	"encoding/binary"
	"fmt"
	"hash"
	"slices"

	"tlsmitm/inspect/tlswire"
)

// MaxTranscript bounds the bytes of a handshake that a Transcript keeps.
const MaxTranscript = 1 << 20

// Transcript is the messages of a handshake in their order, each with its header,
// as Finished and the signatures cover them (RFC 8446 4.4.1, RFC 5246 7.4.9). It
// keeps the messages, since which hash is wanted is known late and may differ from
// one use to the next, and it keeps every hash that was asked for running. The zero
// value is an empty one. It is not safe for concurrent use.
type Transcript struct {
	parts   [][]byte
	size    int
	running []runningHash
	// gap is why the transcript is not whole; "" if it is.
	gap string
	// trimmed is the hash over what came before parts, and is gone; its hash is nil if
	// nothing is.
	trimmed runningHash
	// retried is the Client Hello that a message_hash stands for, which is parts[0].
	retried    []byte
	retriedAlg crypto.Hash
}

// runningHash is a hash over the first parts of a transcript.
type runningHash struct {
	alg  crypto.Hash
	hash hash.Hash
	fed  int // parts
}

// Add appends a message with its header, which must stay unchanged. Beyond
// MaxTranscript it appends nothing more, and the transcript is not whole.
func (t *Transcript) Add(message []byte) {
	if t.gap != "" {
		return
	}
	if t.size += len(message); t.size > MaxTranscript {
		t.Break(ReasonTranscriptLong)
		return
	}
	t.parts = append(t.parts, message)
}

// Break says that a message is missing, for the given reason: nothing that covers
// what follows can be checked. The first reason stays.
func (t *Transcript) Break(reason string) {
	if t.gap == "" {
		*t = Transcript{gap: reason}
	}
}

// Parts returns how many messages there are, without those that were trimmed.
func (t *Transcript) Parts() int { return len(t.parts) }

// Part is the number of a message; PartRetried is the Client Hello that a Hello Retry
// Request answered.
type Part int

const PartRetried Part = -1

// MaxMend bounds the bits that Mend tries.
const MaxMend = 16384

// Mend looks for a transcript that is right but for one bit of a message: it tries
// those from one byte of it to another. It returns nil if none is right.
func (t *Transcript) Mend(part Part, from, to int, right func(*Transcript) bool) *Transcript {
	message := t.message(part)
	if from < 0 || from >= to || to > len(message) || (to-from)*8 > MaxMend {
		return nil
	}
	before, after := Transcript{trimmed: t.trimmed}, t.parts[1:]
	if part >= 0 {
		before.parts, after = t.parts[:part:part], t.parts[part+1:]
	}
	for _, r := range t.running { // so that what comes before is hashed once
		if _, err := before.run(r.alg); err != nil {
			return nil
		}
	}
	for bit := range 8 * (to - from) {
		fork, err := before.Fork()
		if err != nil {
			return nil
		}
		flipped := bytes.Clone(message)
		flipped[from+bit/8] ^= 1 << (bit % 8)
		fork.Add(flipped)
		if part == PartRetried && fork.rewrite(t.retriedAlg) != nil {
			return nil
		}
		for _, p := range after {
			fork.Add(p)
		}
		if right(fork) {
			return fork
		}
	}
	return nil
}

// message returns one of them, nil if it is not there.
func (t *Transcript) message(part Part) []byte {
	switch {
	case part == PartRetried:
		return t.retried
	case part >= 0 && int(part) < len(t.parts):
		return t.parts[part]
	}
	return nil
}

// Retried says whether a message_hash stands for the first Client Hello.
func (t *Transcript) Retried() bool { return t.retried != nil }

// Prefix returns the transcript as it was with so many messages.
func (t *Transcript) Prefix(n int) *Transcript {
	p := &Transcript{gap: t.gap, trimmed: t.trimmed, retried: t.retried, retriedAlg: t.retriedAlg}
	p.parts = t.parts[:min(n, len(t.parts)):min(n, len(t.parts))]
	for _, part := range p.parts {
		p.size += len(part)
	}
	return p
}

// Gap says why the transcript is not whole, or "".
func (t *Transcript) Gap() string { return t.gap }

func (r *runningHash) feed(parts [][]byte) {
	for _, part := range parts[r.fed:] {
		r.hash.Write(part)
	}
	r.fed = len(parts)
}

// run returns the hash over all messages so far. It goes on running, so the caller
// only sums it, or clones it.
func (t *Transcript) run(alg crypto.Hash) (hash.Hash, error) {
	if t.gap != "" {
		return nil, &UncheckedError{Reason: t.gap}
	}
	for i := range t.running {
		if r := &t.running[i]; r.alg == alg {
			r.feed(t.parts)
			return r.hash, nil
		}
	}
	r := runningHash{alg: alg}
	switch {
	case t.trimmed.hash != nil && alg != t.trimmed.alg:
		return nil, fmt.Errorf("tlscrypt: the transcript was trimmed to another hash than %s", alg)
	case t.trimmed.hash != nil:
		var err error
		if r.hash, err = cloneHash(t.trimmed.hash); err != nil {
			return nil, err
		}
	case !alg.Available():
		return nil, fmt.Errorf("tlscrypt: no %s", alg)
	default:
		r.hash = alg.New()
	}
	r.feed(t.parts)
	t.running = append(t.running, r)
	return r.hash, nil
}

// Sum returns the hash of all messages so far, and then of more, which stays no
// part of the transcript. For MD5SHA1 it is the one hash after the other
// (RFC 4346 7.4.9). It fails with an *UncheckedError if the transcript has a gap.
func (t *Transcript) Sum(alg crypto.Hash, more ...[]byte) ([]byte, error) {
	if alg == crypto.MD5SHA1 {
		sum, err := t.Sum(crypto.MD5, more...)
		if err != nil {
			return nil, err
		}
		second, err := t.Sum(crypto.SHA1, more...)
		return append(sum, second...), err
	}
	h, err := t.run(alg)
	if err != nil {
		return nil, err
	}
	if len(more) > 0 {
		if h, err = cloneHash(h); err != nil {
			return nil, err
		}
		for _, b := range more {
			h.Write(b)
		}
	}
	return h.Sum(nil), nil
}

func cloneHash(h hash.Hash) (hash.Hash, error) {
	c, ok := h.(hash.Cloner)
	if !ok {
		return nil, fmt.Errorf("tlscrypt: %T cannot be cloned", h)
	}
	clone, err := c.Clone()
	if err != nil {
		return nil, fmt.Errorf("tlscrypt: %w", err)
	}
	return clone, nil
}

// content returns the messages in one piece, for signatures that hash them on
// their own.
func (t *Transcript) content() ([]byte, error) {
	if t.gap != "" {
		return nil, &UncheckedError{Reason: t.gap}
	}
	if t.trimmed.hash != nil {
		return nil, fmt.Errorf("tlscrypt: the transcript was trimmed")
	}
	return bytes.Join(t.parts, nil), nil
}

// Retry replaces what is there, a Client Hello, by a message_hash: so a Hello Retry
// Request, which is to be added next, rewrites the transcript (RFC 8446 4.4.1).
func (t *Transcript) Retry(v tlswire.Version, alg crypto.Hash) error {
	if draft := v.Draft(); draft != 0 && draft < draftMessageHash {
		return nil
	}
	return t.rewrite(alg)
}

func (t *Transcript) rewrite(alg crypto.Hash) error {
	sum, err := t.Sum(alg)
	if err != nil {
		return err
	}
	synthetic := []byte{byte(tlswire.HandshakeTypeMessageHash), 0}
	synthetic = binary.BigEndian.AppendUint16(synthetic, uint16(len(sum)))
	synthetic = append(synthetic, sum...)
	was := t.message(0)
	if len(t.parts) != 1 {
		was = nil
	}
	*t = Transcript{parts: [][]byte{synthetic}, size: len(synthetic), retried: was, retriedAlg: alg}
	return nil
}

// Fork returns a transcript that goes on from here on its own.
func (t *Transcript) Fork() (*Transcript, error) {
	f := *t
	f.parts, f.running = slices.Clip(t.parts), slices.Clone(t.running)
	for i := range f.running {
		h, err := cloneHash(f.running[i].hash)
		if err != nil {
			return nil, err
		}
		f.running[i].hash = h
	}
	return &f, nil
}

// Trim lets go of the messages so far. From now on the transcript has only the given
// hash.
func (t *Transcript) Trim(alg crypto.Hash) {
	h, err := t.run(alg)
	if err != nil {
		t.Break(ReasonTranscript)
		return
	}
	*t = Transcript{trimmed: runningHash{alg: alg, hash: h}}
}

// Hash is the hash with which a suite's handshakes are summed: in TLS 1.3 and 1.2
// the suite's, before that MD5 and SHA-1 together. 0 means that it is not known.
func Hash(v tlswire.Version, id tlswire.CipherSuite) crypto.Hash {
	if v < tlswire.VersionTLS12 {
		return crypto.MD5SHA1
	}
	h, _ := prfOf(id)
	return h
}
