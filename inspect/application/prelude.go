package application

import (
	"bytes"
	"net"
	"net/netip"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
)

// prelude is what opens the way for other bytes: the negotiation of SOCKS, or the header of
// the PROXY protocol. up and down are its lengths; target is where it leads, "" if it does
// not say.
type prelude struct {
	up, down int
	target   string
}

// maxProxyLine is the longest header of the PROXY protocol's first version, which its
// description gives (section 2.1).
const maxProxyLine = 107

// proxySignature begins a header of the PROXY protocol's second version (section 2.2).
var proxySignature = []byte("\r\n\r\n\x00\r\nQUIT\n")

// openingOf reads what both directions begin with, as far as it has come. It returns nil if
// that is no prelude; maybe is true while more bytes are needed to tell.
func openingOf(up, down []byte) (p *prelude, maybe bool) {
	if len(up) == 0 {
		return nil, false
	}
	u, d := cryptobyte.String(up), cryptobyte.String(down)
	var target string
	var is, whole bool
	switch up[0] {
	case 4:
		target, is, whole = socks4(&u, &d)
	case 5:
		target, is, whole = socks5(&u, &d)
	default:
		is, whole = proxyHeader(&u)
	}
	if !is || !whole {
		return nil, is
	}
	return &prelude{len(up) - len(u), len(down) - len(d), target}, false
}

// proxyHeader reads a header of the PROXY protocol, of which the client sends all.
func proxyHeader(s *cryptobyte.String) (is, whole bool) {
	if bytes.HasPrefix(proxySignature, (*s)[:min(len(proxySignature), len(*s))]) {
		var rest cryptobyte.String
		return true, s.Skip(len(proxySignature)+2) && s.ReadUint16LengthPrefixed(&rest)
	}
	word := []byte("PROXY ")
	if !bytes.HasPrefix(word, (*s)[:min(len(word), len(*s))]) {
		return false, false
	}
	end := bytes.Index(*s, []byte("\r\n"))
	if end < 0 {
		return len(*s) <= maxProxyLine, false
	}
	return end+2 <= maxProxyLine, s.Skip(end + 2)
}

// socks4 reads a request of SOCKS 4, or 4a, and that it is granted.
func socks4(up, down *cryptobyte.String) (target string, is, whole bool) {
	var command, reply uint8
	var port uint16
	var address [4]byte
	if !up.Skip(1) || !up.ReadUint8(&command) || !up.ReadUint16(&port) || !up.CopyBytes(address[:]) {
		return "", true, false
	}
	host := netip.AddrFrom4(address).String()
	_, is, whole = word(up) // the user
	if is && whole && address[0]|address[1]|address[2] == 0 && address[3] != 0 {
		host, is, whole = word(up)
	}
	if !is || !whole || command != 1 {
		return "", is && command == 1, false
	}
	if !down.Skip(1) || !down.ReadUint8(&reply) || !down.Skip(6) {
		return "", true, false
	}
	return hostPort(host, port), reply == 90, true
}

// word reads what a zero ends.
func word(s *cryptobyte.String) (text string, is, whole bool) {
	end := bytes.IndexByte(*s, 0)
	if end < 0 {
		return "", len(*s) <= 255, false
	}
	text = string((*s)[:end])
	return text, end <= 255, s.Skip(end + 1)
}

// socks5 reads the negotiation of SOCKS 5 (RFC 1928), also with a name and a password (RFC
// 1929), up to where what was asked for is granted.
func socks5(up, down *cryptobyte.String) (target string, is, whole bool) {
	var methods cryptobyte.String
	var version, method uint8
	if !up.Skip(1) || !up.ReadUint8LengthPrefixed(&methods) || !down.ReadUint8(&version) || !down.ReadUint8(&method) {
		return "", len(*down) == 0 || (*down)[0] == 5, false
	}
	if version != 5 || method != 0 && method != 2 || bytes.IndexByte(methods, method) < 0 {
		return "", false, false
	}
	if method == 2 {
		var secret cryptobyte.String
		var status uint8
		if !up.Skip(1) || !up.ReadUint8LengthPrefixed(&secret) || !up.ReadUint8LengthPrefixed(&secret) || !down.Skip(1) || !down.ReadUint8(&status) {
			return "", true, false
		}
		if status != 0 {
			return "", false, false
		}
	}
	command, target, is, whole := socks5Address(up)
	if !is || !whole {
		return "", is, false
	}
	reply, _, is, whole := socks5Address(down)
	return target, is && command == 1 && (!whole || reply == 0), whole
}

// socks5Address reads a request or a reply: its code, and an address (RFC 1928, section 5).
func socks5Address(s *cryptobyte.String) (code uint8, target string, is, whole bool) {
	var version, kind uint8
	if !s.ReadUint8(&version) || !s.ReadUint8(&code) || !s.Skip(1) || !s.ReadUint8(&kind) {
		return 0, "", true, false
	}
	var host string
	switch kind {
	case 1, 4:
		address := make([]byte, map[uint8]int{1: 4, 4: 16}[kind])
		if !s.CopyBytes(address) {
			return 0, "", true, false
		}
		ip, _ := netip.AddrFromSlice(address)
		host = ip.String()
	case 3:
		var name cryptobyte.String
		if !s.ReadUint8LengthPrefixed(&name) {
			return 0, "", true, false
		}
		host = string(name)
	default:
		return 0, "", false, false
	}
	var port uint16
	if !s.ReadUint16(&port) {
		return 0, "", true, false
	}
	return code, hostPort(host, port), version == 5, true
}

func hostPort(host string, port uint16) string {
	return net.JoinHostPort(host, strconv.Itoa(int(port)))
}
