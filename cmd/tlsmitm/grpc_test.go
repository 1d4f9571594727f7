package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// grpcBoth is a server and a client of grpcio, which is nobody's here. Its arguments
// are a certificate, its key, the proxy and the root to trust. It writes a line of
// JSON for each message and each outcome, as the client saw it.
const grpcBoth = `
import concurrent.futures, json, os, sys
certificate, key, proxy, root = sys.argv[1:]
os.environ.update(https_proxy='http://' + proxy, http_proxy='http://' + proxy, no_proxy='', no_grpc_proxy='')
import grpc
read = lambda name: open(name, 'rb').read()
name = lambda text: b'\x0a' + bytes([len(text)]) + text  # field 1
def get(ask, context):
    if b'none' in ask:
        context.set_trailing_metadata([('details-bin', b'\x00\xff')])
        context.abort(grpc.StatusCode.NOT_FOUND, 'no lamp: 100% «sold»')
    return ask
def list_(ask, context):
    for i in range(ask[-1]):
        yield name(b'lamp %d ' % i * (1 + i % 12))
def chat(asks, context):
    for ask in asks:
        yield ask
server = grpc.server(concurrent.futures.ThreadPoolExecutor(8))
server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('shop.v1.Shop', {
    'Get': grpc.unary_unary_rpc_method_handler(get), 'List': grpc.unary_stream_rpc_method_handler(list_), 'Chat': grpc.stream_stream_rpc_method_handler(chat)})])
port = server.add_secure_port('localhost:0', grpc.ssl_server_credentials([(read(key), read(certificate))]))
server.start()
lines = []  # what is asked is told by another thread
def told(call, way, message):
    lines.append(json.dumps(dict(call=call, way=way, message=message.hex())))
def ended(call, error=None):
    lines.append(json.dumps(dict(call=call, code=error.code().value[0] if error else 0, details=error.details() if error else '')))
def asked(call, asks):
    for ask in asks:
        told(call, 'client', ask)
        yield ask
for kind in grpc.Compression.NoCompression, grpc.Compression.Gzip:
    with grpc.secure_channel('localhost:%d' % port, grpc.ssl_channel_credentials(read(root)), compression=kind) as channel:
        for n, ask in enumerate([name(b'lamp'), name(b'x' * 100), b'', name(b'none'), name(b'y' * 120)]):
            call = '%s get %d' % (kind.name, n)
            told(call, 'client', ask)
            try:
                told(call, 'server', channel.unary_unary('/shop.v1.Shop/Get')(ask, metadata=[('call', call)]))
                ended(call)
            except grpc.RpcError as error:
                ended(call, error)
        call = kind.name + ' list'
        told(call, 'client', b'\x10\x28')
        for answer in channel.unary_stream('/shop.v1.Shop/List')(b'\x10\x28', metadata=[('call', call)]):
            told(call, 'server', answer)
        ended(call)
        call = kind.name + ' chat'
        for answer in channel.stream_stream('/shop.v1.Shop/Chat')(asked(call, [name(b'z' * n) for n in range(50)]), metadata=[('call', call)]):
            told(call, 'server', answer)
        ended(call)
server.stop(None)
print('\n'.join(lines))
`

// pythonWith finds an interpreter that has a module, or skips the test.
func pythonWith(t *testing.T, module string) string {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		if exec.Command(python, "-c", "import "+module).Run() == nil {
			return python
		}
	}
	if os.Getenv("TLSMITM_REQUIRE_TOOLS") == "1" {
		t.Fatalf("Python has no module %s, and TLSMITM_REQUIRE_TOOLS=1", module)
	}
	t.Skipf("Python has no module %s: this comparison with it is left out", module)
	return ""
}

// TestGRPCIsWhatTheClientSaw holds the messages and the outcomes of calls against what
// another implementation has seen of them.
func TestGRPCIsWhatTheClientSaw(t *testing.T) {
	python := pythonWith(t, "grpc")
	o := makeOrigin(t)
	dir := t.TempDir()
	schema := filepath.Join(dir, "shop.proto")
	check(t, os.WriteFile(schema, []byte(`syntax = "proto3"; package shop.v1;
message Lamp { string name = 1; int32 count = 2; }
service Shop { rpc Get(Lamp) returns (Lamp); rpc List(Lamp) returns (stream Lamp); rpc Chat(stream Lamp) returns (stream Lamp); }`), 0o600))
	script := filepath.Join(dir, "both.py")
	check(t, os.WriteFile(script, []byte(grpcBoth), 0o600))
	p := startProxy(t, "--upstream-ca", o.ca, "--proto", schema)
	both := startProgram(t, python, nil, script, filepath.Join(o.dir, "ecdsa.pem"), filepath.Join(o.dir, "ecdsa-key.pem"), p.addr, p.ca)
	both.wait()
	type line struct {
		Call, Way, Message, Details string
		Code                        *int
	}
	said, want := map[string][]string{}, map[string]string{}
	for text := range strings.Lines(both.output()) {
		var l line
		check(t, json.Unmarshal([]byte(text), &l))
		if l.Code != nil {
			want[l.Call] = fmt.Sprint(*l.Code, " ", l.Details)
		} else {
			said[l.Call+" from the "+l.Way] = append(said[l.Call+" from the "+l.Way], l.Message)
		}
	}
	if len(want) != 14 {
		t.Fatalf("%d calls were made", len(want))
	}
	p.awaitExchanges(len(want))
	calls, told, compressed := map[string]string{}, map[string][]string{}, 0
	for _, e := range p.read() {
		var x struct {
			Exchange    string
			Request     sentMessage
			MessageType string `json:"message_type"`
			Message     map[string]any
			Base64      []byte
			Compressed  bool
			Status      struct{ Value int } `json:"grpc_status"`
			Details     string              `json:"grpc_message"`
		}
		switch e.Event {
		case "http.request", "http.exchange", "grpc.message":
			check(t, json.Unmarshal([]byte(e.line), &x))
		}
		switch e.Event {
		case "http.request":
			calls[x.Exchange] = x.Request.header("call")
		case "http.exchange":
			if got := fmt.Sprint(x.Status.Value, " ", x.Details); got != want[calls[x.Exchange]] {
				t.Errorf("%s has ended with %s, and is told to have with %s", calls[x.Exchange], want[calls[x.Exchange]], got)
			}
		case "grpc.message":
			at := calls[x.Exchange] + " from the " + e.From
			told[at] = append(told[at], fmt.Sprintf("%x", x.Base64))
			if x.Compressed {
				compressed++
			}
			name, _ := x.Message["name"].(string)
			if x.MessageType != "shop.v1.Lamp" || name != "" && !bytes.Contains(x.Base64, []byte(name)) || name == "" && len(x.Base64) > 2 {
				t.Errorf("%s: %s %v, of %q", at, x.MessageType, x.Message, x.Base64)
			}
		case "http.failed", "http.anomaly", "loss":
			t.Errorf("told: %s", e.line)
		}
	}
	for at, messages := range said {
		if strings.Join(told[at], " ") != strings.Join(messages, " ") {
			t.Errorf("%s: told of\n%s\nnot\n%s", at, told[at], messages)
		}
		delete(told, at)
	}
	if len(told) > 0 || compressed == 0 {
		t.Errorf("told of %v besides, %d messages are compressed", told, compressed)
	}
}
