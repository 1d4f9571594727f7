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

// zstdWindow is the largest window that a zstd frame may ask for (RFC 8878 section
// 3.1.1.1.2). An encoder that does not know how much is to come asks for megabytes, however
// short a certificate is.
const zstdWindow = 8 << 20

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
		body, err := m.decompressZstd()
		if err != nil {
			return nil, m.bad(err)
		}
		out = bytes.NewReader(body)
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

// decompressZstd does so in one piece, where the result is its own window, so that a large one
// costs nothing.
func (m *CompressedCertificate) decompressZstd() ([]byte, error) {
	z, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxWindow(zstdWindow), zstd.WithDecodeAllCapLimit(true))
	if err != nil {
		return nil, err
	}
	defer z.Close()
	body, err := z.DecodeAll(m.Data, make([]byte, 0, m.UncompressedLength))
	if errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		err = errCompressedLength
	}
	return body, err
}

func (m *CompressedCertificate) bad(err error) error {
	return fmt.Errorf("tlswire: Compressed Certificate: %s: %w", m.Algorithm, err)
}
