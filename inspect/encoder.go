package inspect

import "bytes"

// maxEncoded bounds the bytes that an Encoder remembers.
const maxEncoded = 8 << 20

// Encoder writes events as JSON as AppendJSON does, only faster where the same
// certificates, data or seconds come again: it remembers what it has written of them.
// The zero value is ready for use, from one goroutine; nil remembers nothing.
type Encoder struct {
	// RawFingerprints writes beside each fingerprint of a hello the text of which it
	// is a digest.
	RawFingerprints bool

	certificates map[encodedCertificate][]byte
	size         int

	clock  [len("2006-01-02T15:04:05")]byte // of the latest event, zero before the first
	second int64                            // that it shows

	row  []byte // the latest data that are worth remembering
	cut  bool   // they were not all
	text []byte // what was written of them
}

// encodedCertificate is all that the JSON of a Certificate message depends on.
type encodedCertificate struct {
	raw     string
	context uint32 // the version, and who sent it
}

// certificate appends what a Certificate message says, and its bytes.
func (n *Encoder) certificate(dst []byte, m *Message) []byte {
	w := jsonWriter{b: dst}
	if n == nil {
		w.decoded(m)
		return w.b
	}
	key := encodedCertificate{raw: string(m.Raw), context: uint32(m.Context.CertificateType)<<17 | uint32(m.Context.Version)<<1}
	if m.Context.FromServer {
		key.context |= 1
	}
	if text, known := n.certificates[key]; known {
		return append(dst, text...)
	}
	w.decoded(m)
	text := append([]byte(nil), w.b[len(dst):]...)
	size := len(text) + len(key.raw)
	if n.certificates == nil || n.size+size > maxEncoded {
		n.certificates, n.size = make(map[encodedCertificate][]byte), 0 // what is still in use is learnt again
	}
	if size <= maxEncoded/8 {
		n.certificates[key] = text
		n.size += size
	}
	return w.b
}

// maxRow bounds the bytes of data that an Encoder remembers.
const maxRow = 4 << 10

// shown appends the bytes of data. Both legs carry the same, in rows that mostly
// follow each other.
func (w *jsonWriter) shown(d *Data) {
	n := w.encoder
	if n != nil && len(n.text) > 0 && d.Truncated == n.cut && bytes.Equal(d.Bytes, n.row) {
		w.b = append(w.b, n.text...)
		return
	}
	at := len(w.b)
	w.textOrBase64(d.Bytes, d.Truncated)
	if n != nil && len(d.Bytes) <= maxRow {
		n.row, n.cut, n.text = append(n.row[:0], d.Bytes...), d.Truncated, append(n.text[:0], w.b[at:]...)
	}
}
