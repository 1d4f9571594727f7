package sink

import (
	"bytes"
	"strings"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/explain"
)

func TestLines(t *testing.T) {
	t.Setenv("NO_COLOR", "") // the style alone decides
	for name, events := range map[string][]*inspect.Event{"tls13": flow13(t), "tls12": flow12(t), "odd": flowOdd(t)} {
		for variant, style := range map[string]Style{
			"lines": {}, "lines-zh": {Words: explain.New(explain.Chinese)}, "lines-colour": {Color: true},
		} {
			var out bytes.Buffer
			sink := NewLines(&out, style)
			if err := sink.Write(events); err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(out.String(), "\n"); n != len(events) {
				t.Errorf("%s: %d lines for %d events", name, n, len(events))
			}
			golden(t, name+"."+variant+".txt", out.String())
			style.Width = width(0)
			checkLines(t, name+"."+variant, out.String(), style)
			if len(sink.talks) != 0 {
				t.Errorf("%s: %d connections are remembered", name, len(sink.talks))
			}
		}
	}
}
