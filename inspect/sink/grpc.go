package sink

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/body"
)

const (
	// longValue is how long a value of a message is that is not shown whole.
	longValue = 240
	// shownValue is how much is shown of it.
	shownValue = 160
)

// grpcFields lays a message out, a field a line. Unless all of the data are to be
// shown, long values are shortened.
func (p *page) grpcFields(m *application.GRPCMessage) []byte {
	text := m.Fields
	if m.JSON {
		if pretty, ok := body.Pretty(body.JSON, "application/json", []byte(text), maxPretty); ok {
			text = pretty
		}
	}
	if p.style.DataBytes < 0 {
		return []byte(text)
	}
	return p.shortValues([]byte(strings.TrimRight(text, "\n")))
}

// shortValues shortens what stands in long quotes: in " as JSON and trees of fields
// have text, in ` as these have bytes.
func (p *page) shortValues(text []byte) []byte {
	var out []byte
	for {
		open := bytes.IndexAny(text, "\"`")
		if open < 0 {
			return append(out, text...)
		}
		end := closingQuote(text, open)
		value := text[open+1 : end]
		if len(value) <= longValue {
			out = append(out, text[:end]...)
		} else {
			n := cutValue(value)
			out = append(append(out, text[:open+1+n]...), " "+p.style.Words.More(len(value)-n)...)
		}
		if end == len(text) {
			return out
		}
		out = append(out, text[end])
		text = text[end+1:]
	}
}

// closingQuote returns where the quotes that open at a place end; the end of the text if
// they do not.
func closingQuote(text []byte, open int) int {
	for i := open + 1; i < len(text); i++ {
		switch {
		case text[i] == '\\' && text[open] == '"':
			i++
		case text[i] == text[open]:
			return i
		}
	}
	return len(text)
}

// cutValue returns how much of a value to show: neither an escape nor a character is
// cut.
func cutValue(value []byte) int {
	n := shownValue
	for n > 0 && !utf8.RuneStart(value[n]) {
		n--
	}
	const longest = len(`\u0000`)
	if i := bytes.LastIndexByte(value[n-longest:n], '\\'); i >= 0 {
		n += i - longest
		for n > 0 && value[n-1] == '\\' {
			n--
		}
	}
	return n
}
