package sink

import (
	"strconv"
	"strings"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/tlswire"
)

// row is a run of bytes in one direction of one leg.
type row struct {
	no       int
	leg      inspect.LegName
	from, to inspect.Party
	last     time.Time // of its latest event
	entries  []entry
}

// entry is one message of a row.
type entry struct {
	name string
	typ  string // as analysers list it: the handshake type, or 23; may be empty
	note explain.Note
	dump *dump            // the data to show below it, if any
	cert bool             // the certificate of the server, as the proxy got it
	msg  *inspect.Message // nil for what is none
}

// row returns the row that an event goes into: the one at hand if it is of the
// same run, else a new one.
func (t *Table) row(c *tableConn, e *inspect.Event) *row {
	r := c.row
	if r != nil && (r.no != e.No || r.leg != e.Leg || r.from != e.From || len(r.entries) >= maxEntries) {
		t.flushRow(c)
		r = nil
	}
	if r == nil {
		r = &row{no: e.No, leg: e.Leg, from: e.From, to: e.To}
		c.row = r
		t.await(c)
	}
	r.last = e.Time
	return r
}

func (t *Table) message(c *tableConn, e *inspect.Event, m *inspect.Message) {
	t.endRuns(c, e.Leg)
	en := entry{name: explain.Value(m.Name), note: c.talk.Note(e), msg: m}
	if m.HasType {
		en.typ = strconv.Itoa(int(m.Type))
		en.cert = (m.Type == tlswire.HandshakeTypeCertificate || m.Type == tlswire.HandshakeTypeCompressedCertificate) && e.Leg == inspect.LegServer && e.From == inspect.PartyServer
	}
	r := t.row(c, e)
	r.entries = append(r.entries, en)
}

func (t *Table) malformed(c *tableConn, e *inspect.Event, m *inspect.Malformed) {
	t.endRuns(c, e.Leg)
	r := t.row(c, e)
	r.entries = append(r.entries, entry{
		name: "Malformed (" + t.style.Words.Amount(0, m.Length) + ")",
		note: c.talk.Note(e),
		dump: t.dump(m.Bytes, m.Length),
	})
}

// verification goes beside the certificate that was checked, if that is not
// printed yet.
func (t *Table) verification(c *tableConn, e *inspect.Event) {
	note := c.talk.Note(e)
	if c.row != nil {
		for i := len(c.row.entries) - 1; i >= 0; i-- {
			if en := &c.row.entries[i]; en.cert {
				en.note = append(en.note, note...)
				return
			}
		}
	}
	t.flushAll(c)
	t.remark(c, "", "", append(explain.Note{{Text: "Certificate"}}, note...))
}

// types lists a row's types: "2, 8, 11, 15, 20".
func (r *row) types() string {
	var types []string
	for _, en := range r.entries {
		if en.typ != "" {
			types = append(types, en.typ)
		}
	}
	return strings.Join(types, ", ")
}

// flushRow prints the row at hand.
func (t *Table) flushRow(c *tableConn) {
	r := c.row
	if r == nil {
		return
	}
	c.row = nil
	t.header(c)
	t.show(c, r)
}

// printRow prints a row: a line for each of its messages, with the note beside it
// or below.
func (t *Table) printRow(c *tableConn, r *row) {
	t.headings(c)
	for i := range r.entries {
		en := &r.entries[i]
		head := t.head(r, i)
		if t.layout.narrow {
			t.print(head)
			if en.dump == nil || !en.dump.begins(en.note.String()) {
				t.below(wrap(en.note, t.layout.width-t.layout.note))
			}
		} else {
			t.beside(head, wrap(en.note, t.layout.width-t.layout.note))
		}
		if en.dump != nil {
			t.printDump(en.dump)
		}
	}
}

// head is the part of an entry's line before the note.
func (t *Table) head(r *row, i int) *line {
	l, lay, style := new(line), t.layout, legStyle(r.leg, r.from)
	if i == 0 {
		no := "…"
		if r.no != 0 {
			no = strconv.Itoa(r.no)
		}
		l.right(no, styleFaint, lay.no)
		l.at(lay.from)
		l.text(t.style.Words.Party(r.from), style)
		l.at(lay.to)
		l.text(t.style.Words.Party(r.to), style)
	}
	name := r.entries[i].name
	if i < len(r.entries)-1 {
		name += ","
	}
	l.at(lay.message)
	l.text(name, style)
	if types := r.types(); i == 0 && types != "" {
		l.at(lay.typ)
		l.text(types, "")
	}
	return l
}

// beside prints a note in its column. Where that is taken, the note comes after
// what takes it, or on the next line if it does not fit there.
func (t *Table) beside(head *line, note []line) {
	if head.width+2 > t.layout.note && (len(note) > 1 || len(note) == 1 && head.width+2+note[0].width > t.layout.width) {
		t.print(head)
		head = new(line)
	}
	for i := range note {
		head.at(t.layout.note)
		head.spans = append(head.spans, note[i].spans...)
		t.print(head)
		head = new(line)
	}
	if len(note) == 0 {
		t.print(head)
	}
}

// below prints lines at the note's indent.
func (t *Table) below(note []line) {
	for i := range note {
		l := new(line)
		l.at(t.layout.note)
		l.spans = append(l.spans, note[i].spans...)
		t.print(l)
	}
}
