package tlscrypt

import (
	"bytes"
	"compress/flate"
	"io"

	"tlsmitm/inspect/tlswire"
)

const (
	maxDecompressed = 1<<14 + 1024 // RFC 5246 section 6.2.2 allows 2^14
	deflateWindow   = 1 << 15      // RFC 1951 section 2
)

// inflater undoes the compression of one direction's records. All are one stream of zlib
// (RFC 3749 section 2.1), which each record ends at a whole byte, as Z_SYNC_FLUSH does;
// so each can be read as if it began a stream, with what came before it as dictionary.
type inflater struct {
	begun  bool
	broken bool
	source bytes.Reader
	flate  io.ReadCloser
	window []byte // the last that came out
}

// open returns what a record held before it was compressed.
func (d *inflater) open(b []byte) ([]byte, Reason) {
	if len(b) == 0 {
		return b, ""
	}
	if !d.begun {
		// RFC 1950 section 2.2: deflate, no dictionary of the parties' own.
		if len(b) < 2 || b[0]&15 != 8 || b[1]&0x20 != 0 || (int(b[0])<<8|int(b[1]))%31 != 0 {
			d.broken = true
		} else {
			d.begun, b = true, b[2:]
		}
	}
	if d.broken {
		return nil, ReasonCompression
	}
	d.source.Reset(b)
	if d.flate == nil {
		d.flate = flate.NewReader(&d.source)
	} else if err := d.flate.(flate.Resetter).Reset(&d.source, d.window); err != nil {
		d.broken = true
		return nil, ReasonCompression
	}
	plain, err := io.ReadAll(io.LimitReader(d.flate, maxDecompressed+1))
	if err != io.ErrUnexpectedEOF || d.source.Len() > 0 || len(plain) > maxDecompressed || !bytes.HasSuffix(b, []byte{0, 0, 0xff, 0xff}) {
		d.broken = true
		return nil, ReasonCompression
	}
	d.window = append(d.window, plain...)
	if n := len(d.window) - deflateWindow; n > 0 {
		d.window = append(d.window[:0], d.window[n:]...)
	}
	return plain, ""
}

// Compressed says that records were compressed before they were protected, as could be
// before TLS 1.3. It returns false if the method is not known.
func (o *Opener) Compressed(m tlswire.CompressionMethod) bool {
	switch m {
	case tlswire.CompressionNull:
	case tlswire.CompressionDeflate:
		o.inflater = new(inflater)
	default:
		return false
	}
	return true
}
