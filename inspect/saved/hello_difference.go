package saved

import (
	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// helloDifference reads a tls.diff.
func helloDifference(m *members, _ *inspect.Event) any {
	lists := m.object("differences")
	name := lists.object("server_name")
	d := &inspect.Difference{
		Versions:         only[tlswire.Version](&lists, "versions"),
		CipherSuites:     only[tlswire.CipherSuite](&lists, "cipher_suites"),
		SupportedGroups:  only[tlswire.NamedGroup](&lists, "supported_groups"),
		KeyShares:        only[tlswire.NamedGroup](&lists, "key_share"),
		SignatureSchemes: only[tlswire.SignatureScheme](&lists, "signature_algorithms"),
		Extensions:       only[tlswire.ExtensionType](&lists, "extensions"),
		ClientName:       name.str("client"), ProxyName: name.str("proxy"),
	}
	lists.within("server_name", &name)
	alpn := lists.object("alpn")
	d.ALPN = inspect.OnlyIn[string]{Client: alpn.strings("only_client"), Proxy: alpn.strings("only_proxy"), Reordered: alpn.flag("reordered")}
	lists.within("alpn", &alpn)
	m.within("differences", &lists)
	for _, e := range m.strings("effects") {
		d.Effects = append(d.Effects, inspect.Effect(e))
	}
	return d
}

// only reads what only one of two lists of code points has.
func only[T interface {
	~uint16
	comparable
}](m *members, key string) (only inspect.OnlyIn[T]) {
	o := m.object(key)
	codes := func(key string) (list []T) {
		o.eachObject(key, func(code *members) { list = append(list, T(code.uint("value", 1<<16-1))) })
		return list
	}
	only.Client, only.Proxy, only.Reordered = codes("only_client"), codes("only_proxy"), o.flag("reordered")
	m.within(key, &o)
	return only
}
