package capture

// The pcap file format, draft-ietf-opsawg-pcap: a header of 24 bytes, and
// records with headers of 16.

const (
	pcapHeaderLen = 24
	pcapRecordLen = 16
)

// pcapHeader is what a file's header says.
type pcapHeader struct {
	nano   bool
	header int  // size of a record's header
	begun  bool // the rest is read
	link   LinkType
}

// pcapMagic reads a magic number, in the byte order in which it makes sense.
func pcapMagic(magic uint32) (pcapHeader, bool) {
	switch magic {
	case 0xa1b2c3d4: // section 4: microseconds
		return pcapHeader{header: pcapRecordLen}, true
	case 0xa1b23c4d: // nanoseconds
		return pcapHeader{header: pcapRecordLen, nano: true}, true
	case 0xa1b2cd34: // Alexey Kuznetzov's, with an interface, a protocol and a type
		return pcapHeader{header: pcapRecordLen + 8}, true
	}
	return pcapHeader{}, false
}

// pcapBegin reads the rest of the file's header. The upper half of the link type's
// word tells of a frame check sequence (section 4), which no protocol here counts
// as its own.
func (f *framing) pcapBegin(b []byte, r *record) (int, error) {
	if len(b) < pcapHeaderLen {
		r.pending = pcapHeaderLen
		return 0, nil
	}
	if major := f.order.uint16(b[4:]); major != 2 {
		return 0, corrupt("pcap version %d is not known", major)
	}
	f.pcap.begun = true
	f.pcap.link = LinkType(f.order.uint32(b[20:]) & 0xffff)
	return pcapHeaderLen, nil
}

// pcapRecord reads one record, section 5.
func (f *framing) pcapRecord(b []byte, r *record) (int, error) {
	if len(b) < f.pcap.header {
		r.pending = f.pcap.header
		return 0, nil
	}
	captured, length := f.order.uint32(b[8:]), f.order.uint32(b[12:])
	if captured > maxFrame {
		return 0, corrupt("frame %d claims to hold %d bytes", f.frames+1, captured)
	}
	n := f.pcap.header + int(captured)
	if len(b) < n {
		r.pending = n
		return 0, nil
	}
	unit := int64(1000)
	if f.pcap.nano {
		unit = 1
	}
	f.frames++
	r.kind, r.frame, r.link = recordFrame, f.frames, f.pcap.link
	r.time = int64(f.order.uint32(b))*1e9 + int64(f.order.uint32(b[4:]))*unit
	r.data, r.length = b[f.pcap.header:n], max(int(length), int(captured))
	return n, nil
}
