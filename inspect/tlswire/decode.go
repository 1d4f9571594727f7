package tlswire

import "sync"

// Decode takes a message apart: a handshake message with its header, an alert,
// a change cipher spec, a heartbeat message, or application data. It accepts
// anything: what cannot be read is a leaf of KindMalformed that takes the rest
// of the structure that it stands in. The tree aliases raw.
func Decode(ctx Context, ct ContentType, raw []byte) Field {
	d := treeDecoders.Get().(*treeDecoder)
	tree := d.decode(ctx, ct, raw)
	d.release()
	return tree
}

// AppendMessageJSON appends what Field.AppendJSONFields appends of a decoded message,
// and costs less, since the tree is gone again.
func AppendMessageJSON(dst []byte, ctx Context, ct ContentType, raw []byte) []byte {
	d := treeDecoders.Get().(*treeDecoder)
	if d.lent == nil {
		d.lent = make([]Field, treeLent)
	}
	d.room, d.lending = d.lent, true
	tree := d.decode(ctx, ct, raw)
	dst = tree.AppendJSONFields(dst)
	clear(d.lent[:len(d.lent)-len(d.room)])
	d.lending = false
	d.release()
	return dst
}

func (d *treeDecoder) decode(ctx Context, ct ContentType, raw []byte) Field {
	d.ctx, d.message, d.size = ctx, 0, len(raw)
	s := treeScope{decoder: d, rest: raw, limit: len(raw)}
	name := ct.String()
	switch ct {
	case ContentTypeHandshake:
		if ctx.SSL2 {
			name = s.ssl2()
		} else {
			name = d.handshake(&s)
		}
	case ContentTypeAlert: // RFC 8446 section 6
		treeCode[AlertLevel](&s, "level", 1)
		treeCode[AlertDescription](&s, "description", 1)
	case ContentTypeChangeCipherSpec: // RFC 5246 section 7.1
		treeCode[treeChangeCipherSpec](&s, "type", 1)
	case ContentTypeHeartbeat:
		s.heartbeat()
	default:
		s.remaining(treeData)
	}
	s.finish()
	return Field{Name: name, Length: len(raw), Kind: KindStruct, Fields: d.pop(0)}
}

// treeDecoder is what the decoders of one message share.
type treeDecoder struct {
	ctx     Context
	message HandshakeType // HandshakeTypeHelloRetryRequest for a Server Hello that is one
	size    int           // of the message
	stack   []Field       // of the structures being read, outermost first
	highest int           // that the stack has been
	room    []Field       // allocated for finished structures, and not yet used
	lent    []Field       // room for a tree that nobody keeps
	lending bool          // room is of that
}

// treeDecoders holds decoders for their stacks.
var treeDecoders = sync.Pool{New: func() any { return new(treeDecoder) }}

const (
	treeMaxStack = 1 << 10 // a stack that grew longer is not kept
	treeRoom     = 36      // fields that are allocated at once, at most: about 4 KiB
	treeLent     = 256     // fields of a tree that nobody keeps: those of a large hello
)

// release gives the decoder back, without what its stack points to.
func (d *treeDecoder) release() {
	if cap(d.stack) > treeMaxStack {
		return
	}
	clear(d.stack[:d.highest])
	d.room, d.highest = nil, 0
	treeDecoders.Put(d)
}

// pop takes the fields from mark on off the stack, to where they stay.
func (d *treeDecoder) pop(mark int) []Field {
	top := d.stack[mark:]
	n := len(top)
	if n == 0 {
		return nil
	}
	d.highest = max(d.highest, len(d.stack))
	d.stack = d.stack[:mark]
	if n > len(d.room) {
		more := min(treeRoom, d.size/8)
		if d.lending || mark == 0 || n > more/2 {
			return append([]Field(nil), top...)
		}
		d.room = make([]Field, more)
	}
	fields := d.room[:n:n]
	d.room = d.room[n:]
	copy(fields, top)
	return fields
}

// tls12 says whether the connection speaks TLS 1.2, or it is not known what.
func (d *treeDecoder) tls12() bool { return d.ctx.Version == VersionTLS12 || d.ctx.Version == 0 }

// draft returns the number of the TLS 1.3 draft that the connection speaks, or 0.
func (d *treeDecoder) draft() int { return d.ctx.Version.Draft() }

// handshake reads a handshake message (RFC 8446 section 4) and returns its name.
func (d *treeDecoder) handshake(s *treeScope) string {
	d.message = treeTag[HandshakeType](s, "msg_type", 1)
	f := s.number("length", KindLength, 3)
	if f == nil {
		return ContentTypeHandshake.String()
	}
	length, here := int(f.Uint), len(s.rest)
	body := s.enter(min(length, here))
	d.body(&body)
	body.finish()
	if here < length && !body.broken {
		s.fail("body", "length %d, but %d left", length, here)
	}
	return d.message.String()
}

// body reads what follows the header.
func (d *treeDecoder) body(s *treeScope) {
	switch d.message {
	case HandshakeTypeHelloRequest, HandshakeTypeServerHelloDone, HandshakeTypeEndOfEarlyData:
		// RFC 5246 section 7.4.1.1 and 7.4.5; RFC 8446 section 4.5: they have no body.
	case HandshakeTypeClientHello:
		s.clientHello()
	case HandshakeTypeServerHello:
		s.serverHello()
	case HandshakeTypeHelloVerifyRequest: // RFC 6347 section 4.2.1
		treeCode[Version](s, "server_version", 2)
		s.opaque("cookie", 1)
	case HandshakeTypeNewSessionTicket:
		s.newSessionTicket()
	case HandshakeTypeHelloRetryRequest:
		s.draftHelloRetryRequest()
	case HandshakeTypeEncryptedExtensions: // RFC 8446 section 4.3.1
		s.extensions()
	case HandshakeTypeCertificate:
		s.certificate()
	case HandshakeTypeServerKeyExchange:
		s.serverKeyExchange()
	case HandshakeTypeCertificateRequest:
		s.certificateRequest()
	case HandshakeTypeCertificateVerify:
		s.certificateVerify()
	case HandshakeTypeClientKeyExchange:
		s.clientKeyExchange()
	case HandshakeTypeFinished:
		s.finished()
	case HandshakeTypeCertificateURL:
		s.certificateURL()
	case HandshakeTypeCertificateStatus: // RFC 6066 section 8
		s.certificateStatus()
	case HandshakeTypeSupplementalData:
		s.supplementalData()
	case HandshakeTypeKeyUpdate: // RFC 8446 section 4.6.3
		treeCode[KeyUpdateRequest](s, "request_update", 1)
	case HandshakeTypeCompressedCertificate:
		s.compressedCertificate()
	case HandshakeTypeNextProtocol: // draft-agl-tls-nextprotoneg-04 section 3
		s.text("selected_protocol", 1)
		s.vector("padding", KindPadding, 1)
	case HandshakeTypeMessageHash: // RFC 8446 section 4.4.1
		s.remaining("hash")
	default:
		s.remaining(treeBody)
	}
}
