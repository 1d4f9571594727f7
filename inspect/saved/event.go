package saved

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// readers has a row for every kind of event: what makes its body of a line's
// members. The event's envelope is read already.
var readers = map[inspect.Kind]func(m *members, e *inspect.Event) any{
	inspect.KindRunStart:       runStart,
	inspect.KindRunEnd:         runEnd,
	inspect.KindConnOpen:       connOpen,
	inspect.KindTLSMessage:     message,
	inspect.KindTLSData:        data,
	inspect.KindTCPData:        data,
	inspect.KindTLSMalformed:   malformed,
	inspect.KindTLSVerify:      verification,
	inspect.KindTLSDiff:        helloDifference,
	inspect.KindTLSEstablished: established,
	inspect.KindDiagnosis:      diagnosis,
	inspect.KindLoss:           loss,
	inspect.KindConnClose:      connClose,

	inspect.KindHTTPRequest:     httpRequest,
	inspect.KindHTTPResponse:    httpResponse,
	inspect.KindHTTPRequestEnd:  httpEnd,
	inspect.KindHTTPResponseEnd: httpEnd,
	inspect.KindHTTPExchange:    httpExchange,
	inspect.KindHTTPAnomaly:     trouble,
	inspect.KindHTTPFailed:      trouble,
	inspect.KindHTTPDifference:  difference,
	inspect.KindWSMessage:       webSocketMessage,
	inspect.KindSSEEvent:        serverSentEvent,
	inspect.KindGRPCMessage:     grpcMessage,
	inspect.KindH2Frame:         h2Frame,
}

// ofRun are the kinds that belong to no connection.
var ofRun = map[inspect.Kind]bool{inspect.KindRunStart: true, inspect.KindRunEnd: true}

// Parse makes an event of a line, which it does not alias.
func Parse(line []byte) (*inspect.Event, error) {
	if err := check(line); err != nil {
		return nil, err
	}
	m, err := parseMembers(line)
	if err != nil {
		return nil, fmt.Errorf("saved: %w", err)
	}
	e := &inspect.Event{Kind: inspect.Kind(m.str("event"))}
	if m.err == nil && e.Kind == "" {
		return nil, fmt.Errorf("saved: no event: it has no `event`")
	}
	read, known := readers[e.Kind]
	if m.err == nil && !known {
		// An unknown kind may have an envelope of its own: nothing in it is an error.
		e.Conn = m.uint("conn", 1<<64-1)
		e.Time, _ = time.Parse(time.RFC3339Nano, m.str("time"))
		e.Body = &inspect.Unknown{Line: bytes.Clone(bytes.TrimSpace(line))}
		return e, nil
	}
	m.envelope(e)
	if m.err == nil {
		e.Body = read(&m, e)
	}
	if m.err != nil {
		return nil, fmt.Errorf("saved: %w", m.err)
	}
	return e, nil
}

// check tells where a line stops being JSON.
func check(line []byte) error {
	if json.Valid(line) {
		return nil
	}
	var v json.RawMessage
	err := json.Unmarshal(line, &v)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("saved: not JSON, from byte %d on: %w", syntax.Offset, err)
	}
	return fmt.Errorf("saved: not JSON: %w", err)
}

// envelope reads the keys that all events have.
func (m *members) envelope(e *inspect.Event) {
	at := m.str("time")
	t, err := time.Parse(time.RFC3339Nano, at)
	switch {
	case at == "":
		m.fail("time", "is missing")
	case err != nil:
		m.fail("time", "is no time as in 2006-01-02T15:04:05.000000000Z")
	}
	e.Time = t.UTC()
	e.Conn = m.uint("conn", 1<<64-1)
	if e.Conn == 0 && !ofRun[e.Kind] {
		m.fail("conn", "is missing")
	}
	e.Leg, e.From, e.To = m.leg("leg"), m.party("from"), m.party("to")
	e.No = m.count("no")
}

func runStart(m *members, _ *inspect.Event) any {
	return &inspect.RunStart{Version: m.str("version"), PID: m.count("pid"), Listen: m.str("listen"), CASHA256: m.str("ca_sha256"), Files: m.strings("files")}
}

func runEnd(m *members, _ *inspect.Event) any {
	return &inspect.RunEnd{Connections: m.uint("connections", most), Duration: m.duration("duration_ms")}
}

func connOpen(m *members, _ *inspect.Event) any {
	return &inspect.ConnOpen{
		Client: m.str("client"), Target: m.str("target"), Via: inspect.Via(m.str("via")),
		Mode: inspect.Mode(m.str("mode")), UserAgent: m.str("user_agent"), Hidden: m.str("secrets") == "hidden",
	}
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func data(m *members, e *inspect.Event) any {
	d := &inspect.Data{
		Length: m.count("length"), Records: m.count("records"), Wire: m.count("wire"),
		Reason: m.str("reason"), ALPN: m.str("alpn"), Early: m.flag("early"), Truncated: m.flag("truncated"),
	}
	if d.Reason != "" {
		return d
	}
	if m.get("text") != nil {
		d.Bytes = []byte(m.str("text"))
	} else {
		d.Bytes = m.bytes("base64")
	}
	switch {
	case len(d.Bytes) > d.Length:
		m.fail("length", "is less than the %d bytes that are there", len(d.Bytes))
	case len(d.Bytes) < d.Length:
		d.Truncated = true
	}
	if d.Truncated {
		d.Sum = m.uint("crc32c", 1<<32-1)
	} else {
		d.Sum = uint64(crc32.Checksum(d.Bytes, castagnoli))
	}
	return d
}

func malformed(m *members, _ *inspect.Event) any {
	return &inspect.Malformed{
		ContentType: tlswire.ContentType(m.uint("content_type", 255)), Length: m.count("length"), Wire: m.count("wire"),
		Bytes: m.bytes("base64"), Reason: m.str("reason"),
	}
}

func verification(m *members, _ *inspect.Event) any {
	return &inspect.Verification{
		OK: m.flag("ok"), Insecure: m.flag("insecure"), Code: m.str("code"), Error: m.str("error"), Chain: m.strings("chain"),
	}
}

func established(m *members, _ *inspect.Event) any {
	version, suite, group := m.agreed()
	return &inspect.Established{
		Version: version, CipherSuite: suite, Group: group,
		ServerName: m.str("server_name"), ALPN: m.str("alpn"), Resumed: m.flag("resumed"), HelloRetry: m.flag("hello_retry"),
		ClientCertAsk: m.flag("client_certificate_requested"), ClientCertSent: m.flag("client_certificate_sent"),
		EncryptedHello: m.flag("ech_accepted"), Duration: m.duration("duration_ms"), Proof: legProofs(m),
	}
}

// agreed reads what two ends of a leg have agreed on.
func (m *members) agreed() (tlswire.Version, tlswire.CipherSuite, tlswire.NamedGroup) {
	version, _ := m.code("version", 1<<16-1)
	suite, _ := m.code("cipher_suite", 1<<16-1)
	group, _ := m.code("group", 1<<16-1)
	return tlswire.Version(version), tlswire.CipherSuite(suite), tlswire.NamedGroup(group)
}

func diagnosis(m *members, _ *inspect.Event) any {
	d := &inspect.Diagnosis{
		Code: inspect.Cause(m.str("code")), Confidence: inspect.Confidence(m.str("confidence")),
		Subject: m.str("subject"), Evidence: m.str("evidence"),
	}
	if n, ok := m.code("alert", 255); ok {
		alert := tlswire.AlertDescription(n)
		d.Alert = &alert
	}
	return d
}

func loss(m *members, _ *inspect.Event) any {
	return &inspect.Loss{Bytes: m.count64("bytes"), Reason: inspect.LossReason(m.str("reason"))}
}

func connClose(m *members, _ *inspect.Event) any {
	c := &inspect.ConnClose{
		Cause: inspect.Cause(m.str("cause")), Error: m.str("error"), Mode: inspect.Mode(m.str("mode")),
		Duration: m.duration("duration_ms"),
	}
	m.elements("flows", func(v []byte) {
		f, err := parseMembers(v)
		if err != nil {
			m.mistyped("flows", "objects", v)
			return
		}
		c.Flows = append(c.Flows, inspect.FlowTotal{
			Leg: f.leg("leg"), From: f.party("from"), To: f.party("to"), Bytes: f.count64("bytes"),
			Records: f.count64("records"), Messages: f.count64("messages"), Data: f.count64("data"),
		})
		m.within("flows", &f)
	})
	return c
}
