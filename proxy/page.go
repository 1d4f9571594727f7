package proxy

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// ownPage answers what is asked of the proxy itself, and not through it: its page
// and its certificate. The names under which it answers are its own, so that a
// page of somebody else's whose name leads here (DNS rebinding) reads nothing.
type ownPage struct {
	p *Proxy
}

func (o ownPage) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	listen := o.p.listenHostPort()
	switch {
	case !o.ownName(req.Host):
		text(w, http.StatusMisdirectedRequest, fmt.Sprintf(textMisdirected, listen, listen))
	case req.URL.Path != "/" && req.URL.Path != "/ca.pem" && req.URL.Path != "/ca.der":
		text(w, http.StatusNotFound, fmt.Sprintf(textNotFound, listen))
	case req.Method != http.MethodGet && req.Method != http.MethodHead:
		h.Set("Allow", "GET, HEAD")
		text(w, http.StatusMethodNotAllowed, textMethod)
	case req.URL.Path == "/ca.pem":
		certificate(w, "application/x-pem-file", "tlsmitm-ca.pem", o.p.authority.PEM())
	case req.URL.Path == "/ca.der":
		certificate(w, "application/x-x509-ca-cert", "tlsmitm-ca.cer", o.p.authority.Certificate().Raw)
	default:
		o.page(w, req.Host)
	}
}

func (o ownPage) page(w http.ResponseWriter, listen string) {
	root := o.p.authority.Certificate()
	view := struct{ Version, Listen, Subject, Fingerprint, Until string }{
		Version:     o.p.version,
		Listen:      listen,
		Subject:     root.Subject.String(),
		Fingerprint: fmt.Sprintf("% X", sha256.Sum256(root.Raw)),
		Until:       root.NotAfter.UTC().Format(time.RFC1123),
	}
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, "own", view); err != nil {
		text(w, http.StatusInternalServerError, err.Error())
		return
	}
	w.Header().Set("Content-Security-Policy", pagePolicy)
	whole(w, http.StatusOK, "text/html; charset=utf-8", b.Bytes())
}

// ownName reports whether host, of a request, names the proxy: as the address on
// which it listens, as localhost, or as an address of this machine.
func (o ownPage) ownName(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "" {
		return false
	}
	if own, _, err := net.SplitHostPort(o.p.listenHostPort()); err == nil && strings.EqualFold(host, own) {
		return true
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return isOwnIP(ip.Unmap())
	}
	return host == "localhost"
}

func certificate(w http.ResponseWriter, contentType, name string, b []byte) {
	w.Header().Set("Content-Disposition", "attachment; filename="+name)
	whole(w, http.StatusOK, contentType, b)
}

func text(w http.ResponseWriter, status int, s string) {
	whole(w, status, "text/plain; charset=utf-8", []byte(s))
}

func whole(w http.ResponseWriter, status int, contentType string, b []byte) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(b)))
	w.WriteHeader(status)
	w.Write(b)
}
