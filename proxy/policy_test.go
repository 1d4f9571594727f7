package proxy

import "testing"

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		pattern, host string
		port          uint16
		want          bool
	}{
		{"bank.example", "bank.example", 443, true},
		{"Bank.Example.", "bank.example", 443, true},
		{"bank.example", "www.bank.example", 443, false},
		{"bank.example", "mybank.example", 443, false},
		{"*.bank.example", "www.bank.example", 443, true},
		{"*.bank.example", "a.b.bank.example", 443, true},
		{"*.bank.example", "bank.example", 443, false},
		{"*.bank.example", "mybank.example", 443, false},
		{"*.bank.example", ".bank.example", 443, false},
		{"*", "anything", 1, true},
		{"*:8443", "anything", 8443, true},
		{"*:8443", "anything", 443, false},
		{"*.bank.example:8443", "www.bank.example", 8443, true},
		{"*.bank.example:8443", "www.bank.example", 443, false},
		{"192.0.2.1", "192.0.2.1", 443, true},
		{"192.0.2.1:443", "192.0.2.1", 443, true},
		{"::1", "::1", 443, true},
		{"[::1]", "::1", 443, true},
		{"[0:0::1]:443", "::1", 443, true},
		{"[::1]:443", "::1", 444, false},
		{"::ffff:192.0.2.1", "192.0.2.1", 443, true},
		{"bücher.example", "xn--bcher-kva.example", 443, true},
		{"BÜCHER.example", "xn--bcher-kva.example", 443, true},
		{"xn--bcher-kva.example", "xn--bcher-kva.example", 443, true},
		{"*.bücher.example", "a.xn--bcher-kva.example", 443, true},
		{"under_score.example", "under_score.example", 443, true},
	} {
		p, err := parsePattern(c.pattern)
		if err != nil {
			t.Errorf("%s: %v", c.pattern, err)
		} else if got := p.matches(c.host, c.port); got != c.want {
			t.Errorf("%s matches %s:%d: %v, want %v", c.pattern, c.host, c.port, got, c.want)
		}
	}
}

func TestBadPattern(t *testing.T) {
	for _, s := range []string{"", ".", "*.", "a*.example", "*.*.example", "a b", "http://a.example", "a.example:", "a.example:0", "a.example:99999", "a.example:https", "[::1", "[::1]x", "a/b"} {
		if p, err := parsePattern(s); err == nil {
			t.Errorf("%q is taken for %+v", s, p)
		}
	}
}

func TestPolicyOrder(t *testing.T) {
	pol, err := parsePolicy([]Rule{{"www.bank.example", ActionIntercept}, {"*.bank.example", ActionTunnel}, {"*:25", ActionRefuse}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		host string
		port uint16
		want Action
	}{
		{"www.bank.example", 443, ActionIntercept}, {"x.bank.example", 443, ActionTunnel},
		{"www.bank.example", 25, ActionIntercept}, {"mail.example", 25, ActionRefuse}, {"mail.example", 443, ActionIntercept},
	} {
		if got := pol.action(c.host, c.port); got != c.want {
			t.Errorf("%s:%d: %s, want %s", c.host, c.port, got, c.want)
		}
	}
	if _, err := parsePolicy([]Rule{{"a.example", "intercpet"}}); err == nil {
		t.Error("a mistyped action is taken")
	}
}

func TestStricter(t *testing.T) {
	for _, c := range [][3]Action{
		{ActionIntercept, ActionTunnel, ActionTunnel}, {ActionTunnel, ActionIntercept, ActionTunnel},
		{ActionRefuse, ActionTunnel, ActionRefuse}, {ActionIntercept, ActionRefuse, ActionRefuse}, {ActionIntercept, ActionIntercept, ActionIntercept},
	} {
		if got := stricter(c[0], c[1]); got != c[2] {
			t.Errorf("of %s and %s: %s", c[0], c[1], got)
		}
	}
}

func TestNewRefusesNonsense(t *testing.T) {
	for name, cfg := range map[string]Config{
		"limit":      {Limits: Limits{Idle: -1}},
		"count":      {Limits: Limits{Connections: -1}},
		"pattern":    {Upstream: Upstream{InsecureHosts: []string{"a*b"}}},
		"policy":     {Policy: []Rule{{"a.example", "x"}}},
		"SSL 3.0":    {TLS: TLS{MinVersion: 0x0300}},
		"too recent": {TLS: TLS{MinVersion: 0x0305}},
	} {
		if _, err := New(cfg, Deps{Authority: authority}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := New(Config{}, Deps{}); err == nil {
		t.Error("a proxy without an authority")
	}
}
