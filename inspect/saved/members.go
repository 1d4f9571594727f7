package saved

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"

	"tlsmitm/inspect"
)

// members are those of a JSON object. Reading one that is missing gives the zero
// value; the first that has not the form it should have is the error, and from
// then on everything reads as zero.
type members struct {
	list []member
	err  error
}

type member struct {
	key   string
	value []byte // valid JSON; aliases the line
}

var errNotObject = errors.New("not an object")

// parseMembers takes an object apart. b must be valid JSON.
func parseMembers(b []byte) (members, error) {
	m := members{list: make([]member, 0, 16)}
	b = bytes.TrimSpace(b)
	if len(b) == 0 || b[0] != '{' {
		return m, errNotObject
	}
	for b = skip(b[1:]); b[0] != '}'; {
		n := valueLen(b)
		key := text(b[:n])
		b = skip(b[n:]) // the colon
		b = skip(b[1:])
		n = valueLen(b)
		m.list = append(m.list, member{key, b[:n]})
		if b = skip(b[n:]); b[0] == ',' {
			b = skip(b[1:])
		}
	}
	return m, nil
}

// skip drops white space.
func skip(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t' || b[0] == '\r' || b[0] == '\n') {
		b = b[1:]
	}
	return b
}

// valueLen returns the length of the value that valid JSON begins with.
func valueLen(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
			if depth < 0 {
				return i
			}
		case ',', ' ', '\t', '\r', '\n', ':':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

// text returns what a JSON string says.
func text(b []byte) string {
	inner := b[1 : len(b)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return string(inner)
	}
	var s string
	if json.Unmarshal(b, &s) != nil {
		return "" // the line was valid
	}
	return s
}

// get returns a member's value, nil if there is none or it is null. Of several
// members of one key the last counts.
func (m *members) get(key string) []byte {
	if m.err != nil {
		return nil
	}
	for i := len(m.list) - 1; i >= 0; i-- {
		if m.list[i].key != key {
			continue
		}
		if v := m.list[i].value; v[0] != 'n' {
			return v
		}
		return nil
	}
	return nil
}

func (m *members) fail(key, format string, args ...any) {
	if m.err == nil {
		m.err = fmt.Errorf("`%s` %s", key, fmt.Sprintf(format, args...))
	}
}

// mistyped says that a value is of another type than it should be.
func (m *members) mistyped(key, want string, v []byte) {
	got := "a number"
	switch v[0] {
	case '"':
		got = "a string"
	case '{':
		got = "an object"
	case '[':
		got = "a list"
	case 't', 'f':
		got = "a truth value"
	}
	if got == want {
		want = "another kind of number"
	}
	m.fail(key, "wants %s, not %s", want, got)
}

func (m *members) str(key string) string {
	v := m.get(key)
	switch {
	case v == nil:
		return ""
	case v[0] != '"':
		m.mistyped(key, "a string", v)
		return ""
	}
	return text(v)
}

// oneOf reads a string that is one of a few; "" if it is missing.
func oneOf[T ~string](m *members, key string, all ...T) T {
	s := T(m.str(key))
	if s == "" {
		return ""
	}
	for _, ok := range all {
		if s == ok {
			return s
		}
	}
	m.fail(key, "is none of %v", all)
	return ""
}

func (m *members) flag(key string) bool {
	v := m.get(key)
	if v != nil && v[0] != 't' && v[0] != 'f' {
		m.mistyped(key, "true or false", v)
	}
	return v != nil && v[0] == 't'
}

// uint reads a whole number up to most.
func (m *members) uint(key string, most uint64) uint64 {
	v := m.get(key)
	if v == nil {
		return 0
	}
	n, err := strconv.ParseUint(string(v), 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange) || err == nil && n > most:
		m.fail(key, "is more than %d", most)
		return 0
	case err != nil && (v[0] == '-' || v[0] >= '0' && v[0] <= '9'):
		m.fail(key, "wants a whole number that is not negative")
		return 0
	case err != nil:
		m.mistyped(key, "a whole number", v)
		return 0
	}
	return n
}

// most is the largest count that is read: others may hold numbers as floating
// point, and nobody counts further. Sums of them do not overflow.
const most = 1 << 53

func (m *members) count(key string) int     { return int(m.uint(key, most)) }
func (m *members) count64(key string) int64 { return int64(m.uint(key, most)) }

// duration reads milliseconds.
func (m *members) duration(key string) time.Duration {
	v := m.get(key)
	if v == nil {
		return 0
	}
	ms, err := strconv.ParseFloat(string(v), 64)
	switch {
	case err != nil && !errors.Is(err, strconv.ErrRange):
		m.mistyped(key, "a number of milliseconds", v)
		return 0
	case err != nil || math.Abs(ms) > most/1000:
		m.fail(key, "is too large")
		return 0
	}
	return time.Duration(math.Round(ms*1000)) * time.Microsecond
}

// bytes reads base64; nil if it is missing.
func (m *members) bytes(key string) []byte {
	s := m.str(key)
	if m.get(key) == nil {
		return nil
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		m.fail(key, "is not base64: %v", err)
		return nil
	}
	return b
}

// object reads an object; the zero value if it is missing. What is wrong within
// must be handed back with within.
func (m *members) object(key string) members {
	v := m.get(key)
	if v == nil {
		return members{}
	}
	o, err := parseMembers(v)
	if err != nil {
		m.mistyped(key, "an object", v)
	}
	return o
}

// within takes over what went wrong in an object that is a part of this.
func (m *members) within(key string, o *members) {
	if o.err != nil && m.err == nil {
		m.err = fmt.Errorf("`%s`: %w", key, o.err)
	}
}

// code reads a code point of at most most, and says whether it is there.
func (m *members) code(key string, most uint64) (uint64, bool) {
	if m.get(key) == nil {
		return 0, false
	}
	o := m.object(key)
	n := o.uint("value", most)
	m.within(key, &o)
	return n, m.err == nil
}

// elements calls yield for every element of a list.
func (m *members) elements(key string, yield func(v []byte)) {
	v := m.get(key)
	switch {
	case v == nil:
		return
	case v[0] != '[':
		m.mistyped(key, "a list", v)
		return
	}
	for b := skip(v[1:]); b[0] != ']'; {
		n := valueLen(b)
		yield(b[:n])
		if b = skip(b[n:]); b[0] == ',' {
			b = skip(b[1:])
		}
	}
}

func (m *members) strings(key string) (all []string) {
	m.elements(key, func(v []byte) {
		if v[0] != '"' {
			m.mistyped(key, "strings", v)
			return
		}
		all = append(all, text(v))
	})
	return all
}

func (m *members) leg(key string) inspect.LegName {
	return oneOf(m, key, inspect.LegClient, inspect.LegServer, inspect.LegDirect)
}

func (m *members) party(key string) inspect.Party {
	return oneOf(m, key, inspect.PartyClient, inspect.PartyProxy, inspect.PartyServer)
}
