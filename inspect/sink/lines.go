package sink

import (
	"bytes"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/rs/zerolog"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

// The parts of a line, in their order.
const (
	partTime = "at"
	partConn = "conn"
	partWay  = "way"
	partName = "name"
	partNote = "note"
)

// Lines is a sink that shows one line a message. It is used from one goroutine.
type Lines struct {
	out   io.Writer
	buf   bytes.Buffer
	log   zerolog.Logger
	style Style
	talks map[uint64]*explain.Conversation
}

// NewLines returns a sink that writes to out, which it does not close. Of the
// style, the width and the bytes of data do not matter: lines are as long as
// what they say.
func NewLines(out io.Writer, style Style) *Lines {
	l := &Lines{out: out, style: style.withDefaults(), talks: make(map[uint64]*explain.Conversation)}
	parts := []string{partTime, partConn, partWay, partName, partNote}
	l.log = zerolog.New(zerolog.ConsoleWriter{
		Out:                   &l.buf, // an error of out must not end in zerolog
		NoColor:               !style.Color,
		PartsOrder:            parts,
		FieldsExclude:         parts,
		FormatPartValueByName: l.part,
	})
	return l
}

// part writes a part of a line. Its style is the one that was put before it.
func (l *Lines) part(v any, _ string) string {
	s, _ := v.(string)
	return s
}

// Name implements inspect.Sink.
func (l *Lines) Name() string { return "lines" }

// Write implements inspect.Sink.
func (l *Lines) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		if e.Kind == inspect.KindRunStart {
			clear(l.talks) // another run, whose connections are counted anew
		}
		if e.Conn == 0 || e.Kind == inspect.KindSecret {
			continue
		}
		l.event(e)
	}
	if l.buf.Len() == 0 {
		return nil
	}
	_, err := l.out.Write(l.buf.Bytes())
	l.buf.Reset()
	if err != nil {
		return fmt.Errorf("sink: lines: %w", err)
	}
	return nil
}

// Flush implements inspect.Sink.
func (l *Lines) Flush(time.Time) (pending bool, err error) { return false, nil }

// Close implements inspect.Sink.
func (l *Lines) Close() error { return nil }

func (l *Lines) event(e *inspect.Event) {
	talk := l.talks[e.Conn]
	if talk == nil {
		if len(l.talks) >= maxConns {
			for _, id := range oldHalf(l.talks) {
				delete(l.talks, id)
			}
		}
		talk = l.style.Words.Conversation()
		l.talks[e.Conn] = talk
	}
	note := talk.Note(e)
	name := ""
	switch b := e.Body.(type) {
	case *inspect.ConnOpen:
		name = explain.Value(b.Target)
		note = explain.Note{{Text: l.style.Words.From(b)}, {Text: explain.Value(string(b.Via))}, {Text: explain.Value(string(b.Mode))}}
	case *inspect.Message:
		name = explain.Value(b.Name)
		if b.HasType {
			name += " (" + strconv.Itoa(int(b.Type)) + ")"
		}
	case *inspect.Data:
		name = "Data (" + l.style.Words.Amount(b.Records, b.Length) + ")"
		if e.Kind == inspect.KindTLSData {
			name = "Application " + name
		}
	case *inspect.Malformed:
		name = "Malformed (" + l.style.Words.Amount(0, b.Length) + ")"
	case *inspect.ConnClose:
		delete(l.talks, e.Conn)
		name = string(e.Kind)
	default:
		name = explain.Value(string(e.Kind))
	}
	l.write(e, name, note)
}

// write writes one line.
func (l *Lines) write(e *inspect.Event, name string, note explain.Note) {
	style := legStyle(e.Leg, e.From)
	way := ""
	switch {
	case e.From != "" && e.Kind != inspect.KindTLSEstablished:
		way = l.style.Words.Party(e.From) + "→" + l.style.Words.Party(e.To)
	case e.Leg != "":
		way = l.style.Words.Leg(e.Leg)
	}
	text := ""
	for i, c := range note {
		if i > 0 {
			text += l.paint(explain.Separator, styleFaint)
		}
		text += l.paint(c.Text, toneStyle(c.Tone))
	}
	id := "#" + strconv.FormatUint(e.Conn, 10)
	if e.No != 0 {
		id += "/" + strconv.Itoa(e.No) // notes refer to rows by number
	}
	l.log.Log().
		Str(partTime, l.paint(e.Time.Format("15:04:05.000"), styleFaint)).
		Str(partConn, l.paint(id, styleStrong)).
		Str(partWay, l.paint(way, style)).
		Str(partName, l.paint(name, style)).
		Str(partNote, text).
		Send()
}

func (l *Lines) paint(s, style string) string {
	if s == "" || style == "" || !l.style.Color {
		return s
	}
	return "\x1b[" + style + "m" + s + "\x1b[0m"
}
