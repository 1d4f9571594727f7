package inspect

import (
	"slices"

	"tlsmitm/inspect/tlswire"
)

// Difference is how the proxy's hello to the server differs from the client's to the
// proxy, GREASE left out.
type Difference struct {
	Versions         OnlyIn[tlswire.Version]
	CipherSuites     OnlyIn[tlswire.CipherSuite]
	SupportedGroups  OnlyIn[tlswire.NamedGroup]
	KeyShares        OnlyIn[tlswire.NamedGroup]
	SignatureSchemes OnlyIn[tlswire.SignatureScheme]
	Extensions       OnlyIn[tlswire.ExtensionType]
	ALPN             OnlyIn[string]
	// The names that were asked for, if they are not the same.
	ClientName, ProxyName string
	// Effects is what all that changes, in the order of docs/events.md.
	Effects []Effect
}

// OnlyIn is what only one of two lists has, in its order there.
type OnlyIn[T comparable] struct {
	Client, Proxy []T
	// Reordered says that what both have stands in another order.
	Reordered bool
}

// Same says that the lists were the same.
func (o *OnlyIn[T]) Same() bool { return len(o.Client) == 0 && len(o.Proxy) == 0 && !o.Reordered }

// Effect is something that a difference between the hellos changes.
type Effect string

// The effects.
const (
	EffectFingerprint       Effect = "fingerprint"
	EffectVersion           Effect = "version"
	EffectCipherSuite       Effect = "cipher_suite"
	EffectGroup             Effect = "group"
	EffectPostQuantum       Effect = "post_quantum"
	EffectSignature         Effect = "signature"
	EffectALPN              Effect = "alpn"
	EffectServerName        Effect = "server_name"
	EffectResumption        Effect = "resumption"
	EffectEarlyData         Effect = "early_data"
	EffectECH               Effect = "ech"
	EffectStaple            Effect = "ocsp_staple"
	EffectTransparency      Effect = "certificate_transparency"
	EffectCompression       Effect = "certificate_compression"
	EffectDelegated         Effect = "delegated_credential"
	EffectPostHandshake     Effect = "post_handshake_auth"
	EffectEncryptThenMAC    Effect = "encrypt_then_mac"
	EffectRecordSize        Effect = "record_size"
	EffectSettings          Effect = "application_settings"
	EffectHeartbeat         Effect = "heartbeat"
	EffectCertificateChoice Effect = "certificate_authorities"
)

// lostWith is what goes with an extension that is not passed on.
var lostWith = map[tlswire.ExtensionType]Effect{
	tlswire.ExtensionTypeEarlyData:                  EffectEarlyData,
	tlswire.ExtensionTypeEncryptedClientHello:       EffectECH,
	tlswire.ExtensionTypeStatusRequest:              EffectStaple,
	tlswire.ExtensionTypeStatusRequestV2:            EffectStaple,
	tlswire.ExtensionTypeSignedCertificateTimestamp: EffectTransparency,
	tlswire.ExtensionTypeCompressCertificate:        EffectCompression,
	tlswire.ExtensionTypeDelegatedCredential:        EffectDelegated,
	tlswire.ExtensionTypePostHandshakeAuth:          EffectPostHandshake,
	tlswire.ExtensionTypeEncryptThenMAC:             EffectEncryptThenMAC,
	tlswire.ExtensionTypeRecordSizeLimit:            EffectRecordSize,
	tlswire.ExtensionTypeMaxFragmentLength:          EffectRecordSize,
	tlswire.ExtensionTypeApplicationSettings:        EffectSettings,
	tlswire.ExtensionTypeApplicationSettingsOld:     EffectSettings,
	tlswire.ExtensionTypeHeartbeat:                  EffectHeartbeat,
	tlswire.ExtensionTypeCertificateAuthorities:     EffectCertificateChoice,
}

// differ compares the proxy's hello with the client's.
func differ(client, proxy *tlswire.ClientHello) *Difference {
	d := &Difference{
		Versions:         only(offered(client), offered(proxy)),
		CipherSuites:     only(client.CipherSuites, proxy.CipherSuites),
		SupportedGroups:  only(client.SupportedGroups, proxy.SupportedGroups),
		KeyShares:        only(sharedGroups(client), sharedGroups(proxy)),
		SignatureSchemes: only(client.SignatureSchemes, proxy.SignatureSchemes),
		Extensions:       only(extensionTypes(client), extensionTypes(proxy)),
		ALPN:             only(client.ALPN, proxy.ALPN),
	}
	if client.ServerName != proxy.ServerName {
		d.ClientName, d.ProxyName = client.ServerName, proxy.ServerName
	}
	d.effects(client, proxy)
	return d
}

// effects says what the differences change.
func (d *Difference) effects(client, proxy *tlswire.ClientHello) {
	add := func(yes bool, e Effect) {
		if yes && !slices.Contains(d.Effects, e) {
			d.Effects = append(d.Effects, e)
		}
	}
	suites := !d.CipherSuites.Same()
	groups := !d.SupportedGroups.Same() || !d.KeyShares.Same()
	add(suites || groups || !d.Versions.Same() || !d.SignatureSchemes.Same() || !d.Extensions.Same() || !d.ALPN.Same(), EffectFingerprint)
	add(!d.Versions.Same(), EffectVersion)
	add(suites, EffectCipherSuite)
	add(groups, EffectGroup)
	add(slices.ContainsFunc(client.SupportedGroups, tlswire.NamedGroup.IsPostQuantum) &&
		!slices.ContainsFunc(proxy.SupportedGroups, tlswire.NamedGroup.IsPostQuantum), EffectPostQuantum)
	add(!d.SignatureSchemes.Same(), EffectSignature)
	add(!d.ALPN.Same(), EffectALPN)
	add(d.ClientName != d.ProxyName, EffectServerName)
	add(resumes(client) && !resumes(proxy), EffectResumption)
	for _, t := range d.Extensions.Client {
		if e, ok := lostWith[t]; ok {
			add(true, e)
		}
	}
}

// resumes says whether a hello asks for an earlier session. From TLS 1.3 on a session
// id alone does not: it is for middleboxes (RFC 8446 D.4).
func resumes(h *tlswire.ClientHello) bool {
	return len(h.PSKIdentities) > 0 || len(h.SessionTicket) > 0 ||
		len(h.SessionID) > 0 && !slices.ContainsFunc(h.SupportedVersions, tlswire.Version.Is13)
}

// offered lists the versions that a hello names.
func offered(h *tlswire.ClientHello) []tlswire.Version {
	if h.HasExtension(tlswire.ExtensionTypeSupportedVersions) {
		return h.SupportedVersions
	}
	return []tlswire.Version{h.LegacyVersion}
}

func sharedGroups(h *tlswire.ClientHello) (groups []tlswire.NamedGroup) {
	for _, s := range h.KeyShares {
		groups = append(groups, s.Group)
	}
	return groups
}

func extensionTypes(h *tlswire.ClientHello) (types []tlswire.ExtensionType) {
	for _, x := range h.Extensions {
		types = append(types, x.Type)
	}
	return types
}

// only compares two lists. Those of a hello are short enough for the plain way.
func only[T comparable](client, proxy []T) (o OnlyIn[T]) {
	client, proxy = withoutGREASE(client), withoutGREASE(proxy)
	if slices.Equal(client, proxy) {
		return o
	}
	var inBoth [2][]T
	for i, pair := range [2][2][]T{{client, proxy}, {proxy, client}} {
		for _, v := range pair[0] {
			switch {
			case slices.Contains(pair[1], v):
				inBoth[i] = append(inBoth[i], v)
			case i == 0 && len(o.Client) < maxOnly:
				o.Client = append(o.Client, v)
			case i == 1 && len(o.Proxy) < maxOnly:
				o.Proxy = append(o.Proxy, v)
			}
		}
	}
	o.Reordered = !slices.Equal(inBoth[0], inBoth[1])
	return o
}

// maxOnly bounds a list of differences: nothing real offers so much.
const maxOnly = 256

// withoutGREASE drops what only keeps servers tolerant (RFC 8701).
func withoutGREASE[T comparable](list []T) []T {
	isGREASE := func(v T) bool {
		g, ok := any(v).(interface{ IsGREASE() bool })
		return ok && g.IsGREASE()
	}
	if !slices.ContainsFunc(list, isGREASE) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), isGREASE)
}
