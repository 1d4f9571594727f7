package body

import (
	"tlsmitm/inspect/protobuf"
)

// prettyProtobuf prints the fields of a message whose type is not known. Bytes of
// which not one can be a field are none.
func prettyProtobuf(p *printer, base int, b []byte) bool {
	fields := protobuf.Parse(b)
	if len(fields) == 0 || fields[0].Number == 0 {
		return false
	}
	p.text(base, []byte(protobuf.Tree(fields, p.limit-len(p.out)+1)))
	return true
}
