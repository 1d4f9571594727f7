package tlswire

import (
	"bytes"
	"compress/zlib"
	"errors"
	"fmt"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// zstdWindow bounds the memory of a zstd stream: what a message can refer back to.
const zstdWindow = MaxHandshake

var (
	errCompressedTooLong = fmt.Errorf("longer than %d bytes", MaxHandshake)
	errCompressedLength  = errors.New("not as long as uncompressed_length says")
)

// Decompress returns the body of the Certificate message that was compressed,
// RFC 8879 section 4, at most MaxHandshake bytes of it. It fails if that is not
// exactly as long as was announced.
func (m *CompressedCertificate) Decompress() ([]byte, error) {
	if m.UncompressedLength > MaxHandshake {
		return nil, m.bad(errCompressedTooLong)
	}
	in := bytes.NewReader(m.Data)
	var out io.Reader
	switch m.Algorithm {
	case CertificateCompressionZlib:
		z, err := zlib.NewReader(in)
		if err != nil {
			return nil, m.bad(err)
		}
		out = z
	case CertificateCompressionBrotli:
		out = brotli.NewReader(in)
	case CertificateCompressionZstd:
		z, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(zstdWindow))
		if err != nil {
			return nil, m.bad(err)
		}
		defer z.Close()
		out = z
	default:
		return nil, m.bad(errors.New("the algorithm is not known"))
	}
	// What comes is read to its end, or one byte too far: a trailer may be wrong.
	body, err := io.ReadAll(io.LimitReader(out, int64(m.UncompressedLength)+1))
	switch {
	case err != nil:
		return nil, m.bad(err)
	case len(body) != int(m.UncompressedLength):
		return nil, m.bad(errCompressedLength)
	}
	return body, nil
}

func (m *CompressedCertificate) bad(err error) error {
	return fmt.Errorf("tlswire: Compressed Certificate: %s: %w", m.Algorithm, err)
}
