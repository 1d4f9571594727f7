package saved

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"

	"tlsmitm/inspect"
)

// MaxLine bounds a line: data_bytes: all makes long ones, of one MiB of data in
// base64, and an HTTP message may be a few times that.
const MaxLine = 64 << 20

// LineError says that a line could not be read. The lines after it can.
type LineError struct {
	Name string // of the file
	Line int    // from 1
	// Cut says that it was the last line, and does not end: whoever wrote it was
	// stopped in the middle of it.
	Cut bool
	Err error
}

// Error names the place, as compilers do.
func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d: %s", e.Name, e.Line, strings.TrimPrefix(e.Err.Error(), "saved: "))
}

// Unwrap returns what was wrong.
func (e *LineError) Unwrap() error { return e.Err }

// ErrTooLong is what is wrong with a line of more than MaxLine bytes.
var ErrTooLong = fmt.Errorf("saved: longer than %d MiB", MaxLine>>20)

// ErrUTF16 is what is wrong with a file that a shell has turned into UTF-16.
var ErrUTF16 = errors.New("saved: this is UTF-16, and JSON lines are UTF-8")

// Reader reads events from JSON lines, plain or gzipped. It is used from one
// goroutine.
type Reader struct {
	name  string
	in    *bufio.Reader
	lines int
	begun bool
	buf   []byte
}

const readBuffer = 256 << 10

// NewReader returns a reader of r, which is called name in errors.
func NewReader(name string, r io.Reader) *Reader {
	return &Reader{name: name, in: bufio.NewReaderSize(r, readBuffer)}
}

// Next returns the next event. The error is io.EOF after the last one, a
// *LineError for a line that cannot be read, after which the next can, and
// anything else if reading failed for good.
func (r *Reader) Next() (*inspect.Event, error) {
	if err := r.begin(); err != nil {
		return nil, err
	}
	for {
		line, whole, err := r.line()
		if err != nil {
			return nil, err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		e, err := Parse(line)
		if err != nil {
			return nil, &LineError{Name: r.name, Line: r.lines, Cut: !whole, Err: err}
		}
		return e, nil
	}
}

// Buffered says whether the next line can be had without waiting for the file.
func (r *Reader) Buffered() bool {
	b, err := r.in.Peek(r.in.Buffered())
	return err == nil && bytes.IndexByte(b, '\n') >= 0
}

// begin looks at the first bytes.
func (r *Reader) begin() error {
	if r.begun {
		return nil
	}
	r.begun = true
	start, err := r.in.Peek(3)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("saved: %w", err)
	}
	switch {
	case bytes.HasPrefix(start, []byte{0x1f, 0x8b}): // RFC 1952, section 2.3.1
		plain, err := gzip.NewReader(r.in)
		if err != nil {
			return fmt.Errorf("saved: %w", err)
		}
		r.in = bufio.NewReaderSize(plain, readBuffer)
	case bytes.Equal(start, []byte("\ufeff")):
		r.in.Discard(len("\ufeff")) // they are there
	case bytes.HasPrefix(start, []byte{0xff, 0xfe}), bytes.HasPrefix(start, []byte{0xfe, 0xff}):
		return ErrUTF16
	}
	return nil
}

// line returns the next line without its end, and whether it had one. It is
// valid until the next call.
func (r *Reader) line() (line []byte, whole bool, err error) {
	r.lines++
	r.buf = r.buf[:0]
	for {
		b, err := r.in.ReadSlice('\n')
		if len(r.buf)+len(b) > MaxLine {
			return nil, true, r.skipLine(err)
		}
		if err == nil && len(r.buf) == 0 {
			return b[:len(b)-1], true, nil
		}
		r.buf = append(r.buf, b...)
		switch {
		case err == nil:
			return r.buf[:len(r.buf)-1], true, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(r.buf) > 0:
			return r.buf, false, nil
		case errors.Is(err, io.EOF):
			return nil, false, io.EOF
		case errors.Is(err, io.ErrUnexpectedEOF): // a gzip file that was cut
			r.in.Reset(strings.NewReader(""))
			return nil, false, &LineError{Name: r.name, Line: r.lines, Cut: true, Err: fmt.Errorf("saved: the compressed file ends too early")}
		default:
			return nil, false, fmt.Errorf("saved: %w", err)
		}
	}
}

// skipLine leaves the rest of a line out that is too long.
func (r *Reader) skipLine(err error) error {
	r.buf = nil
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = r.in.ReadSlice('\n')
	}
	return &LineError{Name: r.name, Line: r.lines, Err: ErrTooLong}
}
