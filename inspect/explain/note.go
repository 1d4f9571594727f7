package explain

import "strings"

// Tone says how a clause is meant, so that a sink can colour it.
type Tone uint8

// The tones.
const (
	Plain   Tone = iota
	Faint        // for reference, such as a fingerprint
	Good         // a check that succeeded
	Warning      // works, but should be looked at
	Fatal        // does not work
)

// Clause is a part of a note that stands on its own. Its text has passed Clean.
type Clause struct {
	Text string
	Tone Tone
}

// Separator stands between the clauses of a note.
const Separator = " · "

// Note is what is said about one event, most important first.
type Note []Clause

// String returns the note in one line.
func (n Note) String() string {
	texts := make([]string, len(n))
	for i, c := range n {
		texts[i] = c.Text
	}
	return strings.Join(texts, Separator)
}

// say appends a clause; empty ones are dropped.
func (n *Note) say(text string) { n.tone(Plain, text) }

func (n *Note) tone(t Tone, text string) {
	if text != "" {
		*n = append(*n, Clause{Text: Clean(text), Tone: t})
	}
}
