package sink

// layout says where the table's columns begin. On a wide terminal the note has a
// column of its own; on a narrow one it stands below its message.
type layout struct {
	width                                int
	narrow                               bool
	no, from, to, message, typ, note, in int
}

const (
	minWidth = 50
	// wideFrom is where a note column has room for what is mostly said.
	wideFrom = 112
)

func newLayout(width int) layout {
	l := layout{width: max(width, minWidth), no: 4, from: 6, to: 14, message: 22}
	if l.width >= wideFrom {
		l.typ = 46  // "Encrypted Extensions," fits before it
		l.note = 67 // "2, 8, 11, 15, 20, 4" fits before it
		l.in = l.message
		return l
	}
	l.narrow = true
	// "Application Data (1 record, 128 B)" fits before the types at 80, and
	// "2, 8, 13, 11, 15, 20" after it. The data below begin where 16 bytes in
	// hexadecimal just fit.
	l.typ = l.message + min(36, l.width-l.message-20)
	l.note, l.in = 24, 6
	if l.width < 72 {
		l.note = 8
	}
	return l
}
