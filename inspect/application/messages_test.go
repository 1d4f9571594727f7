package application

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tlsmitm/inspect/protobuf"
)

// A WebSocket's messages refer to the exchange that opened it, which ends there.
func TestWebSocket(t *testing.T) {
	events := follow(Options{}, secure, 3,
		up("GET /chat HTTP/1.1\nHost: a\nConnection: Upgrade\nUpgrade: websocket\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\n\n"),
		down("HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\nUpgrade: websocket\n\n"),
		piece{true, "\x81\x82\x00\x00\x00\x00hi"},
		piece{false, "\x81\x05hello\x88\x05\x03\xe8bye"},
		piece{true, "\x82\x81\x01\x01\x01\x01\x00"},
	)
	x := of[*Exchange](events)
	if len(x) != 1 || x[0].Switched != "websocket" || x[0].Request.Cut != "" || x[0].Response == nil || x[0].Response.Status != 101 || x[0].Response.Cut != "" {
		t.Fatalf("exchanges %s", dump(events))
	}
	m := of[*WebSocketMessage](events)
	if len(m) != 4 {
		t.Fatalf("%d messages: %s", len(m), dump(events))
	}
	for i, want := range []WebSocketMessage{
		{Ref: x[0].Ref, Index: 1, Opcode: 1, Kind: "text", Length: 2, DecodedSize: 2, Fragments: 1, Text: true},
		{Ref: x[0].Ref, Index: 1, Opcode: 1, Kind: "text", Length: 5, DecodedSize: 5, Fragments: 1, Text: true},
		{Ref: x[0].Ref, Index: 2, Opcode: 8, Kind: "close", Length: 5, CloseCode: 1000, CloseReason: "bye"},
		{Ref: x[0].Ref, Index: 2, Opcode: 2, Kind: "binary", Length: 1, DecodedSize: 1, Fragments: 1},
	} {
		got := m[i]
		if got.Ref != want.Ref || got.Index != want.Index || got.Opcode != want.Opcode || got.Kind != want.Kind || got.Length != want.Length ||
			got.CloseCode != want.CloseCode || got.CloseReason != want.CloseReason || len(got.Anomalies) > 0 || got.Cut {
			t.Errorf("message %d: %+v, want %+v", i, got, want)
		}
	}
	if string(m[0].Bytes) != "hi" || string(m[1].Bytes) != "hello" || string(m[3].Bytes) != "\x01" {
		t.Errorf("contents %q %q %q", m[0].Bytes, m[1].Bytes, m[3].Bytes)
	}
}

// Events of a stream are told as they come, before the stream ends.
func TestServerSentEvents(t *testing.T) {
	events := follow(Options{}, secure, whole,
		up("GET /events HTTP/1.1\nHost: a\n\n"),
		down("HTTP/1.1 200 OK\nContent-Type: text/event-stream; charset=utf-8\nTransfer-Encoding: chunked\n\n"+"16\ndata: one\nid: 7\n\n: hi\n"),
		down("\n12\nevent: tick\ndata: t\n\n0\n\n"),
	)
	var got []string
	for _, e := range events {
		if v, ok := e.Body.(*ServerSentEvent); ok {
			got = append(got, v.Kind+"/"+v.Type+"/"+v.ID+"/"+v.Data)
			if e.Row != 2 && e.Row != 3 || v.Exchange != "7.1" || v.Index != len(got) {
				t.Errorf("event %+v in row %d", v, e.Row)
			}
		}
	}
	if s := strings.Join(got, " "); !strings.HasPrefix(s, "message/message/7/one") || !strings.Contains(s, "comment//") {
		t.Errorf("events %q", got)
	}
}

// wrapped puts a message into gRPC's frame.
func wrapped(flags byte, s string) string {
	return string([]byte{flags, 0, 0, 0, byte(len(s))}) + s
}

func TestGRPC(t *testing.T) {
	proto := filepath.Join(t.TempDir(), "shop.proto")
	text := `syntax = "proto3"; package shop.v1;
message Ask { string name = 1; string password = 2; }
message Answer { int32 price = 1; }
service Shop { rpc Price(Ask) returns (Answer); }`
	if err := os.WriteFile(proto, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	schema, err := protobuf.Load([]string{proto})
	if err != nil {
		t.Fatal(err)
	}
	ask, answer := wrapped(0, "\x0a\x04lamp"), wrapped(0, "\x08\x2a")+wrapped(0x80, "grpc-status: 5\r\ngrpc-message: no%20lamp\r\n")
	pieces := []piece{
		{true, wire("POST /shop.v1.Shop/Price HTTP/1.1\nHost: a\nContent-Type: application/grpc-web+proto\nContent-Length: 11\n\n") + ask},
		{false, wire("HTTP/1.1 200 OK\nContent-Type: application/grpc-web+proto\n\n") + answer},
	}
	empty := []piece{{true, wire("POST /shop.v1.Shop/Price HTTP/1.1\nHost: a\nContent-Type: application/grpc-web+proto\nContent-Length: 5\n\n") + wrapped(0, "")}}
	for name, c := range map[string]struct {
		schema           *protobuf.Schema
		up, down         string
		upType, downType string
	}{
		"by name":   {schema, `{"name":"lamp"}`, `{"price":42}`, "shop.v1.Ask", "shop.v1.Answer"},
		"by number": {nil, `1: {"lamp"}`, "1: 42", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			events := follow(Options{Schema: c.schema}, secure, 4, empty...)
			if m := of[*GRPCMessage](events)[0]; m.Length != 0 || m.Type != c.upType || m.JSON != (c.schema != nil) || m.JSON && m.Fields != "{}" {
				t.Errorf("a message of defaults: %+v", m)
			}
			events = follow(Options{Schema: c.schema}, secure, 4, pieces...)
			m := of[*GRPCMessage](events)
			if len(m) != 2 {
				t.Fatalf("messages: %s", dump(events))
			}
			if !strings.HasPrefix(m[0].Fields, c.up) || !strings.HasPrefix(m[1].Fields, c.down) || m[0].Type != c.upType || m[1].Type != c.downType ||
				m[0].Path != "/shop.v1.Shop/Price" || m[0].Index != 1 || m[0].Length != 6 {
				t.Errorf("messages %+v, %+v", m[0], m[1])
			}
			x := of[*Exchange](events)[0]
			if x.GRPC == nil || *x.GRPC != (GRPCStatus{5, "NOT_FOUND", "no lamp"}) {
				t.Errorf("status %+v", x.GRPC)
			}
		})
	}
}
