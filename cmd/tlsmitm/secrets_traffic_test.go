package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/fxamacker/cbor/v2"
	"google.golang.org/protobuf/encoding/protowire"
)

// secretive is a conversation with a secret of its own in every place where secrets
// are looked for.
type secretive struct {
	origin origin
	base   string
	proto  string // a file that names the fields of the gRPC messages
	values map[string]string
	random *rand.Rand
	// exchanges is how many there were.
	exchanges int
}

// secret is the one of a place.
func (s *secretive) secret(place string) string {
	if s.values[place] == "" {
		const letters = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"
		b := make([]byte, 26)
		for i := range b {
			b[i] = letters[s.random.IntN(len(letters))]
		}
		b[9], b[17] = '/', '+' // which have other forms in URLs
		s.values[place] = string(b)
	}
	return s.values[place]
}

func (s *secretive) jwt(place string) string {
	if s.values[place] == "" {
		payload := fmt.Sprintf(`{"sub":"%d"}`, s.random.Uint64())
		s.values[place] = "eyJhbGciOiJIUzI1NiJ9." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".c2lnbmF0dXJlLW9mLWl0"
	}
	return s.values[place]
}

const secretProto = `syntax = "proto3";
package vault;
service Vault { rpc Open(Key) returns (Box); }
message Key { string user = 1; string password = 2; }
message Box { string title = 1; string access_token = 2; }
`

func newSecretive(t *testing.T) *secretive {
	s := &secretive{origin: makeOrigin(t), values: map[string]string{}, random: rand.New(rand.NewPCG(7, 7))}
	s.proto = filepath.Join(t.TempDir(), "vault.proto")
	check(t, os.WriteFile(s.proto, []byte(secretProto), 0o600))
	for _, place := range []string{"gzipped", "set-cookie", "location", "sse", "grpc answer", "ws down", "xml", "nested", "large", "reason"} {
		s.secret(place) // before servers and clients share them
	}
	s.jwt("jwt down")
	s.base = webOrigin(t, s.origin, http.HandlerFunc(s.answer))
	return s
}

// answer is the server's side.
func (s *secretive) answer(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/socket" {
		io.Copy(io.Discard, r.Body)
	}
	h := w.Header()
	h.Set("Set-Cookie", "sid="+s.values["set-cookie"]+"; Path=/; HttpOnly")
	switch r.URL.Path {
	case "/events":
		h.Set("Content-Type", "text/event-stream")
		fmt.Fprintf(w, "event: login\ndata: {\"user\":\"ann\",\"token\":%q}\n\n", s.values["sse"])
	case "/vault.Vault/Open":
		h.Set("Content-Type", "application/grpc")
		h.Set("Trailer", "Grpc-Status, Grpc-Message")
		w.Write(framed("title of it", s.values["grpc answer"]))
		h.Set("Grpc-Status", "0")
		h.Set("Grpc-Message", "password="+url.QueryEscape(s.values["reason"]))
	case "/xml":
		h.Set("Content-Type", "application/xml")
		fmt.Fprintf(w, "<user><name>ann</name><password>%s</password></user>", s.values["xml"])
	case "/large":
		h.Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"fill":%q,"client_secret":%q}`, strings.Repeat("fill ", 10_000), s.values["large"])
	case "/socket":
		s.socket(w)
	default:
		h.Set("Location", "https://localhost/back?access_token="+url.QueryEscape(s.values["location"]))
		h.Set("Content-Type", "application/json")
		h.Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		fmt.Fprintf(z, `{"user":"ann","access_token":%q,"note":"it is %s","inner":"{\"password\":\"%s\"}"}`, s.values["gzipped"], s.values["jwt down"], s.values["nested"])
		z.Close()
	}
}

// messagePack is a map with a password, in MessagePack.
func messagePack(password string) string {
	return "\x82\xa4user\xa3ann\xa8password" + string([]byte{0xa0 | byte(len(password))}) + password
}

func littleEndian(units []uint16) string {
	var b []byte
	for _, u := range units {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return string(b)
}

// framed is a gRPC message of two strings.
func framed(first, second string) []byte {
	var m []byte
	for i, v := range []string{first, second} {
		m = protowire.AppendString(protowire.AppendTag(m, protowire.Number(i+1), protowire.BytesType), v)
	}
	return append(binary.BigEndian.AppendUint32([]byte{0}, uint32(len(m))), m...)
}

// socket answers on a WebSocket what comes, with a secret of its own.
func (s *secretive) socket(w http.ResponseWriter) {
	c, in, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer c.Close()
	io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n")
	text := fmt.Sprintf(`{"kind":"welcome","session_id":%q}`, s.values["ws down"])
	c.Write(append([]byte{0x81, byte(len(text))}, text...))
	c.Write([]byte{0x88, 0})
	io.Copy(io.Discard, in)
}

// converse has a client say and hear all of it.
func (s *secretive) converse(t *testing.T, p *proxyUnderTest, protocol string) {
	client := &http.Client{Transport: p.webTransport(t, protocol), Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	send := func(path, mediaType, body string) {
		t.Helper()
		s.exchanges++
		req, err := http.NewRequest("POST", s.base+path, strings.NewReader(body))
		check(t, err)
		req.Header.Set("Content-Type", mediaType)
		req.Header.Set("Authorization", "Bearer "+s.secret("bearer"))
		req.Header.Set("Cookie", "theme=dark; sid="+s.secret("cookie"))
		req.Header.Set("X-Api-Key", s.secret("api key"))
		req.Header.Set("Referer", "https://localhost/?token="+url.QueryEscape(s.secret("referer")))
		req.Header.Set("X-Acme", s.secret("configured header"))
		if path == "/form" {
			req.SetBasicAuth("ann", s.secret("basic"))
		}
		req.Header.Add("Proxy-Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte("ann:"+s.secret("proxy authorization"))))
		resp, err := client.Do(req)
		check(t, err)
		_, err = io.ReadAll(resp.Body)
		check(t, err)
		resp.Body.Close()
	}
	send("/login?page=2&api_key="+url.QueryEscape(s.secret("query")), "application/json", fmt.Sprintf(`{"user":"ann","password":%q,"pin_of_mine":%q}`, s.secret("json"), s.secret("configured field")))
	send("/form", "application/x-www-form-urlencoded", "user=ann&password="+url.QueryEscape(s.secret("form")))
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	check(t, form.WriteField("user", "ann"))
	check(t, form.WriteField("password", s.secret("multipart")))
	check(t, form.Close())
	send("/form", form.FormDataContentType(), b.String())
	send("/text", "text/plain", "a token of theirs: "+s.jwt("jwt up")+", and acme-"+s.secret("pattern"))
	send("/graphql", "application/json", fmt.Sprintf(`{"query":"mutation { login(user: \"ann\", password: \"%s\") { id } }","variables":{"password":%q}}`, s.secret("graphql"), s.secret("variable")))
	send("/xml", "application/xml", "<a/>")
	packed, err := cbor.Marshal(map[string]any{"user": "ann", "login": map[string]string{"password": s.secret("cbor")}})
	check(t, err)
	send("/packed", "application/cbor", string(packed))
	send("/packed", "application/msgpack", messagePack(s.secret("messagepack")))
	wide := utf16.Encode([]rune(fmt.Sprintf(`{"user":"ann","password":%q}`, s.secret("utf-16"))))
	send("/wide", "application/json; charset=utf-16le", littleEndian(wide))
	send("/large", "application/json", "{}")
	send("/events", "text/plain", "-")
	send("/vault.Vault/Open", "application/grpc-web+proto", string(framed("ann of the vault", s.secret("grpc-web"))))
	if protocol == "h2" {
		send("/vault.Vault/Open", "application/grpc", string(framed("ann of the vault", s.secret("grpc"))))
		return
	}
	s.overSocket(t, p)
}

// overSocket sends a message over a WebSocket, masked with zeros so that its text is
// what passes, and reads the answer.
func (s *secretive) overSocket(t *testing.T, p *proxyUnderTest) {
	s.exchanges++
	c := p.secured(t, strings.TrimPrefix(s.base, "https://"))
	defer c.Close()
	io.WriteString(c, "GET /socket?ticket="+url.QueryEscape(s.secret("socket query"))+" HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(c)
	answer, err := http.ReadResponse(in, nil)
	check(t, err)
	if answer.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("answered %s", answer.Status)
	}
	packed := messagePack(s.secret("ws binary"))
	c.Write(append([]byte{0x82, 0x80 | byte(len(packed)), 0, 0, 0, 0}, packed...))
	text := fmt.Sprintf(`{"kind":"hello","auth_token":%q}`, s.secret("ws up"))
	c.Write(append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...))
	c.Write([]byte{0x88, 0x80, 0, 0, 0, 0})
	check(t, c.CloseWrite())
	_, err = io.Copy(io.Discard, in)
	check(t, err)
}
