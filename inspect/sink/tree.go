package sink

import (
	"strconv"
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/tlswire"
)

// tree is a message's fields as they are shown: one below the other.
type tree struct {
	words *explain.Words
	// bytes says that every byte is to be seen, once: each field that no other
	// is a part of has a row of its own, and the rest is not summed up.
	bytes bool
	size  int // of the message
	rows  []treeRow
}

// treeRow is a field. Its value stands beside its name, or what it lists below it.
type treeRow struct {
	depth          int
	name           []unit
	placed         bool // it has bytes of its own: it says where
	apart          bool // it is about no field, but the whole message
	offset, length int
	value          []unit
	counts         bool     // the value is but the number of what is below
	grid           [][]span // cells that are laid out in columns
	bytes          []byte   // to be shown in hexadecimal
}

// newTree makes the rows of a message that was opened.
func newTree(m *inspect.Message, bytes bool, words *explain.Words) *tree {
	t := &tree{words: words, bytes: bytes, size: len(m.Raw)}
	root := m.Tree()
	t.below(m.Raw, root.Fields, 0)
	t.fingerprints(m)
	return t
}

// row adds a row for a field, and returns it until the next is added.
func (t *tree) row(f *tlswire.Field, depth int) *treeRow {
	t.rows = append(t.rows, treeRow{
		depth: depth, name: fieldName(f), placed: f.Length > 0, offset: f.Offset, length: f.Length,
	})
	return &t.rows[len(t.rows)-1]
}

// fieldName is a field's name; that of an extension with its number.
func fieldName(f *tlswire.Field) []unit {
	if f.Kind == tlswire.KindLength && f.Name != "length" && !strings.HasSuffix(f.Name, "_length") {
		return named(f.Name, "length")
	}
	if f.Kind != tlswire.KindExtension {
		return named(f.Name, "")
	}
	name, isGREASE := codeName(f.Name)
	if isGREASE {
		return styled(named(name, "("+codeNumber(f.Uint, 2)+")"), styleFaint)
	}
	return named(name, "("+strconv.FormatUint(f.Uint, 10)+")")
}

// named is a name that may be broken between its words, and what is told beside it.
func named(name, beside string) (us []unit) {
	for word := range strings.SplitAfterSeq(name, "_") {
		us = append(us, unit{text: word})
	}
	if beside != "" {
		us = append(us, unit{text: beside, glue: " ", style: styleFaint})
	}
	return us
}

// field adds the rows of a field and of what is below it.
func (t *tree) field(raw []byte, f *tlswire.Field, depth int) {
	switch {
	case len(f.Fields) == 0:
		t.leaf(raw, f, depth)
	case f.Kind == tlswire.KindList && f.Length == 0, f.Kind == tlswire.KindList && !t.bytes:
		t.list(raw, f, depth)
	case f.Kind == tlswire.KindExtension && !t.bytes:
		t.extension(raw, f, depth)
	default:
		r := t.row(f, depth)
		if f.Kind == tlswire.KindExtensions {
			r.value, r.counts = amount(len(f.Fields)), true
		}
		t.below(raw, f.Fields, depth+1)
	}
}

func (t *tree) below(raw []byte, fields []tlswire.Field, depth int) {
	for i := range fields {
		if f := &fields[i]; !t.bytes || !said(fields[:i], f) {
			t.field(raw, f, depth)
		}
	}
}

// said says whether a field of no bytes adds nothing to what is before it: an
// empty vector to its length of 0, or that an extension is there to its length.
func said(before []tlswire.Field, f *tlswire.Field) bool {
	if f.Length > 0 || len(before) == 0 {
		return false
	}
	last := &before[len(before)-1]
	return last.Kind == tlswire.KindLength && last.Uint == 0 && (last.Name == f.Name || f.Kind == tlswire.KindBool)
}

// visible says whether a field is shown where not every byte is. Lengths and the tags
// that choose what follows say nothing that what follows does not.
func visible(f *tlswire.Field) bool { return f.Kind != tlswire.KindLength && f.Kind != tlswire.KindTag }

// leaf adds the row of a field without parts.
func (t *tree) leaf(raw []byte, f *tlswire.Field, depth int) {
	if !t.bytes && !visible(f) {
		return
	}
	r := t.row(f, depth)
	if t.bytes {
		r.bytes = raw[f.Offset : f.Offset+f.Length]
	}
	r.value = t.value(f)
}

// extension adds an extension: in one row, if it has but one thing to say.
func (t *tree) extension(raw []byte, f *tlswire.Field, depth int) {
	var only *tlswire.Field
	parts := 0
	for i := range f.Fields {
		if visible(&f.Fields[i]) {
			only = &f.Fields[i]
			parts++
		}
	}
	r := t.row(f, depth)
	switch {
	case parts == 0:
	case parts > 1 || only.Kind == tlswire.KindMalformed || only.Name != f.Name && only.Name != "data":
		t.below(raw, f.Fields, depth+1)
	case only.Kind == tlswire.KindBool && only.Length == 0: // it says no more than that it is there
	case len(only.Fields) == 0:
		r.value = t.value(only)
	default:
		own := *r
		at := len(t.rows) - 1
		t.rows = t.rows[:at]
		t.field(raw, only, depth)
		// The row is about the extension, whatever list it shows.
		t.rows[at].name, t.rows[at].offset, t.rows[at].length, t.rows[at].placed = own.name, own.offset, own.length, own.placed
	}
}

// list adds a list: code points and texts in one row, and all else one by one.
func (t *tree) list(raw []byte, f *tlswire.Field, depth int) {
	r := t.row(f, depth)
	switch kindOf(f.Fields) {
	case tlswire.KindCode:
		for i := range f.Fields {
			r.grid = append(r.grid, codeSpans(&f.Fields[i]))
		}
	case tlswire.KindText:
		n := 0
		for i := range f.Fields {
			if visible(&f.Fields[i]) {
				r.value = append(r.value, textUnits(f.Fields[i].Text, n > 0)...)
				n++
			}
		}
	default:
		r.value, r.counts = amount(count(f.Fields)), true
		t.below(raw, f.Fields, depth+1)
	}
}

// kindOf is the kind that all fields have that are told; KindStruct where they
// have several.
func kindOf(fields []tlswire.Field) tlswire.FieldKind {
	kind, first := tlswire.KindStruct, true
	for i := range fields {
		switch f := &fields[i]; {
		case !visible(f):
		case first:
			kind, first = f.Kind, false
		case f.Kind != kind:
			return tlswire.KindStruct
		}
	}
	return kind
}

func count(fields []tlswire.Field) (n int) {
	for i := range fields {
		if visible(&fields[i]) {
			n++
		}
	}
	return n
}

// fingerprints adds what identifies a hello's sender, with the text of which it is
// the digest.
func (t *tree) fingerprints(m *inspect.Message) {
	add := func(name, text string) {
		t.rows = append(t.rows, treeRow{name: named(name, ""), apart: true, value: fingerprintUnits(text)})
	}
	switch {
	case m.ClientHello != nil && !m.SSL2: // of which there are none
		digest, raw := m.ClientHello.JA3()
		add("ja3", digest)
		add("ja3_raw", raw)
		digest, raw = m.ClientHello.JA4()
		add("ja4", digest)
		add("ja4_raw", raw)
	case m.ServerHello != nil:
		digest, raw := m.ServerHello.JA3S()
		add("ja3s", digest)
		add("ja3s_raw", raw)
	}
}
