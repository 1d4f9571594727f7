package tlswire

import (
	"cmp"
	"fmt"
	"slices"
)

// Code points that no table names print as their number in the size that they
// have on the wire, so that two unknown ones can be told apart.

func unknown8(v uint8) string   { return fmt.Sprintf("unknown (0x%02x)", v) }
func unknown16(v uint16) string { return fmt.Sprintf("unknown (0x%04x)", v) }

func grease(v uint16) string { return fmt.Sprintf("GREASE (0x%04x)", v) }

// isGREASE says whether v is one of the sixteen values 0x0a0a, 0x1a1a … 0xfafa
// that RFC 8701 section 2 reserves for cipher suites, groups, extensions,
// signature schemes and versions alike.
func isGREASE(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

// registered is a row of a registry.
type registered struct {
	value uint16
	name  string
}

// lookup finds the name of v in a registry, whose rows are in ascending order.
func lookup(registry []registered, v uint16) (name string, ok bool) {
	i, ok := slices.BinarySearchFunc(registry, v, func(row registered, v uint16) int {
		return cmp.Compare(row.value, v)
	})
	if !ok {
		return "", false
	}
	return registry[i].name, true
}

// name16 is the name of v in a registry, GREASE, or its number.
func name16(registry []registered, v uint16) string {
	if name, ok := lookup(registry, v); ok {
		return name
	}
	if isGREASE(v) {
		return grease(v)
	}
	return unknown16(v)
}
