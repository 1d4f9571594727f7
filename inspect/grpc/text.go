package grpc

import (
	"encoding/base64"
	"fmt"
)

// base64Decoder reads base64 as it comes. Padding may be anywhere: a server encodes
// what it has, and goes on.
type base64Decoder struct {
	quantum [4]byte
	have    int
	at      int64 // characters before
}

// errBase64 says where a character is that is none of base64's.
type errBase64 int64

func (e errBase64) Error() string { return fmt.Sprintf("not base64 at byte %d", int64(e)) }

// decode returns what the characters are, as far as groups of four are complete.
func (d *base64Decoder) decode(b []byte) ([]byte, error) {
	out := make([]byte, 0, (len(b)+d.have)/4*3)
	for i, c := range b {
		if c == '\r' || c == '\n' {
			continue
		}
		d.quantum[d.have] = c
		if d.have++; d.have < 4 {
			continue
		}
		d.have = 0
		var three [3]byte
		n, err := base64.StdEncoding.Decode(three[:], d.quantum[:])
		if err != nil {
			return out, errBase64(d.at + int64(i))
		}
		out = append(out, three[:n]...)
	}
	d.at += int64(len(b))
	return out, nil
}

// end returns what is left where the padding was left out.
func (d *base64Decoder) end() ([]byte, error) {
	if d.have == 0 {
		return nil, nil
	}
	out, err := base64.RawStdEncoding.DecodeString(string(d.quantum[:d.have]))
	if err != nil {
		return nil, errBase64(d.at)
	}
	return out, nil
}
