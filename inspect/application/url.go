package application

import (
	"net"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// absolute puts the target URI of a request together (RFC 9110, section 7.1; RFC
// 9112, section 3.3), and returns its host with the port too.
func absolute(h *httpmsg.Head, o Origin) (url, host string) {
	scheme := h.Scheme
	if scheme == "" {
		if scheme = "http"; o.TLS {
			scheme = "https"
		}
	}
	host = h.Authority
	if host == "" {
		host = h.Fields.Get("Host")
	}
	if host == "" {
		host = withoutDefault(o.Target, scheme)
	}
	switch {
	case h.Method == "CONNECT" && h.Connect == "":
		if h.Authority != "" {
			host = h.Authority
		} else if h.Target != "" {
			host = h.Target
		}
		return host, host
	case h.Path == "*" || h.Path == "": // the server as a whole has no path
		return scheme + "://" + host, host
	case !strings.HasPrefix(h.Path, "/"):
		return scheme + "://" + host + "/" + h.Path, host
	}
	return scheme + "://" + host + h.Path, host
}

// withoutDefault drops the port that a scheme has by itself.
func withoutDefault(target, scheme string) string {
	host, port, err := net.SplitHostPort(target)
	if err != nil || !(scheme == "https" && port == "443" || scheme == "http" && port == "80") {
		return target
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}
