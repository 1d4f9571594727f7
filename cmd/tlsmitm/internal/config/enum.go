package config

import "slices"

// View is what is shown live of the events.
type View string

// The views.
const (
	ViewTable  View = "table"
	ViewDetail View = "detail"
	ViewLines  View = "lines"
	ViewHTTP   View = "http"
	ViewNone   View = "none"
)

// Show is what the view of exchanges shows below each one's line.
type Show string

// What can be shown.
const (
	ShowLine Show = "line"
	ShowHead Show = "head"
	ShowBody Show = "body"
	ShowAll  Show = "all"
)

// Lang is the language of what is said about an event.
type Lang string

// The languages.
const (
	LangEnglish Lang = "en"
	LangChinese Lang = "zh"
)

// LogLevel is the least important of the program's own messages that is shown.
type LogLevel string

// The levels.
const (
	LogTrace LogLevel = "trace"
	LogDebug LogLevel = "debug"
	LogInfo  LogLevel = "info"
	LogWarn  LogLevel = "warn"
	LogError LogLevel = "error"
)

// LogFormat is the form of the program's own messages.
type LogFormat string

// The forms.
const (
	LogConsole LogFormat = "console"
	LogJSON    LogFormat = "json"
)

// Action is what the policy does with a connection.
type Action string

// The actions.
const (
	ActionIntercept Action = "intercept"
	ActionObserve   Action = "observe"
	ActionTunnel    Action = "tunnel"
	ActionRefuse    Action = "refuse"
)

// Version is a version of TLS, as "1.2".
type Version string

// The versions that crypto/tls speaks.
const (
	VersionTLS10 Version = "1.0"
	VersionTLS11 Version = "1.1"
	VersionTLS12 Version = "1.2"
	VersionTLS13 Version = "1.3"
)

// Overflow is what happens when the inspection's queue is full.
type Overflow string

// The overflow policies.
const (
	OverflowWait Overflow = "wait" // traffic waits: nothing is lost
	OverflowDrop Overflow = "drop" // traffic goes on: the loss is counted and told
)

// UnmarshalText accepts the views' names.
func (v *View) UnmarshalText(b []byte) error {
	return choose(v, b, ViewTable, ViewDetail, ViewLines, ViewHTTP, ViewNone)
}

// UnmarshalText accepts the names of what can be shown.
func (s *Show) UnmarshalText(b []byte) error {
	return choose(s, b, ShowLine, ShowHead, ShowBody, ShowAll)
}

// UnmarshalText accepts the languages' names.
func (l *Lang) UnmarshalText(b []byte) error { return choose(l, b, LangEnglish, LangChinese) }

// UnmarshalText accepts the levels' names.
func (l *LogLevel) UnmarshalText(b []byte) error {
	return choose(l, b, LogTrace, LogDebug, LogInfo, LogWarn, LogError)
}

// UnmarshalText accepts the forms' names.
func (f *LogFormat) UnmarshalText(b []byte) error { return choose(f, b, LogConsole, LogJSON) }

// UnmarshalText accepts the actions' names.
func (a *Action) UnmarshalText(b []byte) error {
	return choose(a, b, ActionIntercept, ActionObserve, ActionTunnel, ActionRefuse)
}

// UnmarshalText accepts the versions' numbers.
func (v *Version) UnmarshalText(b []byte) error {
	return choose(v, b, VersionTLS10, VersionTLS11, VersionTLS12, VersionTLS13)
}

// UnmarshalText accepts the policies' names.
func (o *Overflow) UnmarshalText(b []byte) error { return choose(o, b, OverflowWait, OverflowDrop) }

func choose[T ~string](dst *T, text []byte, all ...T) error {
	if i := slices.Index(all, T(text)); i >= 0 {
		*dst = all[i]
		return nil
	}
	names := make([]string, len(all))
	for i, n := range all {
		names[i] = string(n)
	}
	return wrongChoice(string(text), names)
}
