package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"tlsmitm/cmd/tlsmitm/internal/config"
)

// logger returns what the program's own messages go through. Where people also
// see a view, which tells all of every connection, a line is kept short.
func (p *app) logger(s *config.Settings, shown bool) zerolog.Logger {
	var to io.Writer = p.stderr
	if s.LogFormat == config.LogConsole {
		console := zerolog.ConsoleWriter{Out: p.stderr, NoColor: !p.colourful(p.stderr), TimeFormat: time.TimeOnly}
		if shown {
			console.FieldsExclude = []string{"client", "target", "via", "mode", "up", "down", "duration"}
		}
		to = console
	}
	level, err := zerolog.ParseLevel(string(s.LogLevel))
	if err != nil {
		level = zerolog.InfoLevel
	}
	return zerolog.New(to).Level(level).With().Timestamp().Logger()
}

// isTerminal says whether somebody looks at f.
func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// colourful says whether colours are wanted on f.
func (p *app) colourful(f *os.File) bool {
	return isTerminal(f) && p.env("NO_COLOR") == "" && p.env("TERM") != "dumb"
}
