package redact

import (
	"crypto/rand"
	"sync"
)

// Redactor hides secrets. It is safe for concurrent use; nil hides nothing.
type Redactor struct {
	salt     [16]byte
	names    names
	patterns []pattern
	detector *detector
	scanners sync.Pool // that are done with a text
	stars    bool      // masks in streams are stars alone: for tests that compare them
}

// New compiles rules, and draws the salt of its hashes. An error is a
// *RuleError.
func New(rules Rules) (*Redactor, error) {
	r := &Redactor{names: names{exact: map[string]*secretName{}, not: map[string]bool{}}}
	rand.Read(r.salt[:]) // never fails
	for _, l := range []struct {
		name string
		list []string
	}{{"headers", rules.Headers}, {"fields", rules.Fields}} {
		for i, rule := range l.list {
			if why := checkName(l.name, rule); why != "" {
				return nil, &RuleError{l.name, i, rule, why}
			}
			r.names.add(l.name, rule)
		}
	}
	for i, expr := range rules.Patterns {
		p, why := compilePattern(expr)
		if why != "" {
			return nil, &RuleError{"patterns", i, expr, why}
		}
		r.patterns = append(r.patterns, p)
	}
	r.detector = newDetector(r.patterns)
	return r, nil
}
