package body

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
)

// Decoded is a body whose content codings were taken off.
type Decoded struct {
	// Bytes is the result, or its beginning. Without a coding it aliases the input.
	Bytes []byte
	// Truncated says that the result is longer than the limit, and Bytes its
	// beginning.
	Truncated bool
	// Size is how many bytes were decoded, those included that are beyond the
	// limit. It is the size of the whole if Ended.
	Size int64
	// Ended says that the end of the result was reached. If neither it nor
	// Truncated is set, Err says why.
	Ended bool
	// Err is a *CodingError. Of data that end too early it wraps
	// io.ErrUnexpectedEOF; where all came out that there was, and only what follows
	// is wrong, Ended is set too.
	Err error
	// Codings are all that the header names, in its order and in lower case;
	// identity, which is none, is left out.
	Codings []string
	// Left are the first of Codings, which Bytes still has on: nothing came out
	// of the last of them.
	Left []string
}

// CodingError says which coding could not be taken off, and why.
type CodingError struct {
	Coding string
	Err    error
}

func (e *CodingError) Error() string { return fmt.Sprintf("body: %s: %v", e.Coding, e.Err) }

func (e *CodingError) Unwrap() error { return e.Err }

// Reasons in a CodingError, beside those of the decoders.
var (
	// ErrUnsupported is about a coding that is unknown, or that nobody writes.
	ErrUnsupported = errors.New("coding not supported")
	// ErrTrailing is about bytes after the end of the coded data.
	ErrTrailing = errors.New("data after the end")
	// ErrTooMany is about a list of more than maxCodings.
	ErrTooMany = errors.New("too many codings")
	// ErrTooLarge is about data that are coded several times and become too large
	// between two of them.
	ErrTooLarge = errors.New("too large before the next coding")
)

const (
	// maxCodings bounds what a header can ask for. More than two are never meant
	// honestly.
	maxCodings = 5
	// countFactor bounds the work beyond the limit: bytes are counted to this
	// multiple of the input. Text shrinks to a tenth, a bomb to a thousandth.
	countFactor = 16
	// leastBudget is what may come out in any case.
	leastBudget = 64 << 10
)

// Decode takes off the content codings (RFC 9110, section 8.4) that the values
// of Content-Encoding name, the last first, and returns at most limit bytes. What
// came out before an error is returned with it; if nothing did, Bytes is what the
// coding could not be taken off.
//
// Memory is what Bytes takes and the window of each coding: 8 MiB for zstd (RFC
// 9659), up to 16 MiB for br, 32 KiB for the others. The work is in proportion to
// the longer of b and limit.
func Decode(contentEncoding []string, b []byte, limit int) Decoded {
	limit = max(limit, 0)
	codings := codingList(contentEncoding)
	if len(codings) > maxCodings {
		d := decode(nil, b, limit)
		d.Codings, d.Left = codings, codings
		d.Err = &CodingError{codings[maxCodings], ErrTooMany}
		return d
	}
	if len(b) == 0 { // a response to HEAD, a 304: no coding makes this of anything
		return Decoded{Ended: true, Codings: codings}
	}
	d := decode(codings, b, limit)
	if failed, err := d.Left, d.Err; len(failed) > 0 && d.Size == 0 {
		d = decode(codings[len(failed):], b, limit)
		d.Left, d.Err = failed, err
	}
	d.Codings = codings
	return d
}

// codingList splits header values into codings. The list of RFC 9110, section
// 5.6.1 may have empty elements.
func codingList(values []string) []string {
	var list []string
	for _, v := range values {
		for name := range strings.SplitSeq(v, ",") {
			name, _, _ = strings.Cut(name, ";") // there are no parameters, but some send them
			if name = strings.ToLower(strings.TrimSpace(name)); name != "" && name != "identity" {
				list = append(list, name)
			}
		}
	}
	return list
}

// decode runs b through all codings at once, so that only windows are kept
// between them. Left is set if nothing came out.
func decode(codings []string, b []byte, limit int) Decoded {
	if len(codings) == 0 {
		n := min(len(b), limit)
		return Decoded{Bytes: b[:n:n], Truncated: n < len(b), Size: int64(len(b)), Ended: true}
	}
	if len(codings) == 1 && codings[0] == "zstd" {
		if whole, ok := decodeFrames(b, limit); ok {
			return Decoded{Bytes: whole, Size: int64(len(whole)), Ended: true}
		}
	}
	budget := max(int64(limit), countFactor*int64(len(b)), leastBudget)
	layers := make([]*layer, len(codings)) // in the order of decoding
	var src io.Reader = bytes.NewReader(b)
	for i := range layers {
		layers[i] = &layer{coding: codings[len(codings)-1-i], src: src, budget: budget}
		src = layers[i]
	}
	last := layers[len(layers)-1]
	last.budget = math.MaxInt64 // what comes last is held to its bound below
	defer func() {
		for _, l := range layers {
			l.close()
		}
	}()

	var d Decoded
	d.Bytes, d.Err = readUpTo(last, limit)
	d.Size = int64(len(d.Bytes))
	if d.Err == nil {
		var more int64
		more, d.Err = count(last, budget+1-d.Size)
		d.Size += more
		if d.Truncated = more > 0; d.Size > budget {
			return d
		}
	}
	if d.Ended = d.Err == io.EOF; d.Ended {
		d.Err = nil
	}
	for i, l := range layers {
		switch {
		case d.Err != nil && l.n == 0 && l.err != nil && l.err != io.EOF:
			d.Left = codings[:len(codings)-i]
			return d
		case d.Err == nil && l.trailing:
			d.Err = &CodingError{l.coding, ErrTrailing}
		case d.Err == nil && l.err != io.EOF: // after all that the next one needed
			d.Err = l.err
		}
	}
	return d
}

// readUpTo reads n bytes, or fewer with the error that ended it.
func readUpTo(r io.Reader, n int) ([]byte, error) {
	b := make([]byte, 0, min(n, 4<<10))
	for len(b) < n {
		if len(b) == cap(b) {
			b = append(b, 0)[:len(b)]
		}
		m, err := r.Read(b[len(b):min(cap(b), n)])
		if b = b[:len(b)+m]; err != nil {
			return b, err
		}
	}
	return b, nil
}

// count reads up to n bytes that nobody wants, and the error after them if it
// comes by itself.
func count(r io.Reader, n int64) (int64, error) {
	var read int64
	scrap := make([]byte, min(n, 16<<10))
	for read < n {
		m, err := r.Read(scrap[:min(n-read, int64(len(scrap)))])
		if read += int64(m); err != nil {
			return read, err
		}
	}
	return read, nil
}

// layer takes off one coding.
type layer struct {
	coding   string
	src      io.Reader
	dec      io.Reader // made at the first Read
	n        int64     // bytes that came out
	budget   int64     // what may come out
	idle     int       // reads in a row that gave nothing
	trailing bool      // something follows the end
	err      error
}

// Read ends with io.EOF, or with the error of the layer where it happened.
func (l *layer) Read(p []byte) (int, error) {
	if l.err != nil {
		return 0, l.err
	}
	if l.dec == nil {
		if l.dec, l.err = open(l.coding, l.src); l.err != nil {
			l.err = l.fault(l.err)
			return 0, l.err
		}
	}
	n, err := l.dec.Read(p)
	l.n += int64(n)
	if l.idle++; n > 0 {
		l.idle = 0
	}
	switch {
	case err == io.EOF:
		l.err = err
	case err == ErrTrailing: // the data are whole: for the layer above, this is the end
		l.err, l.trailing = io.EOF, true
	case err != nil:
		l.err = l.fault(err)
	case l.n > l.budget:
		l.err = &CodingError{l.coding, ErrTooLarge}
	case l.idle > 100: // io.Reader forbids it; a decoder must not hang here all the same
		l.err = &CodingError{l.coding, io.ErrNoProgress}
	}
	return n, l.err
}

// fault says whose error it is: this layer's, unless the one below failed first.
func (l *layer) fault(err error) error {
	if below, ok := l.src.(*layer); ok && below.err != nil && below.err != io.EOF {
		return below.err
	}
	return &CodingError{l.coding, err}
}

func (l *layer) close() {
	if c, ok := l.dec.(interface{ Close() }); ok {
		c.Close()
	}
}
