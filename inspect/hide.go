package inspect

import "tlsmitm/inspect/redact"

// hide masks the secrets in dst, which is the beginning of src copied.
func (f *flow) hide(dst, src []byte) {
	if f.masked() {
		f.mask.Mask(dst, src)
	}
}

// loseMask tells what hides the secrets that some of the data were not seen.
func (f *flow) loseMask() {
	if f.masked() {
		f.mask.Lose()
	}
}

// masked says whether secrets are hidden, and makes what does it. The legs of a
// connection carry the same data, which are searched once.
func (f *flow) masked() bool {
	r := f.conv.d.redact
	if f.mask != nil || r == nil {
		return r != nil
	}
	if other := f.counterpart(); other != nil {
		f.mask, other.mask = r.Twins(f.kind())
	} else {
		f.mask = r.Stream(f.kind())
	}
	return true
}

// counterpart returns the flow of the other leg that has the same data inside TLS; nil
// where there is none, or where it has come up with data before.
func (f *flow) counterpart() *flow {
	for _, c := range f.conv.d.legs {
		other := c.flow(f.up)
		if c != f.conv && c.version != 0 && other.mask == nil && !f.raw && !other.raw && other.kind() == f.kind() {
			return other
		}
	}
	return nil
}

// kind says in which shape secrets come, as far as the handshake tells.
func (f *flow) kind() redact.Kind { return redact.KindOf(f.conv.alpn) }
