package inspect

import "tlsmitm/inspect/tlswire"

// AppendJSON appends the event as one JSON object without a line end.
// docs/events.md describes the keys, and events.schema.json beside it is the
// schema. Events of KindSecret, KindSockets and KindBytes append nothing.
func (e *Event) AppendJSON(dst []byte) []byte { return (*Encoder)(nil).Append(dst, e) }

// Append does what AppendJSON does.
func (n *Encoder) Append(dst []byte, e *Event) []byte {
	if e.Kind == KindSecret || e.Kind == KindSockets || e.Kind == KindBytes {
		return dst
	}
	if u, ok := e.Body.(*Unknown); ok {
		return append(dst, u.Line...)
	}
	w := jsonWriter{b: dst, encoder: n}
	w.raw(`{"time":"`)
	w.time(e.Time)
	w.raw(`","event":"`)
	w.raw(string(e.Kind))
	w.raw(`"`)
	if e.Conn != 0 {
		w.uint("conn", e.Conn)
	}
	if e.Leg != "" {
		w.str("leg", string(e.Leg))
	}
	if e.From != "" {
		w.str("from", string(e.From))
		w.str("to", string(e.To))
	}
	if e.No != 0 {
		w.int("no", int64(e.No))
	}
	w.body(e)
	w.raw("}")
	return w.b
}

func (w *jsonWriter) body(e *Event) {
	switch b := e.Body.(type) {
	case *RunStart:
		w.str("version", b.Version)
		w.int("pid", int64(b.PID))
		w.opt("listen", b.Listen)
		w.opt("ca_sha256", b.CASHA256)
		w.strings("files", b.Files)
	case *RunEnd:
		w.uint("connections", b.Connections)
		w.duration(b.Duration)
	case *ConnOpen:
		w.str("client", b.Client)
		w.str("target", b.Target)
		w.str("via", string(b.Via))
		w.str("mode", string(b.Mode))
		w.opt("user_agent", b.UserAgent)
		if b.Hidden {
			w.str("secrets", secretsHidden)
		}
	case *Message:
		w.message(b)
	case *Data:
		w.data(e.Kind, b)
	case *Malformed:
		if b.ContentType != 0 {
			w.uint("content_type", uint64(b.ContentType))
		}
		w.int("length", int64(b.Length))
		w.int("wire", int64(b.Wire))
		w.str("reason", b.Reason)
		w.bytes("base64", b.Bytes)
	case *Verification:
		w.verification(b)
	case *Difference:
		w.difference(b)
	case *Established:
		w.established(b)
	case *Diagnosis:
		w.diagnosis(b)
	case *Loss:
		w.int("bytes", b.Bytes)
		w.str("reason", string(b.Reason))
	case *ConnClose:
		w.close(b)
	default:
		w.carried(b)
	}
}

func (w *jsonWriter) message(m *Message) {
	w.uint("content_type", uint64(m.ContentType))
	if m.HasType {
		w.uint("type", uint64(m.Type))
	}
	w.str("name", m.Name)
	w.bool("encrypted", m.Encrypted)
	w.int("length", int64(m.Length))
	w.int("wire", int64(m.Wire))
	if m.SSL2 {
		w.bool("ssl2", true)
	}
	if m.Inner {
		w.bool("inner", true)
	}
	w.context(m)
	if m.Fields != nil {
		w.key("fields")
		w.b = append(w.b, m.Fields...)
		return
	}
	if !m.Opened() {
		w.str("reason", m.Reason)
		return
	}
	if m.HasType && m.Type == tlswire.HandshakeTypeCertificate {
		w.b = w.encoder.certificate(w.b, m)
	} else {
		w.decoded(m)
	}
	w.proofs(m.Proof)
}

// decoded appends what a message says, and its bytes.
func (w *jsonWriter) decoded(m *Message) {
	w.raw(`,"fields":{`)
	at := len(w.b)
	w.b = tlswire.AppendMessageJSON(w.b, m.Context, m.ContentType, m.Raw)
	w.fingerprints(m, len(w.b) == at)
	w.raw("}")
	w.bytes("raw", m.Raw)
}

// proofs appends what was checked of a message, if anything was.
func (w *jsonWriter) proofs(proofs []Proof) {
	if len(proofs) == 0 {
		return
	}
	w.raw(`,"proof":[`)
	for i, p := range proofs {
		if i > 0 {
			w.raw(",")
		}
		w.raw("{")
		w.proof(p)
	}
	w.raw("]")
}

// proof appends a check to an object that was opened, and closes that.
func (w *jsonWriter) proof(p Proof) {
	w.raw(`"what":`)
	w.quote(string(p.What))
	w.str("status", string(p.Status))
	w.opt("reason", p.Reason)
	w.raw("}")
}

// context appends what was agreed on when a message passed: with its raw bytes,
// it is all that it takes to read the message again.
func (w *jsonWriter) context(m *Message) {
	if m.Context.Version == 0 && m.Group == 0 && !m.Resumed {
		return
	}
	w.key("context")
	w.raw(`{"version":`)
	w.codeValue(uint64(m.Context.Version), m.Context.Version.String())
	w.code("cipher_suite", uint64(m.Context.CipherSuite), m.Context.CipherSuite.String())
	if m.Group != 0 {
		w.code("group", uint64(m.Group), m.Group.String())
	}
	if m.Resumed {
		w.bool("resumed", true)
	}
	if t := m.Context.CertificateType; t != tlswire.CertificateTypeX509 && m.isCertificate() {
		w.code("certificate_type", uint64(t), t.String())
	}
	w.raw("}")
}

// fingerprints appends JA3, JA4 and JA3S to a hello's fields.
func (w *jsonWriter) fingerprints(m *Message, empty bool) {
	comma, raw := ",", w.encoder != nil && w.encoder.RawFingerprints
	if empty {
		comma = ""
	}
	switch {
	case m.ClientHello != nil && !m.SSL2:
		ja3, ja3Raw := m.ClientHello.JA3()
		ja4, ja4Raw := m.ClientHello.JA4()
		w.raw(comma + `"ja3":"` + ja3 + `"`)
		w.str("ja4", ja4)
		if raw {
			w.str("ja3_raw", ja3Raw)
			w.str("ja4_raw", ja4Raw)
		}
	case m.ServerHello != nil:
		ja3s, ja3sRaw := m.ServerHello.JA3S()
		w.raw(comma + `"ja3s":"` + ja3s + `"`)
		if raw {
			w.str("ja3s_raw", ja3sRaw)
		}
	}
}

func (w *jsonWriter) data(kind Kind, d *Data) {
	if kind == KindTLSData {
		w.uint("content_type", uint64(tlswire.ContentTypeApplicationData))
		w.bool("encrypted", true)
		w.int("records", int64(d.Records))
		w.opt("alpn", d.ALPN)
		if d.Early {
			w.bool("early", true)
		}
	}
	w.int("length", int64(d.Length))
	w.int("wire", int64(d.Wire))
	if d.Reason != "" {
		w.str("reason", d.Reason)
		return
	}
	w.shown(d)
	if d.Truncated && d.Sum != 0 {
		w.uint("crc32c", d.Sum)
	}
}

func (w *jsonWriter) verification(v *Verification) {
	w.bool("ok", v.OK)
	if v.Insecure {
		w.bool("insecure", true)
	}
	w.opt("code", v.Code)
	w.opt("error", v.Error)
	w.raw(`,"chain":[`)
	for i, subject := range v.Chain {
		if i > 0 {
			w.raw(",")
		}
		w.quote(subject)
	}
	w.raw("]")
}

func (w *jsonWriter) established(e *Established) {
	w.code("version", uint64(e.Version), e.Version.String())
	w.code("cipher_suite", uint64(e.CipherSuite), e.CipherSuite.String())
	if e.Group != 0 {
		w.code("group", uint64(e.Group), e.Group.String())
	}
	w.opt("server_name", e.ServerName)
	w.opt("alpn", e.ALPN)
	w.bool("resumed", e.Resumed)
	w.bool("hello_retry", e.HelloRetry)
	w.bool("client_certificate_requested", e.ClientCertAsk)
	w.bool("client_certificate_sent", e.ClientCertSent)
	if e.EncryptedHello {
		w.bool("ech_accepted", true)
	}
	w.duration(e.Duration)
	if len(e.Proof) == 0 {
		return
	}
	w.raw(`,"proof":[`)
	for i, p := range e.Proof {
		if i > 0 {
			w.raw(",")
		}
		w.raw(`{"from":"` + string(p.From) + `"`)
		w.str("message", p.Message)
		w.raw(",")
		w.proof(p.Proof)
	}
	w.raw("]")
}

func (w *jsonWriter) diagnosis(g *Diagnosis) {
	w.str("code", string(g.Code))
	w.str("confidence", string(g.Confidence))
	if g.Alert != nil {
		w.code("alert", uint64(*g.Alert), g.Alert.String())
	}
	w.opt("subject", g.Subject)
	w.opt("evidence", g.Evidence)
}

func (w *jsonWriter) close(c *ConnClose) {
	w.str("cause", string(c.Cause))
	w.opt("error", c.Error)
	w.str("mode", string(c.Mode))
	w.duration(c.Duration)
	w.raw(`,"flows":[`)
	for i, f := range c.Flows {
		if i > 0 {
			w.raw(",")
		}
		w.raw(`{"leg":"` + string(f.Leg) + `"`)
		w.str("from", string(f.From))
		w.str("to", string(f.To))
		w.int("bytes", f.Bytes)
		w.int("records", f.Records)
		w.int("messages", f.Messages)
		w.int("data", f.Data)
		w.raw("}")
	}
	w.raw("]")
}
