package sink

import (
	"bytes"
	"strings"
	"testing"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
)

// TestLongFieldsAreShortened: a message reads a field a line, and what is missing of a
// long one is said.
func TestLongFieldsAreShortened(t *testing.T) {
	long := strings.Repeat("abcdefghi ", 100)
	for _, c := range []struct {
		name  string
		m     application.GRPCMessage
		bytes int
		want  string
	}{
		{"by names", application.GRPCMessage{JSON: true, Fields: `{"title":"x","text":"` + long + `","end":[1]}`}, 0,
			"{\n  \"title\": \"x\",\n  \"text\": \"" + long[:160] + " … 840 B more\",\n  \"end\": [\n    1\n  ]\n}"},
		{"all of it", application.GRPCMessage{JSON: true, Fields: `{"text":"` + long + `"}`}, -1, "{\n  \"text\": \"" + long + "\"\n}"},
		{"by numbers", application.GRPCMessage{Fields: "1: {\"x\"}\n2: {`" + long + "`}\n3: 4"}, 0, "1: {\"x\"}\n2: {`" + long[:160] + " … 840 B more`}\n3: 4"},
		{"escapes", application.GRPCMessage{Fields: `1: {"` + strings.Repeat("a", 155) + `\\\u00e4` + long + `"}`}, 0, `1: {"` + strings.Repeat("a", 155) + ` … 1,008 B more"}`},
		{"quotes", application.GRPCMessage{Fields: `1: {"` + strings.Repeat(`\"`, 100) + `"}`}, 0, `1: {"` + strings.Repeat(`\"`, 100) + `"}`},
		{"cut", application.GRPCMessage{Fields: `1: {"` + long}, 0, `1: {"` + long[:160] + ` … 840 B more`},
		{"characters", application.GRPCMessage{Fields: `1: "` + strings.Repeat("ä", 200) + `"`}, 0, `1: "` + strings.Repeat("ä", 80) + ` … 240 B more"`},
	} {
		p := &page{style: Style{DataBytes: c.bytes, Words: explain.New(explain.English)}}
		if got := string(bytes.TrimRight(p.grpcFields(&c.m), "\n")); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.name, got, c.want)
		}
	}
}
