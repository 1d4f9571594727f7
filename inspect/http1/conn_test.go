package http1

import (
	"flag"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the calls in testdata anew")

// conversation is a file of testdata: what passes, and what is to be told of it.
//
//	> bytes from the client, with Go's escapes
//	< bytes from the server
//	! skip < 12, lost >, end <, or midway
//	-- and the calls after that
type conversation struct {
	name, script string
	steps        []step
	calls        []string
}

// conversations reads testdata.
func conversations(t testing.TB) []conversation {
	t.Helper()
	names, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(names) < 20 {
		t.Fatalf("%d conversations in testdata (%v)", len(names), err)
	}
	var all []conversation
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		c := conversation{name: strings.TrimSuffix(filepath.Base(name), ".txt")}
		var calls string
		c.script, calls, _ = strings.Cut(string(b), "--\n")
		if calls != "" {
			c.calls = strings.Split(strings.TrimSuffix(calls, "\n"), "\n")
		}
		for i, line := range strings.Split(strings.TrimSuffix(c.script, "\n"), "\n") {
			s, ok := readStep(line)
			if !ok {
				t.Fatalf("%s:%d: %s", name, i+1, line)
			}
			if n := len(c.steps); n > 0 && s.do == "feed" && c.steps[n-1].do == "feed" && c.steps[n-1].up == s.up {
				c.steps[n-1].data += s.data
			} else if s.do != "" {
				c.steps = append(c.steps, s)
			}
		}
		all = append(all, c)
	}
	return all
}

func readStep(line string) (step, bool) {
	if line == "" || line[0] == '#' {
		return step{}, true
	}
	if len(line) < 2 || line[1] != ' ' {
		return step{}, false
	}
	switch text := line[2:]; line[0] {
	case '>', '<':
		data, err := strconv.Unquote(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
		return sent(line[0] == '>', data), err == nil
	case '!':
		words := strings.Fields(text)
		s := step{do: words[0]}
		if len(words) > 1 {
			s.up = words[1] == ">"
		}
		if len(words) > 2 {
			n, err := strconv.ParseInt(words[2], 10, 64)
			if err != nil {
				return s, false
			}
			s.n = n
		}
		return s, true
	}
	return step{}, false
}

// TestConversations holds the calls against those in testdata, which were checked
// by hand, and that they are the same wherever the bytes are cut.
func TestConversations(t *testing.T) {
	for _, c := range conversations(t) {
		t.Run(c.name, func(t *testing.T) {
			got := play(t, c.steps, whole)
			if *update {
				if err := os.WriteFile("testdata/"+c.name+".txt", []byte(c.script+"--\n"+strings.Join(got, "\n")+"\n"), 0o644); err != nil {
					t.Fatal(err)
				}
			} else {
				checkSame(t, "in one piece", got, c.calls)
			}
			checkCuts(t, c.steps, got)
		})
	}
}
