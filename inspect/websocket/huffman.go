package websocket

import "errors"

var errDeflate = errors.New("websocket: not deflate")

// Sizes of Huffman codes (RFC 1951, section 3.2).
const (
	maxCodeLen = 15
	maxSymbols = 288
	fastBits   = 9 // codes of up to so many bits are found with one look
)

// huffman is a Huffman code (RFC 1951, section 3.2.2).
type huffman struct {
	// fast has, for the next bits, the symbol << 4 | the length of its code; 0
	// where the code is longer, or is none.
	fast [1 << fastBits]uint16
	// count and symbols are the code itself: how many codes there are of each
	// length, and their symbols in order.
	count   [maxCodeLen + 1]uint16
	symbols [maxSymbols]uint16
}

// init makes the code whose symbols have these lengths. A code that is not
// complete is refused, but for one of no symbol, or of one with one bit.
func (h *huffman) init(lengths []uint8) bool {
	h.count = [maxCodeLen + 1]uint16{}
	longest := 0
	for _, n := range lengths {
		h.count[n]++
		longest = max(longest, int(n))
	}
	h.count[0] = 0
	left := 1
	var next, start [maxCodeLen + 2]int
	code := 0
	for n := 1; n <= maxCodeLen; n++ {
		left = left<<1 - int(h.count[n])
		if left < 0 {
			return false
		}
		next[n] = code
		code = (code + int(h.count[n])) << 1
		start[n+1] = start[n] + int(h.count[n])
	}
	if left > 0 && longest != 0 && !(longest == 1 && h.count[1] == 1) {
		return false
	}
	h.fast = [1 << fastBits]uint16{}
	for symbol, n := range lengths {
		if n == 0 {
			continue
		}
		h.symbols[start[n]] = uint16(symbol)
		start[n]++
		if n <= fastBits {
			for bits := reverse(next[n], n); bits < 1<<fastBits; bits += 1 << n {
				h.fast[bits] = uint16(symbol)<<4 | uint16(n)
			}
		}
		next[n]++
	}
	return true
}

// reverse turns a code of n bits round: in the stream its first bit is the lowest.
func reverse(code int, n uint8) (r int) {
	for range n {
		r = r<<1 | code&1
		code >>= 1
	}
	return r
}

// find returns the symbol that bits begin with, and how many bits it takes: 0 if
// there are not enough of the have bits yet.
func (h *huffman) find(bits uint64, have uint) (symbol int, n uint, err error) {
	if e := h.fast[bits&(1<<fastBits-1)]; e != 0 {
		if n := uint(e & 15); n <= have {
			return int(e >> 4), n, nil
		}
		return 0, 0, nil
	}
	code, first, index := 0, 0, 0
	for n := 1; n <= maxCodeLen; n++ {
		if uint(n) > have {
			return 0, 0, nil
		}
		code |= int(bits>>(n-1)) & 1
		count := int(h.count[n])
		if code-first < count {
			return int(h.symbols[index+code-first]), uint(n), nil
		}
		index += count
		first = (first + count) << 1
		code <<= 1
	}
	return 0, 0, errDeflate
}
