package capture

import (
	"net/netip"
	"testing"

	"tlsmitm/inspect"
)

func TestLabels(t *testing.T) {
	for comment, want := range map[string]label{
		"tlsmitm conn=7 leg=client preface=63/39 via=connect mode=intercept client=127.0.0.1:5 target=shop.example:443 agent=curl%2F8.5+%28x%29": {
			conn: 7, leg: inspect.LegClient, preface: [2]int64{63, 39}, client: "127.0.0.1:5", target: "shop.example:443", agent: "curl/8.5 (x)"},
		"tlsmitm conn=18446744073709551615 leg=direct": {conn: 1<<64 - 1, leg: inspect.LegDirect},
		"tlsmitm conn=1 leg=server later=words =":      {conn: 1, leg: inspect.LegServer},
	} {
		if got, ok := parseLabel(comment); !ok || got != want {
			t.Errorf("%q: %+v, %v", comment, got, ok)
		}
	}
	for _, comment := range []string{
		"", "a comment", "tlsmitm", "tlsmitm conn=", "tlsmitm conn=x leg=client", "tlsmitm conn=1", "tlsmitm conn=1 leg=other", "tlsmitm conn=-1 leg=client",
		"tlsmitm conn=1 leg=client preface=x/1", "tlsmitm conn=1 leg=client preface=1", "tlsmitm conn=1 leg=client preface=99999999999/1", "tlsmitm conn=1 leg=client agent=%",
	} {
		if got, ok := parseLabel(comment); ok || got != (label{}) {
			t.Errorf("%q is taken for %+v", comment, got)
		}
	}
}

func TestPrefaceIsLeftOut(t *testing.T) {
	s := &stream{preface: [2]int64{5, 2}}
	for _, c := range []struct {
		up      bool
		n, want int64
	}{{true, 3, 3}, {false, 9, 2}, {true, 0, 0}, {true, 4, 2}, {true, 4, 0}, {false, 1, 0}} {
		if got := s.leave(c.up, c.n); got != c.want {
			t.Errorf("of %d bytes, %d are left out, not %d", c.n, got, c.want)
		}
	}
	if s := (&stream{preface: [2]int64{-1, -5}}); s.leave(true, 4) != 0 || s.leave(false, 4) != 0 {
		t.Error("something is left out of nothing")
	}
}

// TestLegsOfOneConnection: what belongs together is told by all that the comments say, since
// captures of two runs may have been put together.
func TestLegsOfOneConnection(t *testing.T) {
	in := inspect.New(inspect.Options{Sinks: []inspect.Sink{&collected{}}})
	defer in.Close(t.Context())
	r := NewReader(Options{Inspector: in})
	defer r.Close()
	leg := func(words string) *stream {
		return r.open(Opening{Client: netip.MustParseAddrPort(clientAt), Server: netip.MustParseAddrPort(serverAt), Comment: "tlsmitm conn=1 " + words}).(*stream)
	}
	a := leg("leg=client client=10.0.0.1:1 target=a.example:443")
	b := leg("leg=client client=10.0.0.2:1 target=a.example:443")
	c := leg("leg=server client=10.0.0.1:1 target=b.example:443")
	if a.conn == b.conn || a.conn == c.conn || b.conn == c.conn {
		t.Error("legs of several connections are one")
	}
	if got := leg("leg=server client=10.0.0.2:1 target=a.example:443"); got.conn != b.conn {
		t.Error("legs of one connection are two")
	}
	for _, s := range []*stream{a, b, c} {
		for range s.conn.legs {
			s.Close(timeOf(begin), EndFinished)
		}
	}
	if len(r.pairs) != 0 {
		t.Errorf("%d connections are remembered", len(r.pairs))
	}
}
