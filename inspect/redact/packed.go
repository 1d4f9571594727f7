package redact

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
)

// format is one in which names stand beside values, and neither is text.
type format uint8

const (
	formatNone        format = iota
	formatCBOR               // RFC 8949
	formatMessagePack        // spec.md of msgpack/msgpack
	formatGRPC               // its messages have no names in them
	formatWide               // text in UTF-16 or UTF-32
)

// isWide says whether a Content-Type names a charset in which names have zeros between
// their letters.
func isWide(contentType []byte) bool {
	_, params, some := bytes.Cut(contentType, []byte(";"))
	if !some {
		return false
	}
	params = bytes.ToLower(params)
	return bytes.Contains(params, []byte("utf-16")) || bytes.Contains(params, []byte("utf-32")) || bytes.Contains(params, []byte("ucs-2"))
}

// formatNames are what masks of all of a content call it.
var formatNames = [...]string{formatCBOR: "cbor", formatMessagePack: "msgpack", formatGRPC: "grpc", formatWide: "utf-16"}

// formatOf says what is in content of a media type in lower case.
func formatOf(media string) format {
	_, sub, _ := strings.Cut(media, "/")
	base, suffix, _ := strings.Cut(sub, "+")
	for _, s := range [...]string{base, suffix} {
		switch s {
		case "cbor", "cbor-seq":
			return formatCBOR
		case "msgpack", "x-msgpack", "vnd.msgpack", "messagepack", "x-messagepack", "vnd.messagepack":
			return formatMessagePack
		case "grpc", "grpc-web", "grpc-web-text":
			return formatGRPC
		}
	}
	return formatNone
}

// packed hides the secrets in content of a format that has names, all of it or the
// beginning. Strings become longer or shorter, so that it is written anew as far as
// there are any. It returns b itself if there are none.
func (r *Redactor) packed(f format, b []byte, depth int) []byte {
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
		w := packedWalk{format: f, rest: b, look: true}
		it, err := w.item()
		if err != nil || it.kind != packedMap && it.kind != packedArray {
			continue
		}
		w.rest = b
		for len(w.rest) > 0 && err == nil {
			err = w.value(0, nil)
		}
		if w.named && (err == nil || errors.Is(err, errPackedEnd) && len(b) >= guessCut) {
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
	format  format
	look    bool // nothing is written
	rest    []byte
	out     []byte
	left    []byte // what was not read, after an error
	changed bool
	named   bool // a map with a name was there
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
			w.string(packedText, w.mask(rule, it.start))
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
		rule, err = undecided, errPackedForm
	case it.kind == packedBreak:
		err = errPackedForm
	}
	if err != nil {
		return w.fail(it, rule, err)
	}
	switch it.kind {
	case packedText, packedBytes:
		return w.text(it, rule)
	case packedArray, packedMap:
		return w.container(it, depth, rule)
	case packedTag:
		w.keep(it.start[:it.head])
		if it.arg == taggedCBOR && rule == nil {
			return w.embedded(depth)
		}
		return w.value(depth+1, rule)
	case packedNumber, packedExtension:
		if rule != nil {
			w.string(packedText, w.mask(rule, it.number()))
			return nil
		}
	}
	w.keep(it.start[:it.head+it.extra])
	return nil
}

// number is a number as text where it is a whole one, so that masks are the same
// wherever it stands.
func (it *packedItem) number() []byte {
	if it.kind == packedNumber && it.extra == 0 {
		return strconv.AppendUint(nil, it.arg, 10)
	}
	return it.start[:it.head+it.extra]
}

// container goes through the values of an array or a map.
func (w *packedWalk) container(it packedItem, depth int, rule *secretName) error {
	w.keep(it.start[:it.head])
	for i := uint64(0); it.open || i < it.arg; i++ {
		if it.open && w.atBreak() {
			return nil
		}
		inner := rule
		if it.kind == packedMap {
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
	if len(w.rest) == 0 || w.rest[0] != cborBreak {
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
	if err != nil || it.open || it.kind != packedText && it.kind != packedBytes {
		return nil, nil
	}
	name := it.start[it.head : it.head+int(it.arg)]
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
		w.string(packedText, w.mask(rule, b))
		return err
	case it.kind == packedText || isText(b, false):
		hidden = w.r.scanned(modeText, "", b)
	}
	if len(hidden) > 0 && &hidden[0] != &b[0] {
		w.changed = true
		w.string(it.kind, hidden)
	} else {
		w.keep(whole)
	}
	return err
}

// content takes a string: all of the item, and what it says.
func (w *packedWalk) content(it packedItem) (whole, b []byte, err error) {
	if !it.open {
		n := len(it.start) - it.head
		if it.arg > uint64(n) { // the end is cut off
			w.rest, w.left = nil, []byte{}
			return it.start, it.start[it.head:], errPackedEnd
		}
		n = int(it.arg)
		w.rest = it.start[it.head+n:]
		return it.start[:it.head+n], it.start[it.head : it.head+n], nil
	}
	for { // in chunks (RFC 8949, section 3.2.3)
		if len(w.rest) > 0 && w.rest[0] == cborBreak {
			w.rest = w.rest[1:]
			return it.start[:len(it.start)-len(w.rest)], b, nil
		}
		chunk, err := w.item()
		if err == nil && (chunk.kind != it.kind || chunk.open) {
			err = errPackedForm
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
	case it.kind != packedBytes || it.open:
		w.rest = it.start
		return w.value(depth+1, nil)
	}
	whole, b, err := w.content(it)
	if w.look {
		return err
	}
	if hidden := w.r.packed(w.format, b, depth+packedDepth/8); len(b) > 0 && &hidden[0] != &b[0] {
		w.changed = true
		w.string(packedBytes, hidden)
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
func (w *packedWalk) string(kind packedKind, b []byte) {
	if w.look {
		return
	}
	n := len(b)
	if w.format == formatCBOR {
		major := byte(cborText << 5)
		if kind == packedBytes {
			major = cborBytes << 5
		}
		switch {
		case n < 24:
			w.out = append(w.out, major|byte(n))
		case n < 1<<8:
			w.out = append(w.out, major|24, byte(n))
		case n < 1<<16:
			w.out = binary.BigEndian.AppendUint16(append(w.out, major|25), uint16(n))
		default:
			w.out = binary.BigEndian.AppendUint32(append(w.out, major|26), uint32(n))
		}
		w.out = append(w.out, b...)
		return
	}
	first := byte(0xd9) // str 8
	if kind == packedBytes {
		first = 0xc4 // bin 8
	}
	switch {
	case n < 32 && kind == packedText:
		w.out = append(w.out, 0xa0|byte(n))
	case n < 1<<8:
		w.out = append(w.out, first, byte(n))
	case n < 1<<16:
		w.out = binary.BigEndian.AppendUint16(append(w.out, first+1), uint16(n))
	default:
		w.out = binary.BigEndian.AppendUint32(append(w.out, first+2), uint32(n))
	}
	w.out = append(w.out, b...)
}
