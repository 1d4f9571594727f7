package application

import (
	"bytes"
	"encoding/json"

	"tlsmitm/inspect/grpc"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/protobuf"
)

const (
	// maxFields bounds the text that a message is told in.
	maxFields = 64 << 10
	// maxSearched bounds the text of one in which secrets are looked for.
	maxSearched = 16 << 20
)

// calls tells of the messages of a gRPC call.
func (c *content) calls(h *httpmsg.Head, web, text bool) messages {
	limit := c.e.l.c.options.BodyBytes
	if limit == 0 {
		limit = -1
	}
	o := grpc.Options{Encoding: h.Fields.Get("Grpc-Encoding"), Web: web, Text: text, Limit: limit}
	return grpc.New(o, c.call)
}

// call tells of one message.
func (c *content) call(m grpc.Message) {
	if m.Trailers != nil {
		c.e.trailers(c.direction, m.Trailers)
		return
	}
	told := &GRPCMessage{
		Ref: c.e.Ref, Path: c.e.path, Index: m.Index, Length: m.Length, Compressed: m.Compressed,
		Bytes: m.Data, Truncated: m.Truncated, Error: m.Err,
	}
	c.read(told)
	c.secret = c.secret || told.Hidden
	c.e.l.c.emit(c.direction, told)
}

// read says what a message contains: by the names of the schema, or as numbered
// fields. Secrets are looked for where names are known.
func (c *content) read(m *GRPCMessage) {
	r := c.e.l.c.options.Redact
	defer m.hide(r)
	if m.Error != "" || len(m.Bytes) == 0 && m.Truncated {
		return
	}
	t := c.typeOf(c.e.path)
	if t == nil {
		m.Fields = protobuf.Tree(protobuf.Parse(m.Bytes), maxFields)
		return
	}
	d := t.Decode(m.Bytes, maxFields)
	m.Type, m.Fields = t.Name(), d.Text
	var line bytes.Buffer
	if d.JSON && json.Compact(&line, []byte(d.Text)) == nil {
		m.Fields, m.JSON = line.String(), true
	}
	if !d.JSON && len(d.Text) > maxFields { // what is not shown of the text is still in the bytes
		if all := []byte(t.Decode(m.Bytes, maxSearched).Text); !same(r.Body("application/json", all), all) {
			m.Bytes, m.Hidden = nil, true
		}
	}
}

// typeOf returns the type of the direction's messages; nil if no schema knows it.
func (c *content) typeOf(path string) *protobuf.MessageType {
	schema := c.e.l.c.options.Schema
	if schema == nil {
		return nil
	}
	in, out, ok := schema.Method(path)
	switch {
	case !ok:
		return nil
	case c.direction == Up:
		return in
	}
	return out
}

// grpcStatus is the outcome that trailers tell, if they do.
func (e *exchange) grpcStatus(f httpmsg.Fields) *GRPCStatus {
	code, name, message, ok := grpc.Status(f)
	if !ok {
		return nil
	}
	s := &GRPCStatus{Code: code, Name: name, Message: message}
	s.hide(e.l.c.options.Redact)
	return s
}
