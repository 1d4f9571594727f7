package config

import (
	"fmt"
	"strings"
)

// Source is where a value came from.
type Source struct {
	Flag   string // the flag's name
	Env    string // the variable's name
	File   string // the file's name as it was given, with
	Line   int    // the line and
	Column int    // the column of the value, both from 1
}

// Given says that somebody gave the value: it is not the default.
func (s Source) Given() bool { return s != Source{} }

// String names the place: "flag --view", "environment TLSMITM_VIEW",
// "config.yaml:3" or "default".
func (s Source) String() string {
	switch {
	case s.Flag != "":
		return "flag --" + s.Flag
	case s.Env != "":
		return "environment " + s.Env
	case s.File != "":
		return fmt.Sprintf("%s:%d", s.File, s.Line)
	default:
		return "default"
	}
}

// Problem is one thing that is wrong with the settings.
type Problem struct {
	Source Source
	Text   string
}

// String is one line.
func (p Problem) String() string {
	switch {
	case p.Source.File != "" && p.Source.Line > 0:
		return fmt.Sprintf("%s:%d:%d: %s", p.Source.File, p.Source.Line, p.Source.Column, p.Text)
	case p.Source.File != "":
		return p.Source.File + ": " + p.Text
	case p.Source.Given():
		return p.Source.String() + " " + p.Text
	default:
		return p.Text
	}
}

// Problems is everything that is wrong with the settings, never empty.
type Problems []Problem

// Error is one line for one problem, and a headed list for several.
func (ps Problems) Error() string {
	if len(ps) == 1 {
		return ps[0].String()
	}
	var b strings.Builder
	b.WriteString(severalProblems(len(ps)))
	for _, p := range ps {
		b.WriteString("\n  ")
		b.WriteString(strings.ReplaceAll(p.String(), "\n", "\n    "))
	}
	return b.String()
}
