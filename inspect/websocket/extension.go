package websocket

import (
	"strings"
)

// deflate is what permessage-deflate was agreed to be (RFC 7692, section 7.1).
// The sizes of the windows do not matter here: a window of 32 KiB serves all.
type deflate struct {
	on bool
	// forget says, for the client and the server, that each message is compressed
	// by itself.
	forget [2]bool
}

// extensions is what a response's Sec-WebSocket-Extensions say (RFC 6455, section
// 9.1).
type extensions struct {
	deflate deflate
	other   bool // there is one that is not known
}

func parseExtensions(header string) (e extensions) {
	for _, ext := range split(header, ',') {
		params := split(ext, ';')
		switch name := params[0]; {
		case name == "":
		case !strings.EqualFold(name, "permessage-deflate") || e.deflate.on:
			e.other = true
		default:
			e.deflate.on = true
			for _, p := range params[1:] {
				key, _, _ := strings.Cut(p, "=")
				switch strings.ToLower(strings.TrimSpace(key)) {
				case "client_no_context_takeover":
					e.deflate.forget[index(true)] = true
				case "server_no_context_takeover":
					e.deflate.forget[index(false)] = true
				}
			}
		}
	}
	return e
}

// index is a direction's place in pairs.
func index(up bool) int {
	if up {
		return 0
	}
	return 1
}

// split cuts at a separator that is not within quotes, and takes white space off
// the parts.
func split(s string, sep byte) (parts []string) {
	quoted, start := false, 0
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && quoted:
			i++
		case s[i] == '"':
			quoted = !quoted
		case s[i] == sep && !quoted:
			parts = append(parts, strings.TrimSpace(s[start:i]))
			start = i + 1
		}
	}
	return append(parts, strings.TrimSpace(s[start:]))
}
