package sink

import (
	"io"
	"strconv"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

// Detail is a sink that shows every message with all its fields, as a tree, and
// with all its bytes if that is wanted. Everything else is as in the table. It is
// used from one goroutine.
type Detail struct {
	Table
	bytes bool
}

// NewDetail returns a detailed view that is written to out, which it does not
// close. With bytes set, each field has its bytes in hexadecimal beside it.
func NewDetail(out io.Writer, style Style, bytes bool) *Detail {
	d := &Detail{Table: *NewTable(out, style), bytes: bytes}
	d.place, d.show, d.spaced = detailLayout, d.printRow, true
	return d
}

// Name implements inspect.Sink.
func (d *Detail) Name() string { return "detail" }

// detailLayout lets all stand below the message that it is about.
func detailLayout(width int) layout {
	return layout{width: max(width, minWidth), narrow: true, no: 4, from: 6, message: 6, note: 6, in: 6}
}

// printRow prints the messages of a row one by one.
func (d *Detail) printRow(_ *tableConn, r *row) {
	for i := range r.entries {
		en := &r.entries[i]
		d.gap()
		d.title(r, en)
		if en.dump == nil || !en.dump.begins(en.note.String()) {
			d.below(wrap(en.note, d.layout.width-d.layout.note))
		}
		if en.msg != nil && en.msg.Opened() {
			d.printTree(newTree(en.msg, d.bytes, d.style.Words))
		}
		if en.dump != nil {
			d.printDump(en.dump)
		}
	}
}

// title prints what a message is: its row, its way, its name, type and size.
func (d *Detail) title(r *row, en *entry) {
	l, style := new(line), legStyle(r.leg, r.from)
	no := "…"
	if r.no != 0 {
		no = strconv.Itoa(r.no)
	}
	l.right(no, styleFaint, d.layout.no)
	l.at(d.layout.from)
	l.text(d.style.Words.Party(r.from)+" → "+d.style.Words.Party(r.to), style)
	l.text("  ", "")
	l.text(en.name, styleStrong)
	if en.msg != nil {
		if en.msg.HasType {
			l.text(" ("+en.typ+")", styleStrong)
		}
		for _, s := range d.facts(en.msg) {
			if l.width+2+cells.StringWidth(s) > d.layout.width {
				d.print(l)
				l = new(line)
				l.at(d.layout.note - 2)
			}
			l.text("  "+s, styleFaint)
		}
	}
	d.print(l)
}

// facts are a message's size, and that it was opened. Of one that was not, the
// note says so.
func (d *Detail) facts(m *inspect.Message) []string {
	facts := []string{explain.Bytes(int64(m.Length))}
	if m.Encrypted && m.Opened() {
		facts = append(facts, d.style.Words.Opened())
	}
	return facts
}
