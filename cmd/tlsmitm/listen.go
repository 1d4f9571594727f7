package main

import (
	"context"
	"net"
	"net/netip"
	"time"

	"tlsmitm/cmd/tlsmitm/internal/config"
)

const lookupTimeout = 10 * time.Second

// listen opens the proxy's door, on loopback alone unless that was waived. A
// name is resolved once, so that what was checked is what is bound.
func listen(ctx context.Context, s *config.Settings) (net.Listener, error) {
	address := string(s.Listen)
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, err := resolve(ctx, host)
	if err != nil {
		return nil, unresolvable(address, s.Source("listen"), host)
	}
	bind := net.JoinHostPort("", port)
	for i, ip := range ips {
		if !ip.IsLoopback() && !s.AllowRemote {
			return nil, notUnderstood{reachable(address, s.Source("listen"), port)}
		}
		if i == 0 {
			bind = net.JoinHostPort(ip.String(), port)
		}
	}
	if len(ips) == 0 && !s.AllowRemote {
		return nil, notUnderstood{reachable(address, s.Source("listen"), port)}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", bind)
	if err != nil {
		return nil, unbindable(address, s.Source("listen"), err)
	}
	return l, nil
}

// resolve returns a host's addresses, IPv4 first, and none for the empty host,
// which is every address of the machine.
func resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if host == "" {
		return nil, nil
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{ip}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, err
	}
	var v4, v6 []netip.Addr
	for _, ip := range found {
		if ip = ip.Unmap(); ip.Is4() {
			v4 = append(v4, ip)
		} else {
			v6 = append(v6, ip)
		}
	}
	return append(v4, v6...), nil
}

// reachAt returns the address at which a client on this machine reaches what
// listens at a.
func reachAt(a net.Addr) string {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return a.String()
	}
	switch ip := at.Addr().Unmap(); {
	case ip == netip.IPv6Unspecified(), ip == netip.IPv4Unspecified():
		// A listener on [::] takes IPv4, too, unless the system was told otherwise.
		return netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), at.Port()).String()
	default:
		return netip.AddrPortFrom(ip, at.Port()).String()
	}
}

// loopback says whether only this machine reaches what listens at a.
func loopback(a net.Addr) bool {
	at, err := netip.ParseAddrPort(a.String())
	return err == nil && at.Addr().Unmap().IsLoopback()
}
