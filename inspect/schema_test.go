package inspect

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/httpmsg"
	"tlsmitm/inspect/tlswire"
)

func eventSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	b, err := os.ReadFile("../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("events.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("events.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// oneOfEach are events with every key set, of every kind that live traffic in
// TestSchema does not bring.
func oneOfEach() []*Event {
	alert := tlswire.AlertUnknownCA
	at := time.Now()
	on := func(kind Kind, body any) *Event {
		return &Event{Time: at, Kind: kind, Conn: 1, Leg: LegServer, From: PartyServer, To: PartyProxy, No: 3, Body: body}
	}
	return []*Event{
		{Time: at, Kind: KindRunStart, Body: &RunStart{Version: "v", PID: 1, Listen: "127.0.0.1:8080", CASHA256: strings.Repeat("0a", 32)}},
		{Time: at, Kind: KindRunEnd, Body: &RunEnd{Connections: 1, Duration: time.Second}},
		on(KindTLSMalformed, &Malformed{ContentType: 22, Length: 3, Wire: 8, Bytes: []byte("abc"), Reason: "why"}),
		on(KindTLSVerify, &Verification{Insecure: true, Code: "expired", Error: "why", Chain: []string{"CN=a", "CN=\"b\"\x00\xff"}}),
		on(KindTLSVerify, &Verification{OK: true}),
		on(KindTCPData, &Data{Length: 20, Wire: 20, Bytes: []byte("grüße\r\n\t\xe4"), Truncated: true}),
		on(KindTCPData, &Data{Length: 2, Wire: 2, Bytes: []byte{0, 1}}),
		on(KindTLSData, &Data{Length: 20, Wire: 25, Records: 1, Reason: "closed"}),
		on(KindTLSMessage, &Message{ContentType: 22, Name: "Encrypted Handshake Message", Encrypted: true, Reason: "closed", Length: 4, Wire: 9, Context: tlswire.Context{FromServer: true}}),
		{Time: at, Kind: KindDiagnosis, Conn: 1, Leg: LegClient, Body: &Diagnosis{Code: CauseClientRejected, Confidence: Certain, Alert: &alert, Subject: "curl", Evidence: "x"}},
		{Time: at, Kind: KindDiagnosis, Conn: 1, Body: &Diagnosis{Code: CauseDialFailed, Confidence: Certain}},
		{Time: at, Kind: KindLoss, Conn: 1, Leg: LegClient, From: PartyClient, To: PartyProxy, Body: &Loss{Bytes: 3, Reason: LossQueueFull}},
		{Time: at, Kind: KindLoss, Conn: 1, Body: &Loss{Reason: LossPanic}},
		on(KindTLSDiff, &Difference{}),
		on(KindTLSDiff, &Difference{
			Versions:     OnlyIn[tlswire.Version]{Client: []tlswire.Version{0x0301, 0x0999}},
			CipherSuites: OnlyIn[tlswire.CipherSuite]{Proxy: []tlswire.CipherSuite{0x1301}, Reordered: true},
			Extensions:   OnlyIn[tlswire.ExtensionType]{Client: []tlswire.ExtensionType{0, 1}, Proxy: []tlswire.ExtensionType{2}},
			ALPN:         OnlyIn[string]{Client: []string{"h2", "\"\xff"}, Proxy: []string{"x"}},
			ClientName:   "a.example", ProxyName: "", Effects: []Effect{EffectFingerprint, EffectServerName},
		}),
		on(KindTLSData, &Data{Length: 20, Wire: 42, Records: 1, Bytes: []byte("a"), Truncated: true, Sum: 0xfedcba98, ALPN: "h2"}),
	}
}

// exchangeEvents are events about exchanges, once with every key set and once with
// as few as can be.
func exchangeEvents() (events []*Event) {
	at := time.Now()
	ref := application.Ref{Exchange: "1.1", Protocol: httpmsg.HTTP2, Stream: 1}
	fields := httpmsg.Fields{{Name: "a", Value: "b"}, {Name: "\xff", Value: "\x00"}}
	odd := []httpmsg.Anomaly{{Code: "bare_lf", Detail: "x"}, {Code: "obs_fold"}}
	full := application.Message{
		Method: "GET", URL: "https://a/", Status: 200, Reason: "OK", Headers: fields, Trailers: fields, Promised: true,
		Interim: []application.Interim{{Status: 103, Headers: fields}, {Status: 100}}, Anomalies: odd, Cut: application.CutNoAnswer, HeadBytes: 9,
		Body: &application.Body{Size: 3, DecodedSize: 9, Encoding: []string{"br", "gzip"}, Kind: "text", Description: "d", Charset: "c",
			Bytes: []byte("text"), Truncated: true, Hidden: true, Error: "e"},
	}
	binary := &application.Body{Size: 1, DecodedSize: 1, Bytes: []byte{0}}
	minus := application.Timings{Started: at, Request: -1, FirstByte: -1}
	for _, body := range []any{
		&application.Request{Ref: ref, Message: full}, &application.Request{Ref: ref},
		&application.Response{Ref: ref, Message: full, FirstByte: 1}, &application.Response{Ref: ref, FirstByte: -1},
		&application.MessageEnd{Ref: ref, Request: true, Body: binary, Trailers: fields, Cut: "c"}, &application.MessageEnd{Ref: ref},
		&application.Exchange{Ref: ref, Request: full, Response: &full, Switched: "websocket", GRPC: &application.GRPCStatus{Code: 5, Name: "NOT_FOUND", Message: "m"}},
		&application.Exchange{Ref: ref, Timings: minus},
		&application.WebSocketMessage{Ref: ref, Index: 1, Opcode: 8, Kind: "close", Length: 2, DecodedSize: 4, Compressed: true, Fragments: 2,
			CloseCode: 1000, CloseReason: "r", Bytes: []byte("x"), Truncated: true, Anomalies: []string{"a"}, Cut: true},
		&application.WebSocketMessage{Ref: ref, Index: 1, Kind: "binary", Bytes: []byte{0}},
		&application.ServerSentEvent{Ref: ref, Index: 1, Kind: "message", Type: "message", ID: "i", Retry: 1, Data: "d", Truncated: true, Unfinished: true},
		&application.ServerSentEvent{Ref: ref, Index: 1, Kind: "comment", Retry: -1},
		&application.GRPCMessage{Ref: ref, Path: "/a/b", Index: 1, Compressed: true, Type: "a.B", Fields: `{"a":1}`, JSON: true, Hidden: true, Error: "e"},
		&application.GRPCMessage{Ref: ref, Path: "/a/b", Index: 1, Bytes: []byte{1}, Fields: "1: 2", Truncated: true},
		&application.Frame{Ref: ref, Frame: httpmsg.Frame{Type: 4, Name: "SETTINGS", Flags: 1, Length: 6, Summary: "s"}},
		&application.Trouble{Ref: ref, Failed: true, Reason: "r"}, &application.Trouble{Ref: ref, Anomalies: odd},
		&application.Difference{Ref: ref, What: "request"},
	} {
		e := &Event{Time: at, Kind: kindOf(body), Conn: 1, Leg: LegClient, From: PartyClient, To: PartyProxy, No: 2, Body: body}
		if e.Kind == KindHTTPExchange {
			e.From, e.To = "", ""
		}
		events = append(events, e)
	}
	return events
}

// TestSchema holds the published schema against everything that is emitted.
func TestSchema(t *testing.T) {
	schema := eventSchema(t)
	events := append(oneOfEach(), exchangeEvents()...)
	for _, s := range setups() {
		if s.sessions == 0 && !strings.HasPrefix(s.name, "TLS 1.1") {
			events = append(events, s.run(t).dissect(legOf(s), newMasterStore(4), whole)...)
		}
	}
	for _, path := range capturedPaths(t, "testdata/captures/*.txt") {
		events = append(events, readCaptured(t, path).dissect(LegDirect, newMasterStore(4), whole)...)
	}
	seen := map[Kind]bool{}
	for _, e := range events {
		line := e.AppendJSON(nil)
		if e.Kind == KindSecret {
			if len(line) > 0 {
				t.Errorf("a secret was written: %s", line)
			}
			continue
		}
		seen[e.Kind] = true
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(line))
		if err != nil {
			t.Errorf("%v\n%s", err, line)
			continue
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
	}
	var published struct {
		Properties struct {
			Event struct{ Enum []Kind }
		}
	}
	b, err := os.ReadFile("../docs/events.schema.json")
	if err == nil {
		err = json.Unmarshal(b, &published)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range published.Properties.Event.Enum {
		if !seen[kind] && kind != KindConnOpen {
			t.Errorf("the schema has %s, but nothing here emits it", kind)
		}
	}
}

// TestSchemaRefuses shows that the schema can fail.
func TestSchemaRefuses(t *testing.T) {
	schema := eventSchema(t)
	good := string(oneOfEach()[7].AppendJSON(nil))
	for _, change := range [][2]string{
		{`"event":"tls.data"`, `"event":"tls.date"`},
		{`"leg":"server"`, `"leg":"left"`},
		{`"no":3`, `"no":0`},
		{`"records":1,`, ``},
		{`"reason":"closed"`, `"reason":"closed","text":"open"`},
		{`"length":20`, `"length":"20"`},
	} {
		bad := strings.Replace(good, change[0], change[1], 1)
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(bad))
		if err != nil || bad == good {
			t.Fatalf("%v: %s", err, bad)
		}
		if schema.Validate(v) == nil {
			t.Errorf("accepted: %s", bad)
		}
	}
}

// TestKeysKeepTheirKind holds events to one kind of JSON value for each key, so
// that programs can read every line into one struct.
func TestKeysKeepTheirKind(t *testing.T) {
	b, err := os.ReadFile("../docs/events.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	type definition struct {
		Ref        string `json:"$ref"`
		Type       string
		Const      any
		Enum       []any
		Properties map[string]json.RawMessage
	}
	var schema struct {
		Definitions map[string]definition `json:"$defs"`
	}
	if err := json.Unmarshal(b, &schema); err != nil {
		t.Fatal(err)
	}
	kind := func(raw json.RawMessage) string {
		var d definition
		if json.Unmarshal(raw, &d) != nil {
			return "" // true: it is said elsewhere what it may be
		}
		d.Enum = append(d.Enum, d.Const)
		if name, ok := strings.CutPrefix(d.Ref, "#/$defs/"); ok {
			d = schema.Definitions[name]
		}
		if d.Type == "integer" {
			return "number"
		}
		if d.Type != "" || len(d.Enum) == 0 || d.Enum[0] == nil {
			return d.Type
		}
		switch d.Enum[0].(type) {
		case string:
			return "string"
		case bool:
			return "boolean"
		}
		return "number"
	}
	type use struct{ event, kind string }
	first := map[string]use{}
	for event, d := range schema.Definitions {
		if !strings.Contains(event, ".") && event != "diagnosis" && event != "loss" {
			continue
		}
		for key, raw := range d.Properties {
			if event == "run.start" && key == "version" {
				continue // of the program; elsewhere it is one of TLS
			}
			is, was := use{event, kind(raw)}, first[key]
			if is.kind == "" {
				continue
			}
			if was.kind != "" && was.kind != is.kind {
				t.Errorf("%q is a %s in %s and a %s in %s", key, is.kind, is.event, was.kind, was.event)
			}
			first[key] = is
		}
	}
	if len(first) < 50 {
		t.Errorf("only %d keys were found", len(first))
	}
}
