package explain

import (
	"tlsmitm/inspect"
)

// Lang is a language that events are explained in.
type Lang string

// The languages.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Words explains events in one language. It holds no state, and may be shared
// between goroutines.
type Words struct{ say *catalogue }

// New returns the words of a language; an unknown one is English.
func New(lang Lang) *Words {
	if lang == Chinese {
		return &Words{say: chinese()}
	}
	return &Words{say: english()}
}

// Columns are the headings of a table of messages.
type Columns struct{ No, From, To, Message, Type, Note string }

// Columns returns the headings.
func (w *Words) Columns() Columns { return w.say.columns }

// Party names an end of a leg.
func (w *Words) Party(p inspect.Party) string { return w.say.party(p) }

func (say *catalogue) party(p inspect.Party) string {
	if name, ok := say.parties[p]; ok {
		return name
	}
	return string(p)
}

// Leg names a leg.
func (w *Words) Leg(l inspect.LegName) string {
	if name, ok := w.say.legs[l]; ok {
		return name
	}
	return string(l)
}

// From says where a connection comes from.
func (w *Words) From(o *inspect.ConnOpen) string {
	s := w.say.fromClient(Value(o.Client))
	if o.UserAgent != "" {
		s += " (" + Value(o.UserAgent) + ")"
	}
	return s
}

// More says how many bytes are not shown.
func (w *Words) More(n int) string { return w.say.more(Bytes(int64(n))) }

// Opened says that a message came encrypted, and was opened.
func (w *Words) Opened() string { return w.say.opened }

// Unreadable says why a part of a message cannot be read.
func (w *Words) Unreadable(why string) string { return w.say.unreadable(Clean(why)) }

// DER names that many bytes of DER, whose meaning is told beside them.
func (w *Words) DER(n int) string { return w.say.der(Bytes(int64(n))) }

// Continues says that data carry on a row shown before.
func (w *Words) Continues(no int) string { return w.say.continues(no) }

// Amount says how much data a row tells of; without records if that is 0.
func (w *Words) Amount(records, length int) string {
	if records == 0 {
		return Bytes(int64(length))
	}
	return w.say.records(records) + ", " + Bytes(int64(length))
}

// reason gives the reason of an event in words: those of the event itself,
// where the language has no others.
func (say *catalogue) reason(why string) string {
	if words, ok := say.reasons[why]; ok {
		return words
	}
	return Value(why)
}
