package websocket

import "encoding/binary"

// windowSize is how far back a match may reach (RFC 1951, section 2).
const windowSize = 1 << 15

// inflater decompresses deflate (RFC 1951) as it is handed over. It does not stop
// at the end of a stream: there the next one begins, with the same window.
type inflater struct {
	window  [windowSize]byte
	at      int // where the next byte goes
	told    int // where the first byte is that was not told yet
	history int // bytes of the window that have been written, all in the end

	bits uint64 // the next ones, the first lowest
	have uint   // how many there are

	step  step
	final bool
	// In a block: bytes that are left of a stored one, or of a match.
	left     int
	distance int

	// In the head of a block: how many lengths there are of each kind, and those
	// that have come.
	literals, distances, lengths, codes int
	lens                                [maxSymbols + 32]uint8

	literal, dist       *huffman // those of the block; the code of lengths is literal while it is needed
	ownLiteral, ownDist huffman
}

// step is what comes next.
type step uint8

const (
	stepHead   step = iota // a block's head
	stepStored             // the length of a stored block
	stepCopy               // its content
	stepCounts             // the numbers of lengths
	stepCodes              // the code of lengths
	stepLens               // the lengths
	stepSymbol             // a literal or a match
	stepMatch              // the rest of a match
)

// reset begins anew, with nothing behind.
func (f *inflater) reset() {
	f.at, f.told, f.history = 0, 0, 0
	f.restart()
}

// restart begins a stream that may go back to what was before.
func (f *inflater) restart() { f.bits, f.have, f.step, f.final, f.left = 0, 0, stepHead, false, 0 }

// feed decompresses b, and hands what comes of it to out in runs that are out's
// until it returns, until that returns false.
func (f *inflater) feed(b []byte, out func([]byte) bool) (more bool, err error) {
	for {
		if f.step != stepCopy {
			b = b[f.fill(b):]
		}
		var wait bool
		if f.step == stepCopy && f.have == 0 && len(b) > 0 {
			b = b[f.copyStored(b):]
		} else if wait, err = f.next(); err != nil {
			if !f.tell(out) {
				err = nil // what was wanted came before
			}
			return false, err
		}
		if f.at == windowSize && !f.tell(out) {
			return false, nil
		}
		if wait && len(b) == 0 {
			return f.tell(out), nil
		}
	}
}

// fill takes bytes into the bits, and returns how many. Bits beyond those that are
// there may be set already, as they will be.
func (f *inflater) fill(b []byte) (n int) {
	if len(b) >= 8 {
		f.bits |= binary.LittleEndian.Uint64(b) << f.have
		n = int(63-f.have) >> 3
		f.have += uint(n) * 8
		return n
	}
	for f.have <= 56 && n < len(b) {
		f.bits |= uint64(b[n]) << f.have
		f.have += 8
		n++
	}
	return n
}

// tell hands over what has not been yet.
func (f *inflater) tell(out func([]byte) bool) (more bool) {
	more = f.told == f.at || out(f.window[f.told:f.at])
	if f.at == windowSize {
		f.at = 0
	}
	f.told = f.at
	return more
}

// flushed is what a message does not send of the empty block that ends it (RFC
// 7692, section 7.2.1).
var flushed = []byte{0x00, 0x00, 0xff, 0xff}

// end ends a message. It returns false if that was not all there.
func (f *inflater) end(out func([]byte) bool) bool {
	if f.step == stepHead && f.final && f.have < 8 {
		f.restart() // the last block was said to be the last, and nothing follows it
		return true
	}
	_, err := f.feed(flushed, out)
	return err == nil && f.step == stepHead && f.have == 0
}

func (f *inflater) drop(n uint) uint64 {
	v := f.bits & (1<<n - 1)
	f.bits >>= n
	f.have -= n
	return v
}

// next takes a step, or says that it has to wait for more bits.
func (f *inflater) next() (wait bool, err error) {
	switch f.step {
	case stepHead:
		return f.head()
	case stepStored:
		return f.stored()
	case stepCopy:
		return f.storedByte(), nil
	case stepCounts:
		return f.counts()
	case stepCodes:
		return f.codeLengths()
	case stepLens:
		return f.codeLens()
	case stepSymbol:
		return f.symbols()
	default:
		f.match()
		return false, nil
	}
}

// stored reads the length of a stored block (RFC 1951, section 3.2.4).
func (f *inflater) stored() (wait bool, err error) {
	if f.have < 32 {
		return true, nil
	}
	n, inverse := f.drop(16), f.drop(16)
	if n != inverse^0xffff {
		return false, errDeflate
	}
	f.left, f.step = int(n), stepCopy
	if n == 0 {
		f.step = stepHead
	}
	return false, nil
}

// storedByte takes a byte of a stored block out of the bits.
func (f *inflater) storedByte() (wait bool) {
	if f.have < 8 {
		return true
	}
	f.put(byte(f.drop(8)))
	if f.left--; f.left == 0 {
		f.step = stepHead
	}
	return false
}

// copyStored takes bytes of a stored block as they are, and returns how many.
func (f *inflater) copyStored(b []byte) int {
	f.bits = 0
	n := copy(f.window[f.at:], b[:min(len(b), f.left)])
	f.at += n
	f.history = min(f.history+n, windowSize)
	if f.left -= n; f.left == 0 {
		f.step = stepHead
	}
	return n
}

func (f *inflater) put(b byte) {
	f.window[f.at] = b
	f.at++
	f.history = min(f.history+1, windowSize)
}

// symbols reads literals, up to a match or the end of the block or of the window.
func (f *inflater) symbols() (wait bool, err error) {
	bits, have, at, literal := f.bits, f.have, f.at, f.literal
	for at < windowSize {
		e := literal.fast[bits&(1<<fastBits-1)]
		n := uint(e & 15)
		if n == 0 || n > have || e>>4 >= endOfBlock {
			break
		}
		f.window[at] = byte(e >> 4)
		at++
		bits >>= n
		have -= n
	}
	f.history = min(f.history+at-f.at, windowSize)
	f.bits, f.have, f.at = bits, have, at
	if at == windowSize {
		return false, nil
	}
	symbol, n, err := literal.find(bits, have)
	switch {
	case n == 0:
		return err == nil, err
	case symbol < endOfBlock:
		f.drop(n)
		f.put(byte(symbol))
	case symbol == endOfBlock:
		f.drop(n)
		f.step = stepHead
	default:
		return f.beginMatch(symbol-endOfBlock-1, n)
	}
	return false, nil
}

// lengthBase and the others are RFC 1951, section 3.2.5.
var (
	lengthBase    = [...]uint16{3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258}
	lengthExtra   = [...]uint8{0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0}
	distanceBase  = [...]uint16{1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577}
	distanceExtra = [...]uint8{0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13}
)

// beginMatch reads a match, whose length's symbol takes n bits. Nothing is taken
// before all of it is there, which is at most 48 bits.
func (f *inflater) beginMatch(i int, n uint) (wait bool, err error) {
	if i >= len(lengthBase) {
		return false, errDeflate
	}
	extra := uint(lengthExtra[i])
	if f.have < n+extra {
		return true, nil
	}
	length := int(lengthBase[i]) + int(f.bits>>n&(1<<extra-1))
	n += extra
	j, m, err := f.dist.find(f.bits>>n, f.have-n)
	if m == 0 {
		return err == nil, err
	}
	if j >= len(distanceBase) {
		return false, errDeflate
	}
	n += m
	extra = uint(distanceExtra[j])
	if f.have < n+extra {
		return true, nil
	}
	f.distance = int(distanceBase[j]) + int(f.bits>>n&(1<<extra-1))
	f.drop(n + extra)
	if f.distance > f.history {
		return false, errDeflate
	}
	f.left, f.step = length, stepMatch
	return false, nil
}

// match copies a match, as far as the window goes before it begins again. What it
// copies may be what it has copied.
func (f *inflater) match() {
	n := min(f.left, windowSize-f.at)
	to := f.window[f.at : f.at+n]
	from := (f.at - f.distance) & (windowSize - 1)
	if from >= f.at {
		k := copy(to, f.window[from:])
		to, from = to[k:], 0
	}
	for at := f.at + n - len(to); len(to) > 0; {
		k := copy(to, f.window[from:at])
		to = to[k:]
		at += k
	}
	f.at += n
	f.history = min(f.history+n, windowSize)
	if f.left -= n; f.left == 0 {
		f.step = stepSymbol
	}
}
