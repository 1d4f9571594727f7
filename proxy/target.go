package proxy

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"

	"tlsmitm/inspect"
)

// Target is where a client wants to go, as its door has learned it.
type Target struct {
	// Host is the name or IP address in the form in which hosts are compared:
	// lower case, Punycode, without a trailing dot.
	Host string
	Port uint16
	// Asked is the address as the client wrote it.
	Asked     string
	Via       inspect.Via
	UserAgent string // of the request that named the target, if any
}

// Address returns the target as host:port.
func (t Target) Address() string {
	return net.JoinHostPort(t.Host, strconv.Itoa(int(t.Port)))
}

// String returns the address, or what stands in its place.
func (t Target) String() string {
	if t.Host == "" || t.Port == 0 {
		return t.Asked
	}
	return t.Address()
}

// dialAddress is Address with the trailing dot kept that the client may have
// written: it tells the resolver to try no search domains.
func (t Target) dialAddress() string {
	host := t.Host
	if asked, _, err := net.SplitHostPort(t.Asked); err == nil && strings.HasSuffix(asked, ".") {
		host += "."
	}
	return net.JoinHostPort(host, strconv.Itoa(int(t.Port)))
}

var (
	errNoPort  = errors.New("there is no port in it")
	errBadPort = errors.New("the port is not a number from 1 to 65535")
)

// parseTarget reads the authority-form of a CONNECT (RFC 9112, section 3.2.3):
// a host and a port, both of them required.
func parseTarget(authority string) (Target, error) {
	t := Target{Asked: authority}
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		if strings.LastIndexByte(authority, ':') <= strings.LastIndexByte(authority, ']') {
			return t, errNoPort
		}
		return t, errBadHost
	}
	n, err := strconv.ParseUint(port, 10, 16)
	switch {
	case port == "":
		return t, errNoPort
	case err != nil || n == 0:
		return t, errBadPort
	}
	t.Port = uint16(n)
	t.Host, err = hostName(host)
	return t, err
}

// errLoop says that an address leads back to the proxy itself.
var errLoop = errors.New("the address is the proxy's own")

// dialer reaches servers, and never the proxy itself.
type dialer struct {
	own  ownAddresses
	dial func(ctx context.Context, network, address string) (net.Conn, error) // nil: the network
}

// reach connects to address within ctx. It fails with errLoop when the name leads
// to the proxy itself and to nothing else that answers.
func (d *dialer) reach(ctx context.Context, address string) (net.Conn, error) {
	if d.dial != nil {
		return d.dial(ctx, "tcp", address)
	}
	// A name can have several addresses, tried at the same time; the error of
	// the first says nothing of the others.
	var looped atomic.Bool
	nd := net.Dialer{ControlContext: func(_ context.Context, _, resolved string, _ syscall.RawConn) error {
		if d.own.includes(resolved) {
			looped.Store(true)
			return errLoop
		}
		return nil
	}}
	conn, err := nd.DialContext(ctx, "tcp", address)
	if err != nil && looped.Load() {
		return nil, errLoop
	}
	return conn, err
}

// ownAddresses are those on which the proxy listens.
type ownAddresses struct {
	list atomic.Pointer[[]netip.AddrPort]
}

func (o *ownAddresses) add(a net.Addr) {
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return
	}
	for {
		old := o.list.Load()
		var list []netip.AddrPort
		if old != nil {
			list = append(list, *old...)
		}
		list = append(list, netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()))
		if o.list.CompareAndSwap(old, &list) {
			return
		}
	}
}

// includes reports whether a connection to the resolved address would arrive at
// one of the proxy's own listeners.
func (o *ownAddresses) includes(resolved string) bool {
	list := o.list.Load()
	if list == nil {
		return false
	}
	ap, err := netip.ParseAddrPort(resolved)
	if err != nil {
		return false
	}
	to := ap.Addr().Unmap().WithZone("")
	for _, own := range *list {
		if own.Port() != ap.Port() {
			continue
		}
		switch at := own.Addr(); {
		case at == to, to.IsUnspecified():
			return true
		case at.IsUnspecified() && isOwnIP(to):
			return true
		}
	}
	return false
}

// isOwnIP reports whether ip is one of this machine's.
func isOwnIP(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Unmap() == ip {
			return true
		}
	}
	return false
}
