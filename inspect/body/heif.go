package body

import "golang.org/x/crypto/cryptobyte"

// heifSize reads how large the primary image of an AVIF or HEIC file is shown: its
// extents, cropped to the clean aperture and turned (ISO/IEC 23008-12, section 6.5,
// and ISO/IEC 14496-12, section 12.1.4).
func heifSize(b []byte) (width, height int) {
	meta := cryptobyte.String(findBox(b, "meta"))
	if !meta.Skip(4) { // version and flags
		return 0, 0
	}
	iprp := findBox(meta, "iprp")
	properties := boxes(findBox(iprp, "ipco"))
	for _, i := range associated(findBox(iprp, "ipma"), primaryItem(findBox(meta, "pitm"))) {
		if i < 1 || i > len(properties) {
			continue
		}
		s := cryptobyte.String(properties[i-1].content)
		switch properties[i-1].name {
		case "ispe":
			var w, h uint32
			if s.Skip(4) && s.ReadUint32(&w) && s.ReadUint32(&h) {
				width, height = int(w), int(h)
			}
		case "clap":
			var w, wd, h, hd uint32
			if s.ReadUint32(&w) && s.ReadUint32(&wd) && s.ReadUint32(&h) && s.ReadUint32(&hd) && wd > 0 && hd > 0 {
				width, height = min(width, int(w/wd)), min(height, int(h/hd))
			}
		case "irot": // by right angles
			if len(s) > 0 && s[0]&1 == 1 {
				width, height = height, width
			}
		}
	}
	return width, height
}

// primaryItem reads the number of the image that the file is about.
func primaryItem(s cryptobyte.String) (id uint32) {
	var version uint8
	if !s.ReadUint8(&version) || !s.Skip(3) {
		return 0
	}
	readItem(&s, version > 0, &id)
	return id
}

// readItem reads an item's number, whose size depends on the box's version.
func readItem(s *cryptobyte.String, long bool, id *uint32) bool {
	if long {
		return s.ReadUint32(id)
	}
	var short uint16
	ok := s.ReadUint16(&short)
	*id = uint32(short)
	return ok
}

// associated reads which properties an item has; they count from 1.
func associated(s cryptobyte.String, item uint32) (indices []int) {
	var head, entries, id uint32 // version and flags
	if !s.ReadUint32(&head) || !s.ReadUint32(&entries) {
		return nil
	}
	long, wide := head>>24 > 0, head&1 != 0
	for ; entries > 0; entries-- {
		var count uint8
		if !readItem(&s, long, &id) || !s.ReadUint8(&count) {
			return nil
		}
		for range count {
			var narrow uint8
			var index uint16
			if wide {
				if !s.ReadUint16(&index) {
					return indices
				}
				index &= 0x7fff // without the bit that says essential
			} else {
				if !s.ReadUint8(&narrow) {
					return indices
				}
				index = uint16(narrow & 0x7f)
			}
			if id == item {
				indices = append(indices, int(index))
			}
		}
		if id == item {
			return indices
		}
	}
	return nil
}

// box is one of ISO/IEC 14496-12, section 4.2.
type box struct {
	name    string
	content []byte
}

// maxBoxes is more than a file has side by side, unless it wants to be slow.
const maxBoxes = 1000

// boxes splits b into boxes. The last may be cut.
func boxes(b []byte) (all []box) {
	for s := cryptobyte.String(b); len(all) < maxBoxes; {
		var size uint32
		var name, content []byte
		if !s.ReadUint32(&size) || !s.ReadBytes(&name, 4) {
			break
		}
		if size < 8 || int(size)-8 > len(s) { // up to the end; sizes of 64 bits are those of films
			content, s = s, nil
		} else {
			s.ReadBytes(&content, int(size)-8)
		}
		all = append(all, box{string(name), content})
	}
	return all
}

// findBox returns the content of the first box of that name.
func findBox(b []byte, name string) []byte {
	for _, box := range boxes(b) {
		if box.name == name {
			return box.content
		}
	}
	return nil
}
