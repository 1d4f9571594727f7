package sink

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"hash/crc32"
	"math/big"
	"testing"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/internal/handmade"
	"tlsmitm/inspect/tlswire"
)

const (
	client = inspect.PartyClient
	proxy  = inspect.PartyProxy
	server = inspect.PartyServer
)

// flow writes the events of one connection down by hand, 2 ms apart.
type flow struct {
	t      testing.TB
	conn   uint64
	at     time.Time
	no     int
	leg    inspect.LegName
	from   inspect.Party
	ctx    tlswire.Context
	alpn   string
	events []*inspect.Event
}

func newFlow(t testing.TB, conn uint64, target string) *flow {
	f := &flow{t: t, conn: conn, at: time.Date(2026, 3, 14, 15, 9, 26, 0, time.UTC)}
	f.other(inspect.KindConnOpen, "", &inspect.ConnOpen{
		Client: "127.0.0.1:53412", Target: target, Via: inspect.ViaConnect, Mode: inspect.ModeIntercept, UserAgent: "curl/8.5",
	})
	return f
}

// row begins the next row.
func (f *flow) row(leg inspect.LegName, from inspect.Party) *flow {
	f.no++
	f.leg, f.from = leg, from
	f.ctx.FromServer = from == server || from == proxy && leg == inspect.LegClient
	return f
}

func (f *flow) to() inspect.Party {
	switch {
	case f.leg == inspect.LegDirect && f.from == client:
		return server
	case f.leg == inspect.LegDirect || f.leg == inspect.LegClient && f.from == proxy:
		return client
	case f.from == proxy:
		return server
	}
	return proxy
}

func (f *flow) wait(d time.Duration) *flow {
	f.at = f.at.Add(d)
	return f
}

// add adds an event of the row at hand.
func (f *flow) add(kind inspect.Kind, body any) *flow {
	f.wait(2 * time.Millisecond)
	f.events = append(f.events, &inspect.Event{Time: f.at, Kind: kind, Conn: f.conn, Leg: f.leg, From: f.from, To: f.to(), No: f.no, Body: body})
	return f
}

// other adds an event that belongs to no row.
func (f *flow) other(kind inspect.Kind, leg inspect.LegName, body any) *flow {
	f.wait(2 * time.Millisecond)
	f.events = append(f.events, &inspect.Event{Time: f.at, Kind: kind, Conn: f.conn, Leg: leg, Body: body})
	return f
}

func (f *flow) handshake(t tlswire.HandshakeType, body ...[]byte) *flow {
	raw := append([]byte{byte(t)}, vec(3, body...)...)
	m := &inspect.Message{ContentType: tlswire.ContentTypeHandshake, Type: t, HasType: true, Name: t.String(),
		Length: len(raw), Raw: raw, Context: f.ctx}
	switch t {
	case tlswire.HandshakeTypeClientHello:
		m.ClientHello, _ = tlswire.ParseClientHello(raw[4:])
	case tlswire.HandshakeTypeServerHello:
		m.ServerHello, _ = tlswire.ParseServerHello(raw[4:])
		f.ctx.Version, f.ctx.CipherSuite = m.ServerHello.Version(), m.ServerHello.CipherSuite
		m.Context = f.ctx
	}
	return f.add(inspect.KindTLSMessage, m)
}

func (f *flow) changeCipherSpec() *flow {
	return f.add(inspect.KindTLSMessage, &inspect.Message{ContentType: tlswire.ContentTypeChangeCipherSpec,
		Name: "Change Cipher Spec", Raw: []byte{1}, Length: 1, Context: f.ctx})
}

func (f *flow) alert(level tlswire.AlertLevel, d tlswire.AlertDescription) *flow {
	return f.add(inspect.KindTLSMessage, &inspect.Message{ContentType: tlswire.ContentTypeAlert,
		Name: "Alert", Raw: []byte{byte(level), byte(d)}, Length: 2, Context: f.ctx})
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// data adds application data, of which the event shows 1 KiB.
func (f *flow) data(s string, records int) *flow {
	b := []byte(s)
	d := &inspect.Data{Length: len(b), Records: records, ALPN: f.alpn, Sum: uint64(crc32.Checksum(b, castagnoli))}
	d.Bytes = b[:min(len(b), 1024)]
	d.Truncated = len(d.Bytes) < len(b)
	return f.add(inspect.KindTLSData, d)
}

func (f *flow) tcp(s string) *flow {
	return f.add(inspect.KindTCPData, &inspect.Data{Length: len(s), Bytes: []byte(s)})
}

func (f *flow) clientHello(extensions ...[]byte) *flow {
	return f.handshake(tlswire.HandshakeTypeClientHello, hx("0303"), make([]byte, 32), vec(1),
		vec(2, hx("1301 1302 1303 c02b c02f")), hx("0100"), vec(2, append([][]byte{
			ext(tlswire.ExtensionTypeServerName, vec(2, hx("00"), vec(2, []byte("example.com")))),
			ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("h2")), vec(1, []byte("http/1.1")))),
			ext(tlswire.ExtensionTypeSupportedGroups, vec(2, hx("11ec 001d 0017"))),
		}, extensions...)...))
}

func (f *flow) certificate(subject, issuer string) *flow {
	context, entryEnd := []byte(nil), []byte(nil)
	if f.ctx.Version == tlswire.VersionTLS13 {
		context, entryEnd = hx("00"), hx("0000")
	}
	return f.handshake(tlswire.HandshakeTypeCertificate, context, vec(3, vec(3, f.der(subject, issuer)), entryEnd))
}

func (f *flow) der(subject, issuer string) []byte {
	f.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject},
		NotBefore: f.at.AddDate(0, -1, 0), NotAfter: f.at.AddDate(0, 0, 61).Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}, &key.PublicKey, key)
	if err != nil {
		f.t.Fatal(err)
	}
	return der
}

func (f *flow) established(leg inspect.LegName) *flow {
	e := &inspect.Established{Version: f.ctx.Version, CipherSuite: f.ctx.CipherSuite, Group: 29, ALPN: f.alpn, Duration: 12 * time.Millisecond}
	return f.other(inspect.KindTLSEstablished, leg, e)
}

func (f *flow) close(cause inspect.Cause) *flow {
	return f.other(inspect.KindConnClose, "", &inspect.ConnClose{Cause: cause, Duration: 1234 * time.Millisecond, Flows: []inspect.FlowTotal{
		{Leg: inspect.LegClient, From: client, To: proxy, Bytes: 2345}, {Leg: inspect.LegClient, From: proxy, To: client, Bytes: 56789}}})
}

// serverFlight13 is what a server of TLS 1.3 says.
func (f *flow) serverFlight13(subject, issuer string) *flow {
	f.handshake(tlswire.HandshakeTypeServerHello, hx("0303"), make([]byte, 32), hx("00 1301 00"), vec(2,
		ext(tlswire.ExtensionTypeSupportedVersions, hx("0304")), ext(tlswire.ExtensionTypeKeyShare, hx("001d"), vec(2, make([]byte, 32)))))
	f.changeCipherSpec()
	f.handshake(tlswire.HandshakeTypeEncryptedExtensions, vec(2, ext(tlswire.ExtensionTypeALPN, vec(2, vec(1, []byte("http/1.1"))))))
	f.certificate(subject, issuer)
	f.handshake(tlswire.HandshakeTypeCertificateVerify, hx("0403"), vec(2, make([]byte, 70)))
	return f.handshake(tlswire.HandshakeTypeFinished, make([]byte, 32))
}

// clientFlight is the end of a handshake.
func (f *flow) clientFlight() *flow {
	return f.changeCipherSpec().handshake(tlswire.HandshakeTypeFinished, make([]byte, 32))
}

var (
	versions13 = ext(tlswire.ExtensionTypeSupportedVersions, vec(1, hx("0304 0303")))
	share      = ext(tlswire.ExtensionTypeKeyShare, vec(2, hx("001d"), vec(2, make([]byte, 32))))
)

// handshake13 is both legs' handshakes in TLS 1.3.
func (f *flow) handshake13() *flow {
	f.row(inspect.LegClient, client).clientHello(versions13, share)
	f.row(inspect.LegServer, proxy).clientHello(versions13, share, ext(tlswire.ExtensionTypeRenegotiationInfo, hx("00")))
	f.other(inspect.KindTLSDiff, inspect.LegServer, &inspect.Difference{
		Extensions: inspect.OnlyIn[tlswire.ExtensionType]{Proxy: []tlswire.ExtensionType{tlswire.ExtensionTypeRenegotiationInfo}},
		Effects:    []inspect.Effect{inspect.EffectFingerprint},
	})
	f.row(inspect.LegServer, server).serverFlight13("example.com", "R11")
	f.other(inspect.KindTLSVerify, inspect.LegServer, &inspect.Verification{OK: true})
	f.row(inspect.LegServer, proxy).clientFlight()
	f.alpn = "http/1.1"
	f.established(inspect.LegServer)
	f.row(inspect.LegClient, proxy).serverFlight13("example.com", "tlsmitm")
	f.row(inspect.LegClient, client).clientFlight()
	return f.established(inspect.LegClient)
}

// Messages are written by hand, in parts.
var (
	hx, vec = handmade.Hex, handmade.Vector
	ext     = handmade.Extension[tlswire.ExtensionType]
)
