package body

import (
	"math"
	"strconv"
	"strings"

	"tlsmitm/inspect/packed"
)

// floatText writes a float of 2, 4 or 8 bytes. In CBOR a value is one number, whatever
// the bytes that it is written in (RFC 8949, appendix A); in MessagePack 4 bytes are a
// type of their own, and 0.1 in them is 0.1.
func floatText(f packed.Format, bits uint64, size int) string {
	switch {
	case size == 2:
		return float(half(uint16(bits)))
	case size == 8:
		return float(math.Float64frombits(bits))
	}
	v := math.Float32frombits(uint32(bits))
	if f == packed.MessagePack {
		short, err := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
		if err == nil { // NaN and the infinities are fine with either
			return float(short)
		}
	}
	return float(float64(v))
}

// float writes a number so that it is seen to be no integer.
func float(v float64) string {
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	format := byte('f')
	if a := math.Abs(v); a != 0 && (a < 1e-6 || a >= 1e21) {
		format = 'e'
	}
	s := strconv.FormatFloat(v, format, -1, 64)
	mantissa, exponent, ok := strings.Cut(s, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if ok { // without the zero that Go puts before a single digit
		return mantissa + "e" + exponent[:1] + strings.TrimPrefix(exponent[1:], "0")
	}
	return mantissa
}

// half converts a float of 16 bits, RFC 8949 appendix D.
func half(h uint16) float64 {
	exponent, mantissa := int(h>>10&31), float64(h&1023)
	var v float64
	switch exponent {
	case 0:
		v = math.Ldexp(mantissa, -24)
	case 31:
		if v = math.Inf(1); mantissa != 0 {
			v = math.NaN()
		}
	default:
		v = math.Ldexp(mantissa+1024, exponent-25)
	}
	if h&0x8000 != 0 {
		return -v
	}
	return v
}
