package inspect

import "fmt"

// difference appends the lists that differ in an object of their own, since their
// names mean other things elsewhere.
func (w *jsonWriter) difference(d *Difference) {
	w.key("differences")
	w.raw("{")
	at := len(w.b)
	writeOnly(w, "versions", &d.Versions)
	writeOnly(w, "cipher_suites", &d.CipherSuites)
	writeOnly(w, "supported_groups", &d.SupportedGroups)
	writeOnly(w, "key_share", &d.KeyShares)
	writeOnly(w, "signature_algorithms", &d.SignatureSchemes)
	writeOnly(w, "extensions", &d.Extensions)
	if o := &d.ALPN; !o.Same() {
		w.key("alpn")
		w.raw(`{"only_client":[`)
		w.texts(o.Client)
		w.raw(`],"only_proxy":[`)
		w.texts(o.Proxy)
		w.reordered(o.Reordered)
	}
	if d.ClientName != d.ProxyName {
		w.key("server_name")
		w.raw(`{"client":`)
		w.quote(d.ClientName)
		w.str("proxy", d.ProxyName)
		w.raw("}")
	}
	if len(w.b) > at {
		w.b = append(w.b[:at], w.b[at+1:]...) // the first member has no comma before it
	}
	w.raw("}")
	w.key("effects")
	w.raw("[")
	for i, e := range d.Effects {
		if i > 0 {
			w.raw(",")
		}
		w.quote(string(e))
	}
	w.raw("]")
}

// writeOnly appends what only one of two lists of code points has, if anything.
func writeOnly[T interface {
	~uint16
	comparable
	fmt.Stringer
}](w *jsonWriter, key string, o *OnlyIn[T]) {
	if o.Same() {
		return
	}
	w.key(key)
	w.raw(`{"only_client":[`)
	for i, list := range [][]T{o.Client, o.Proxy} {
		if i > 0 {
			w.raw(`],"only_proxy":[`)
		}
		for j, v := range list {
			if j > 0 {
				w.raw(",")
			}
			w.codeValue(uint64(v), v.String())
		}
	}
	w.reordered(o.Reordered)
}

// reordered ends such an object.
func (w *jsonWriter) reordered(yes bool) {
	w.raw("]")
	if yes {
		w.bool("reordered", true)
	}
	w.raw("}")
}

func (w *jsonWriter) texts(list []string) {
	for i, s := range list {
		if i > 0 {
			w.raw(",")
		}
		w.quote(s)
	}
}
