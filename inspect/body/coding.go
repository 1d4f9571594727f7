package body

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"io"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/snappy"
	"github.com/klauspost/compress/zstd"
)

// maxWindow is the largest window that zstd may use as a content coding, RFC
// 9659 section 3.
const maxWindow = 8 << 20

// open returns what takes a coding off.
func open(coding string, src io.Reader) (io.Reader, error) {
	switch coding {
	case "gzip", "x-gzip": // RFC 9110 section 8.4.1.3
		r, err := gzip.NewReader(src)
		if err != nil {
			return nil, early(err)
		}
		return &gzipReader{r: r}, nil
	case "deflate": // section 8.4.1.2
		return openDeflate(src)
	case "br": // RFC 7932
		return &brotliReader{r: brotli.NewReader(src)}, nil
	case "zstd": // RFC 8878
		d, err := zstd.NewReader(src, zstdOptions...)
		return &zstdReader{Decoder: d}, err
	case "snappy", "x-snappy-framed": // not registered; Prometheus and gRPC use it
		return openSnappy(src)
	}
	// compress is registered, and not among them: no client has asked for it in
	// this century.
	return nil, ErrUnsupported
}

// early makes an end in a header the same as one in the data.
func early(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// gzipReader reads members (RFC 1952, section 2.2) and tells junk after the last
// from junk at the beginning.
type gzipReader struct{ r *gzip.Reader }

func (g *gzipReader) Read(p []byte) (int, error) {
	n, err := g.r.Read(p)
	if errors.Is(err, gzip.ErrHeader) {
		err = ErrTrailing
	}
	return n, err
}

// brotliReader names that error as the others do.
type brotliReader struct{ r *brotli.Reader }

func (b *brotliReader) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if err != nil && err.Error() == "brotli: excessive input" {
		err = ErrTrailing
	}
	return n, err
}

// zstdOptions bound the decoder. One at a time means that it decodes in Read,
// without goroutines.
var zstdOptions = []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(maxWindow)}

// decodeFrames decodes zstd in one piece, where the result is its own window: a
// frame may ask for one of megabytes, however small it is. It returns false where
// the result is longer than the limit, or something is wrong.
func decodeFrames(b []byte, limit int) ([]byte, bool) {
	d, err := zstd.NewReader(nil, append(zstdOptions[:len(zstdOptions):len(zstdOptions)], zstd.WithDecoderMaxMemory(uint64(max(limit, 1))))...)
	if err != nil {
		return nil, false
	}
	defer d.Close()
	whole, err := d.DecodeAll(b, nil)
	return whole, err == nil && len(whole) <= limit
}

// zstdReader does so as well. Its end is where no further frame begins.
type zstdReader struct {
	*zstd.Decoder
	some bool
}

func (z *zstdReader) Read(p []byte) (int, error) {
	n, err := z.Decoder.Read(p)
	if z.some = z.some || n > 0; z.some && errors.Is(err, zstd.ErrMagicMismatch) {
		err = ErrTrailing
	}
	return n, err
}

// openDeflate reads what the specification means, zlib's format (RFC 1950), and
// what some servers send, bare deflate (RFC 1951). The first two bytes of the one
// are a multiple of 31 and name the method; in the other, a first byte like that
// would be the beginning of a stored block with junk in its padding.
func openDeflate(src io.Reader) (io.Reader, error) {
	b := bufio.NewReader(src)
	head, err := b.Peek(2)
	if err != nil {
		return nil, early(err)
	}
	if head[0]&0x0f == 8 && head[0]>>4 <= 7 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		r, err := zlib.NewReader(b)
		if err != nil {
			return nil, early(err)
		}
		return &exact{r, b}, nil
	}
	return &exact{flate.NewReader(b), b}, nil
}

// exact reports what a decoder that knows its end has left in its source.
type exact struct {
	r   io.Reader
	src *bufio.Reader
}

func (e *exact) Read(p []byte) (int, error) {
	n, err := e.r.Read(p)
	if err == io.EOF {
		if _, more := e.src.ReadByte(); more == nil {
			err = ErrTrailing
		}
	}
	return n, err
}

// snappyStream begins the framing format.
const snappyStream = "\xff\x06\x00\x00sNaPpY"

// openSnappy reads Snappy's framing format, and the bare block.
func openSnappy(src io.Reader) (io.Reader, error) {
	b := bufio.NewReader(src)
	head, err := b.Peek(len(snappyStream))
	if err != nil && err != io.EOF {
		return nil, err
	}
	if bytes.Equal(head, []byte(snappyStream)) {
		return snappy.NewReader(b), nil
	}
	return &snappyBlock{src: b}, nil
}
