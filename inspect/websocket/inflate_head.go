package websocket

// head reads the head of a block (RFC 1951, section 3.2.3).
func (f *inflater) head() (wait bool, err error) {
	if f.final {
		f.drop(f.have & 7) // a stream's last byte
	}
	if f.have < 3 {
		return true, nil
	}
	f.final = f.drop(1) == 1
	switch f.drop(2) {
	case 0:
		f.drop(f.have & 7)
		f.step = stepStored
	case 1:
		f.literal, f.dist, f.step = fixedLiteral, fixedDist, stepSymbol
	case 2:
		f.step = stepCounts
	default:
		return false, errDeflate
	}
	return false, nil
}

// Sizes of what a block's head says (RFC 1951, section 3.2.7).
const (
	maxLiterals  = 286
	maxDistances = 30
	maxCodes     = 19
	endOfBlock   = 256
)

// codeOrder is the order in which the lengths of the code of lengths come.
var codeOrder = [maxCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

func (f *inflater) counts() (wait bool, err error) {
	if f.have < 14 {
		return true, nil
	}
	f.literals, f.distances, f.codes = int(f.drop(5))+257, int(f.drop(5))+1, int(f.drop(4))+4
	if f.literals > maxLiterals || f.distances > maxDistances {
		return false, errDeflate
	}
	f.lengths, f.step = 0, stepCodes
	clear(f.lens[:])
	return false, nil
}

func (f *inflater) codeLengths() (wait bool, err error) {
	for f.lengths < f.codes {
		if f.have < 3 {
			return true, nil
		}
		f.lens[codeOrder[f.lengths]] = uint8(f.drop(3))
		f.lengths++
	}
	f.literal, f.dist = &f.ownLiteral, &f.ownDist
	if !f.literal.init(f.lens[:maxCodes]) {
		return false, errDeflate
	}
	f.lengths, f.step = 0, stepLens
	clear(f.lens[:])
	return false, nil
}

// codeLens reads the lengths of both codes, which are one sequence.
func (f *inflater) codeLens() (wait bool, err error) {
	all := f.literals + f.distances
	for f.lengths < all {
		symbol, n, err := f.literal.find(f.bits, f.have)
		if n == 0 {
			return err == nil, err
		}
		if symbol < 16 {
			f.drop(n)
			f.lens[f.lengths] = uint8(symbol)
			f.lengths++
			continue
		}
		extra, base, value := [3]uint{2, 3, 7}[symbol-16], [3]int{3, 3, 11}[symbol-16], uint8(0)
		if f.have < n+extra {
			return true, nil
		}
		f.drop(n)
		repeat := base + int(f.drop(extra))
		if symbol == 16 {
			if f.lengths == 0 {
				return false, errDeflate
			}
			value = f.lens[f.lengths-1]
		}
		if f.lengths+repeat > all {
			return false, errDeflate
		}
		for range repeat {
			f.lens[f.lengths] = value
			f.lengths++
		}
	}
	if !f.literal.init(f.lens[:f.literals]) || !f.dist.init(f.lens[f.literals:all]) {
		return false, errDeflate
	}
	f.step = stepSymbol
	return false, nil
}

// fixedLiteral and fixedDist are RFC 1951, section 3.2.6.
var fixedLiteral, fixedDist = fixedCodes()

func fixedCodes() (literal, dist *huffman) {
	var lens [maxSymbols]uint8
	for i := range lens {
		switch {
		case i < 144:
			lens[i] = 8
		case i < 256:
			lens[i] = 9
		case i < 280:
			lens[i] = 7
		default:
			lens[i] = 8
		}
	}
	literal, dist = new(huffman), new(huffman)
	literal.init(lens[:])
	for i := range 32 {
		lens[i] = 5
	}
	dist.init(lens[:32])
	return literal, dist
}
