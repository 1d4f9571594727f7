package application

import (
	"bytes"
	"slices"
	"strings"

	"tlsmitm/inspect/body"
	"tlsmitm/inspect/httpmsg"
)

// What is told has passed one of these, live and when it is told again (Hider).

// hideFields returns fields with the secrets in them hidden.
func hideFields(r Redactor, f httpmsg.Fields) httpmsg.Fields {
	hidden := make(httpmsg.Fields, len(f))
	for i := range f {
		hidden[i] = httpmsg.Field{Name: f[i].Name, Value: r.Header(f[i].Name, f[i].Value)}
	}
	return hidden
}

// maxHiddenFields bounds what is kept of a head for the next one.
const maxHiddenFields = 8 << 10

// hiddenFields are those of a head, as they were sent and as they are told of.
type hiddenFields struct{ sent, told httpmsg.Fields }

// fields does what hideFields does for the next head. On a kept connection it mostly
// has the same fields in the same places as the one before, which are not searched
// again.
func (h *hiddenFields) fields(r Redactor, f httpmsg.Fields) httpmsg.Fields {
	if len(f) > 0 && slices.Equal(f, h.sent) {
		return h.told
	}
	told := make(httpmsg.Fields, len(f))
	for i := range f {
		if i < len(h.sent) && f[i] == h.sent[i] {
			told[i] = h.told[i]
		} else {
			told[i] = httpmsg.Field{Name: f[i].Name, Value: r.Header(f[i].Name, f[i].Value)}
		}
	}
	if sizeOf(f) <= maxHiddenFields {
		h.sent, h.told = f, told
	}
	return told
}

func hideText(r Redactor, s string) string { return string(r.Text([]byte(s))) }

// shortest is how long a secret is at least that is one by its form alone.
const shortest = 16

// hideLabel is hideText for what is hardly ever more than a word, which holds no
// secret: it has neither a name before a value nor the length.
func hideLabel(r Redactor, s string) string {
	if len(s) < shortest && !strings.ContainsAny(s, ":=") {
		return s
	}
	return hideText(r, s)
}

// hideTarget hides the secrets in a path, which mostly has no place for one.
func hideTarget(r Redactor, path string) string {
	if len(path) < shortest && !strings.ContainsAny(path, "?#;:=@") {
		return path
	}
	return r.URL(path)
}

func hideAnomaly(r Redactor, a httpmsg.Anomaly) httpmsg.Anomaly {
	a.Detail = hideText(r, a.Detail)
	return a
}

// hide hides the secrets in the content. mediaType is what the message calls it,
// whole says that nothing is to be seen of it: a secret in it was found elsewhere.
func (b *Body) hide(r Redactor, mediaType string, whole bool) {
	if whole && len(b.Bytes) > 0 {
		b.Bytes, b.Text, b.Hidden = nil, false, true
		return
	}
	from := b.Bytes
	charset := b.Charset
	if wide(from) {
		if text, name, ok := body.Charset(mediaType, from); ok && name != "utf-8" {
			charset, from = name, text
		}
	}
	if hidden := r.Body(mediaType, from); !same(hidden, from) {
		b.Bytes, b.Hidden, b.Charset = hidden, true, charset
		b.Text = isText(hidden, b.Truncated)
	}
}

// wide says whether b may be text in UTF-16 or UTF-32, in which there are zeros
// between the letters of names.
func wide(b []byte) bool {
	start := b[:min(len(b), 4)]
	return bytes.IndexByte(start, 0) >= 0 || bytes.HasPrefix(start, []byte("\xfe\xff")) || bytes.HasPrefix(start, []byte("\xff\xfe"))
}

// opcodeBinary is that of data that are no text (RFC 6455, section 11.8).
const opcodeBinary = 2

// hide hides the secrets in a message.
func (m *WebSocketMessage) hide(r Redactor) {
	if m.Text || m.Opcode == opcodeBinary {
		m.Bytes = r.Body("", m.Bytes)
	}
	m.CloseReason = hideLabel(r, m.CloseReason)
}

func (v *ServerSentEvent) hide(r Redactor) {
	v.Data = string(r.Body("", []byte(v.Data)))
	v.ID, v.Type = hideLabel(r, v.ID), hideLabel(r, v.Type)
}

// hide hides the secrets in what the message is told as, and then leaves its bytes
// out: they have other places for them.
func (m *GRPCMessage) hide(r Redactor) {
	m.Path = hideTarget(r, m.Path)
	mediaType := ""
	if m.JSON {
		mediaType = "application/json"
	}
	before := []byte(m.Fields)
	if hidden := r.Body(mediaType, before); !same(hidden, before) {
		m.Fields, m.Bytes, m.Hidden = string(hidden), nil, true
	}
}

func (s *GRPCStatus) hide(r Redactor) { s.Message = hideLabel(r, s.Message) }

func (f *Frame) hide(r Redactor) { f.Summary = hideText(r, f.Summary) }

func (t *Trouble) hide(r Redactor) {
	t.Reason = hideText(r, t.Reason)
	for i, a := range t.Anomalies {
		t.Anomalies[i] = hideAnomaly(r, a)
	}
}
