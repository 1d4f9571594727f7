package config

import (
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"tlsmitm/inspect/filter"
)

// Address is host:port to listen on. The host may be empty: every address.
type Address string

// UnmarshalText checks the form; it resolves nothing.
func (a *Address) UnmarshalText(b []byte) error {
	s := string(b)
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return wrongAddress(s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return wrongPort(port)
	}
	*a = Address(s)
	return nil
}

// Path names a file or a directory. A leading "~/" is the home directory,
// whatever the source, for no shell expands it in a file.
type Path string

// UnmarshalText expands a leading "~/".
func (p *Path) UnmarshalText(b []byte) error {
	s := string(b)
	if s == "~" || strings.HasPrefix(s, "~/") {
		home, err := os.UserHomeDir()
		if err != nil {
			return noHome(s)
		}
		s = filepath.Join(home, s[1:])
	}
	*p = Path(s)
	return nil
}

// DataBytes is how much of the data a row shows; All is everything.
type DataBytes int

// All shows all the data.
const All DataBytes = -1

// UnmarshalText accepts a count, or "all".
func (d *DataBytes) UnmarshalText(b []byte) error {
	if string(b) == "all" {
		*d = All
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 31)
	if err != nil {
		return wrongDataBytes(string(b))
	}
	*d = DataBytes(n)
	return nil
}

// Count is a number of things; Unbounded is as many as there are.
type Count int

// Unbounded sets no bound.
const Unbounded Count = -1

// UnmarshalText accepts a number, or "all".
func (c *Count) UnmarshalText(b []byte) error {
	if string(b) == "all" {
		*c = Unbounded
		return nil
	}
	n, err := strconv.ParseUint(string(b), 10, 31)
	if err != nil {
		return wrongCount(string(b))
	}
	*c = Count(n)
	return nil
}

// Duration is a span of time, not negative.
type Duration time.Duration

// UnmarshalText accepts Go's form: 10s, 500ms, 1m30s.
func (d *Duration) UnmarshalText(b []byte) error {
	t, err := time.ParseDuration(string(b))
	if err != nil || t < 0 {
		return wrongDuration(string(b))
	}
	*d = Duration(t)
	return nil
}

// ByteSize is a number of bytes.
type ByteSize int64

// UnmarshalText accepts a count, or one with KiB, MiB or GiB.
func (z *ByteSize) UnmarshalText(b []byte) error {
	number, shift := string(b), 0
	for unit, s := range map[string]int{"KiB": 10, "MiB": 20, "GiB": 30} {
		if n, ok := strings.CutSuffix(number, unit); ok {
			number, shift = strings.TrimSpace(n), s
			break
		}
	}
	n, err := strconv.ParseInt(number, 10, 64)
	if err != nil || n < 0 || n > 1<<40>>shift {
		return wrongSize(string(b))
	}
	*z = ByteSize(n << shift)
	return nil
}

// Filter is an expression about exchanges and connections; "" is none.
type Filter string

// UnmarshalText checks the expression.
func (f *Filter) UnmarshalText(b []byte) error {
	if len(b) > 0 {
		if _, err := filter.Compile(string(b)); err != nil {
			return wrongFilter(err)
		}
	}
	*f = Filter(b)
	return nil
}

// Text is taken as it is.
type Text string

// UnmarshalText accepts anything.
func (t *Text) UnmarshalText(b []byte) error {
	*t = Text(b)
	return nil
}
