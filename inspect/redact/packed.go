package redact

import (
	"errors"
	"slices"

	"tlsmitm/inspect/packed"
)

// packed hides the secrets in content of a format that has names, all of it or the
// beginning. Strings become longer or shorter, so that it is written anew as far as
// there are any. It returns b itself if there are none.
func (r *Redactor) packed(f packed.Format, b []byte, depth int) []byte {
	w := packedWalk{r: r, format: f, rest: b}
	for len(w.rest) > 0 {
		if w.value(depth, nil) != nil {
			break
		}
	}
	if w.left != nil { // what cannot be read is looked at as text
		hidden := r.scanned(modeText, "", w.left)
		w.changed = w.changed || len(hidden) > 0 && &hidden[0] != &w.left[0]
		w.out = append(w.out, hidden...)
	}
	if !w.changed {
		return b
	}
	return w.out
}

// guessCut is how long the beginning of content must be for it to be told by that.
const guessCut = 1 << 10

// guess says in which of the formats b is that nothing calls by its name, if all of it
// is well-formed, and it is or holds a map with names.
func guess(b []byte) format {
	for _, f := range [...]format{formatMessagePack, formatCBOR} {
		w := packedWalk{format: f.packed(), rest: b, look: true}
		it, err := w.item()
		if err != nil || it.Kind != packed.Map && it.Kind != packed.Array {
			continue
		}
		w.rest = b
		for len(w.rest) > 0 && err == nil {
			err = w.value(0, nil)
		}
		if w.named && (err == nil || errors.Is(err, packed.ErrEnd) && len(b) >= guessCut) {
			return f
		}
	}
	return formatNone
}

// packedDepth bounds nesting: what is deeper is hidden.
const packedDepth = 64

// packedWalk goes through values, and writes them again.
type packedWalk struct {
	r       *Redactor
	format  packed.Format
	look    bool // nothing is written
	rest    []byte
	out     []byte
	left    []byte // what was not read, after an error
	changed bool
	named   bool // a map with a name was there
}

// packedItem is a value, or the beginning of one that holds others.
type packedItem struct {
	packed.Head
	start []byte // from the head on
	size  int    // of the head, and of the data of an extension
}

// item takes a head, and what follows it unless that is a string or values.
func (w *packedWalk) item() (packedItem, error) {
	it := packedItem{start: w.rest}
	h, n, err := w.format.Head(w.rest)
	if err != nil {
		return it, err
	}
	if h.Kind == packed.Extension {
		if h.Arg > uint64(len(w.rest)-n) {
			return it, packed.ErrEnd
		}
		n += int(h.Arg)
	}
	it.Head, it.size = h, n
	w.rest = w.rest[n:]
	return it, nil
}

// keep writes bytes as they are.
func (w *packedWalk) keep(b []byte) {
	if !w.look {
		w.out = append(w.out, b...)
	}
}

// fail gives up at an item.
func (w *packedWalk) fail(it packedItem, rule *secretName, err error) error {
	if w.left == nil {
		if w.left = it.start; rule != nil && len(it.start) > 0 {
			w.string(packed.Text, w.mask(rule, it.start))
			w.left = []byte{}
		}
	}
	return err
}

// value goes through one value, which is secret if there is a rule.
func (w *packedWalk) value(depth int, rule *secretName) error {
	it, err := w.item()
	switch {
	case err != nil:
	case depth > packedDepth:
		rule, err = undecided, packed.ErrMalformed
	case it.Kind == packed.Break:
		err = packed.ErrMalformed
	}
	if err != nil {
		return w.fail(it, rule, err)
	}
	switch it.Kind {
	case packed.Text, packed.Bytes:
		return w.text(it, rule)
	case packed.Array, packed.Map:
		return w.container(it, depth, rule)
	case packed.Tag:
		w.keep(it.start[:it.size])
		if it.Arg == packed.EmbeddedCBOR && rule == nil {
			return w.embedded(depth)
		}
		return w.value(depth+1, rule)
	case packed.Unsigned, packed.Negative, packed.Float, packed.Extension:
		if rule != nil {
			w.string(packed.Text, w.mask(rule, it.number()))
			return nil
		}
	}
	w.keep(it.start[:it.size])
	return nil
}

// number is a number as text where it is a whole one, so that masks are the same
// wherever it stands.
func (it *packedItem) number() []byte {
	if it.Kind == packed.Unsigned || it.Kind == packed.Negative {
		return []byte(it.Integer())
	}
	return it.start[:it.size]
}

// container goes through the values of an array or a map.
func (w *packedWalk) container(it packedItem, depth int, rule *secretName) error {
	w.keep(it.start[:it.size])
	for i := uint64(0); it.Indefinite || i < it.Arg; i++ {
		if it.Indefinite && w.atBreak() {
			return nil
		}
		inner := rule
		if it.Kind == packed.Map {
			name, err := w.key(depth)
			if err != nil {
				return err
			}
			if found := w.find(name); found != nil && inner == nil {
				inner = found
			}
		}
		if err := w.value(depth+1, inner); err != nil {
			return err
		}
	}
	return nil
}

func (w *packedWalk) find(name []byte) *secretName {
	w.named = w.named || len(name) > 0
	if w.look || len(name) == 0 {
		return nil
	}
	return w.r.names.find(slices.Clone(name), placeField)
}

// atBreak takes the end of an open container.
func (w *packedWalk) atBreak() bool {
	if !packed.IsBreak(w.rest) {
		return false
	}
	w.keep(w.rest[:1])
	w.rest = w.rest[1:]
	return true
}

// key goes through a key, and returns it if it is a name.
func (w *packedWalk) key(depth int) ([]byte, error) {
	ahead := packedWalk{format: w.format, rest: w.rest}
	it, err := ahead.item()
	if err := w.value(depth+1, nil); err != nil {
		return nil, err
	}
	if err != nil || it.Indefinite || it.Kind != packed.Text && it.Kind != packed.Bytes {
		return nil, nil
	}
	name := it.start[it.size : it.size+int(it.Arg)]
	if !isText(name, false) {
		return nil, nil
	}
	return name, nil
}

// text goes through a string: a secret, or something that may hold one.
func (w *packedWalk) text(it packedItem, rule *secretName) error {
	whole, b, err := w.content(it)
	if w.look {
		return err
	}
	hidden := b
	switch {
	case rule != nil && (len(b) == 0 || isMask(b)):
	case rule != nil:
		w.string(packed.Text, w.mask(rule, b))
		return err
	case it.Kind == packed.Text || isText(b, false):
		hidden = w.r.scanned(modeText, "", b)
	}
	if len(hidden) > 0 && &hidden[0] != &b[0] {
		w.changed = true
		w.string(it.Kind, hidden)
	} else {
		w.keep(whole)
	}
	return err
}

// content takes a string: all of the item, and what it says.
func (w *packedWalk) content(it packedItem) (whole, b []byte, err error) {
	if !it.Indefinite {
		content := it.start[it.size:]
		if it.Arg > uint64(len(content)) { // the end is cut off
			w.rest, w.left = nil, []byte{}
			return it.start, content, packed.ErrEnd
		}
		n := int(it.Arg)
		w.rest = content[n:]
		return it.start[:it.size+n], content[:n], nil
	}
	for { // in chunks (RFC 8949, section 3.2.3)
		if packed.IsBreak(w.rest) {
			w.rest = w.rest[1:]
			return it.start[:len(it.start)-len(w.rest)], b, nil
		}
		chunk, err := w.item()
		if err == nil && (chunk.Kind != it.Kind || chunk.Indefinite) {
			err = packed.ErrMalformed
		}
		var more []byte
		if err == nil {
			_, more, err = w.content(chunk)
		}
		if b = append(b, more...); err != nil {
			w.rest, w.left = nil, []byte{}
			return it.start, b, err
		}
	}
}

// embedded goes through a string of bytes that is CBOR itself (RFC 8949, section
// 3.4.5.1), whose length may change.
func (w *packedWalk) embedded(depth int) error {
	it, err := w.item()
	switch {
	case err != nil:
		return w.fail(it, nil, err)
	case it.Kind != packed.Bytes || it.Indefinite:
		w.rest = it.start
		return w.value(depth+1, nil)
	}
	whole, b, err := w.content(it)
	if w.look {
		return err
	}
	if hidden := w.r.packed(w.format, b, depth+packedDepth/8); len(b) > 0 && &hidden[0] != &b[0] {
		w.changed = true
		w.string(packed.Bytes, hidden)
	} else {
		w.keep(whole)
	}
	return err
}

func (w *packedWalk) mask(rule *secretName, value []byte) []byte {
	if w.look {
		return nil
	}
	w.changed = true
	return w.r.mask(nil, rule.kind, value, encodedNot, shapeLong)
}

// string writes a string.
func (w *packedWalk) string(kind packed.Kind, b []byte) {
	if !w.look {
		w.out = w.format.AppendString(w.out, kind, b)
	}
}
