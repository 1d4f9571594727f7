package inspect

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/internal/outside"
)

// program finds a program, or skips the test.
func program(t testing.TB, name string) string {
	return outside.Program(t, name, "what it says is not dissected; crypto/tls is, and what was recorded")
}

// opensslRun is one conversation of openssl s_client with s_server.
type opensslRun struct {
	name           string
	client, server []string // options
	steps          []step
	before         int      // connections with a session that comes from the first of them
	early          bool     // early data are sent
	text           string   // which; earlyText if it is empty
	strip          string   // key log lines to leave out, as a regular expression
	add            string   // a key log line of its own; %x is the client's random
	want           []string // proofs
	closed         string   // why early data may stay closed
	log            []byte   // the client's key log, as it was written
}

// talk is a line to the server, which sends it back reversed.
func talk(text string) step {
	back := []byte(text)
	slices.Reverse(back)
	return step{"client", text, "client", "^" + string(back) + "$"}
}

// opensslRuns are turns of the handshake that crypto/tls cannot take.
func opensslRuns() []opensslRun {
	both := func(args ...string) []string { return args }
	ok := func(proofs ...string) []string { return proofs }
	fin := "Finished finished verified"
	cert, ske, cv := "Certificate chain verified", "Server Key Exchange signature verified", "Certificate Verify signature verified"
	noPremaster := "Finished extended_master_secret not checked: the premaster secret is not known"
	return []opensslRun{
		{name: "renegotiation", client: both("-tls1_2"), server: both("-tls1_2", "-client_renegotiation", "-rev"),
			steps: []step{talk("before"), {"client", "R", "client", "RENEGOTIATING"}, talk("after")},
			want: ok(cert, ske, fin, noPremaster, fin,
				"Client Hello renegotiation_info verified", "Server Hello renegotiation_info verified", cert, ske, fin, noPremaster, fin)},
		{name: "RSA key exchange, binding of the master secret", client: both("-tls1_2", "-cipher", "AES128-SHA"), server: both("-tls1_2", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, fin, "Finished extended_master_secret verified", fin)},
		{name: "RSA key exchange, premaster secret alone", client: both("-tls1_2", "-cipher", "AES128-SHA"), server: both("-tls1_2", "-rev"), strip: "^CLIENT_RANDOM",
			steps: []step{talk("hello")}, want: ok(cert, fin, "Finished extended_master_secret verified", fin)},
		{name: "client certificate of RSA-PSS", client: both("-tls1_3", "-cert", "%s/pss.pem", "-key", "%s/pss.key"), server: both("-tls1_3", "-verify", "1", "-verify_quiet"),
			steps: []step{{"client", "hello", "server", "hello"}, {"server", "world", "client", "world"}}, want: ok(cert, cv, fin, cert, cv, fin)},
		{name: "client certificate in TLS 1.1", client: both("-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-cert", "%s/rsa.pem", "-key", "%s/rsa.key"),
			server: both("-tls1_1", "-cipher", "ALL:@SECLEVEL=0", "-verify", "1", "-verify_quiet", "-rev"),
			steps:  []step{talk("hello")}, want: ok(cert, ske, cert, cv, fin, noPremaster, fin)},
		{name: "client certificate with SHA-512 in TLS 1.2", client: both("-tls1_2", "-sigalgs", "RSA+SHA512", "-cert", "%s/rsa.pem", "-key", "%s/rsa.key"),
			server: both("-tls1_2", "-verify", "1", "-verify_quiet", "-client_sigalgs", "RSA+SHA512", "-rev"),
			steps:  []step{talk("hello")}, want: ok(cert, ske, cert, cv, fin, noPremaster, fin)},
		{name: "Ed25519", client: both("-tls1_2"), server: both("-cert", "%s/ed25519.pem", "-key", "%s/ed25519.key", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, ske, fin, noPremaster, fin)},
		{name: "Ed448", client: both("-tls1_3"), server: both("-cert", "%s/ed448.pem", "-key", "%s/ed448.key", "-rev"),
			steps: []step{talk("hello")}, want: ok("Certificate chain not checked: this signature algorithm is not supported: 1.3.101.113",
				"Certificate Verify signature not checked: keys of this kind are not supported: 1.3.101.113", fin, fin)},
		{name: "DSA", client: both("-tls1_2", "-cipher", "ALL:@SECLEVEL=0"), server: both("-tls1_2", "-cert", "%s/dsa.pem", "-key", "%s/dsa.key", "-cipher", "ALL:@SECLEVEL=0", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, ske, fin, noPremaster, fin)},
		{name: "RSA of 512 bits", client: both("-tls1", "-cipher", "ALL:@SECLEVEL=0"), server: both("-tls1", "-cert", "%s/short.pem", "-key", "%s/short.key", "-cipher", "ALL:@SECLEVEL=0", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, ske, fin, noPremaster, fin)},
		{name: "a chain", client: both("-tls1_3"), server: both("-cert", "%s/leaf.pem", "-key", "%s/leaf.key", "-cert_chain", "%s/chain.pem", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, cv, fin, fin)},
		{name: "a chain with its root, in another order", client: both("-tls1_3"), server: both("-cert", "%s/leaf.pem", "-key", "%s/leaf.key", "-cert_chain", "%s/reversed.pem", "-rev"),
			steps: []step{talk("hello")}, want: ok(cert, cv, fin, fin)},
		{name: "a leaf alone", client: both("-tls1_3"), server: both("-cert", "%s/leaf.pem", "-key", "%s/leaf.key", "-rev"),
			steps: []step{talk("hello")}, want: ok("Certificate chain not checked: its issuer's certificate was not sent", cv, fin, fin)},
		{name: "certificate after the handshake", client: both("-tls1_3", "-enable_pha", "-cert", "%s/rsa.pem", "-key", "%s/rsa.key"), server: both("-tls1_3"),
			steps: []step{{"client", "before", "server", "before"}, {"server", "c", "", ""}, {"client", "between", "server", "between"},
				{"client", "k", "client", "KEYUPDATE"}, {"client", "later", "server", "later"}, {"server", "c", "", ""}, {"client", "after", "server", "after"}},
			want: ok(cert, cv, fin, fin, cert, cv, fin, cert, cv, fin)},
		{name: "external key", client: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-ciphersuites", "TLS_AES_128_GCM_SHA256"), server: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-nocert", "-rev"),
			steps: []step{talk("hello")}, want: ok("Client Hello binder not checked: the pre-shared key is not known", fin, fin)},
		{name: "external key that is known", client: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-ciphersuites", "TLS_AES_128_GCM_SHA256"), server: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-nocert", "-rev"),
			add:   "PRE_SHARED_KEY %x 00112233445566778899aabbccddeeff",
			steps: []step{talk("hello")}, want: ok("Client Hello binder verified", fin, fin)},
		{name: "a wrong external key", client: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-ciphersuites", "TLS_AES_128_GCM_SHA256"), server: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-nocert", "-rev"),
			add:   "PRE_SHARED_KEY %x 10112233445566778899aabbccddeeff",
			steps: []step{talk("hello")}, want: ok("Client Hello binder failed", fin, fin)},
		{name: "external key and a retry", client: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-ciphersuites", "TLS_AES_128_GCM_SHA256", "-groups", "X25519:P-384"),
			server: both("-tls1_3", "-psk", "00112233445566778899aabbccddeeff", "-nocert", "-groups", "P-384", "-rev"), add: "PRE_SHARED_KEY %x 00112233445566778899aabbccddeeff",
			steps: []step{talk("hello")}, want: ok("Client Hello binder verified", "Client Hello binder verified", fin, "Finished hello_retry_transcript verified", fin)},
		{name: "resumption", client: both("-tls1_3"), server: both("-tls1_3", "-rev"), before: 1,
			steps: []step{talk("hello")}, want: ok("Client Hello binder verified", fin, fin)},
		{name: "resumption and a retry", client: both("-tls1_3", "-groups", "X25519:P-384"), server: both("-tls1_3", "-groups", "P-384", "-rev"), before: 1,
			steps: []step{talk("hello")}, want: ok("Client Hello binder verified", "Client Hello binder verified", fin, "Finished hello_retry_transcript verified", fin)},
		{name: "early data", client: both("-tls1_3"), server: both("-tls1_3", "-early_data"), before: 1, early: true,
			steps: []step{{"client", "hello", "server", "hello"}}, want: ok("Client Hello binder verified", fin, fin)},
		{name: "early data without their secret", client: both("-tls1_3"), server: both("-tls1_3", "-early_data"), before: 1, early: true, strip: "EARLY",
			steps: []step{{"client", "hello", "server", "hello"}}, want: ok("Client Hello binder verified", fin, fin), closed: "before the Server Hello"},
		{name: "early data that are turned down", client: both("-tls1_3"), server: both("-tls1_3", "-early_data"), before: 2, early: true,
			steps: []step{{"client", "hello", "server", "hello"}}, want: ok("Client Hello binder verified", cert, cv, fin, fin)},
		{name: "early data that are turned down, without their secret", client: both("-tls1_3"), server: both("-tls1_3", "-early_data"), before: 2, early: true, strip: "EARLY",
			steps: []step{{"client", "hello", "server", "hello"}}, want: ok("Client Hello binder verified", cert, cv, fin, fin), closed: "before the Server Hello"},
		{name: "early data and a retry", client: both("-tls1_3", "-groups", "X25519:P-384"), server: both("-tls1_3", "-early_data", "-groups", "P-384"), before: 1, early: true,
			steps: []step{{"client", "hello", "server", "hello"}}, want: ok("Client Hello binder verified", "Client Hello binder verified", cert, cv, fin, "Finished hello_retry_transcript verified", fin)},
	}
}

// TestOpenSSL dissects what OpenSSL says to itself, with the secrets before the bytes
// that they open and after all of them.
func TestOpenSSL(t *testing.T) {
	path, dir := program(t, "openssl"), opensslFiles(t)
	for _, r := range opensslRuns() {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			rec := r.record(t, path, dir)
			if r.strip == "" {
				checkFlips(t, rec, LegServer, 1)
			}
			for when, rec := range map[string]*recording{"early": rec, "late": rec.late()} {
				if when == "late" && (r.add != "" || r.before > 0) {
					continue // a binder is checked when its hello passes
				}
				events := rec.dissect(LegServer, newMasterStore(4), whole)
				checkAccounted(t, rec, events)
				if got := proofsOf(events); !slices.Equal(got, r.want) {
					t.Errorf("%s: proved\n%s\nnot\n%s", when, strings.Join(got, "\n"), strings.Join(r.want, "\n"))
				}
				r.checkEarly(t, events)
				for _, m := range slices.Concat(messages(events, PartyProxy), messages(events, PartyServer)) {
					if strings.Contains(m, "(") && r.closed == "" {
						t.Errorf("%s: not opened: %s", when, m)
					}
				}
			}
		})
	}
}

// TestPremasterBesideAKey: with a pre-shared key, what a key log has of the RSA key
// exchange is only a part of the premaster secret, and proves nothing.
func TestPremasterBesideAKey(t *testing.T) {
	psk := []string{"-tls1_2", "-psk", "00112233", "-cipher", "RSA-PSK-AES128-GCM-SHA256:@SECLEVEL=0"}
	r := opensslRun{client: psk, server: append(psk, "-rev"), steps: []step{talk("hello")}}
	rec := r.record(t, program(t, "openssl"), opensslFiles(t))
	if !bytes.Contains(r.log, []byte("RSA ")) {
		t.Fatalf("the key log is\n%s", r.log)
	}
	keys := NewKeyStore()
	keys.AddText(r.log)
	got := proofsOf(rec.dissectWith(keys, func(*Dissector, int) {}))
	want := []string{"Certificate chain verified", "Finished finished verified",
		"Finished extended_master_secret not checked: the premaster secret is not known", "Finished finished verified"}
	if !slices.Equal(got, want) {
		t.Errorf("proved %q", got)
	}
}

// checkEarly: early data are told of as such, and what comes after them is not.
func (r *opensslRun) checkEarly(t *testing.T, events []*Event) {
	t.Helper()
	var early, later []byte
	closed := 0
	for _, e := range events {
		switch d, ok := e.Body.(*Data); {
		case !ok || e.From != PartyProxy:
		case d.Reason != "":
			closed++
			if r.closed == "" || !strings.Contains(d.Reason, r.closed) || !d.Early {
				t.Errorf("closed: %+v", d)
			}
		case d.Early:
			early = append(early, d.Bytes...)
		default:
			later = append(later, d.Bytes...)
		}
	}
	if want := r.early && r.closed == ""; want != (string(early) == earlyText) || !want && len(early) > 0 {
		t.Errorf("early data %q", early)
	}
	if (closed > 0) != (r.closed != "") {
		t.Errorf("%d events of closed early data", closed)
	}
	if r.early && string(later) != "hello\n" {
		t.Errorf("data after the handshake %q", later)
	}
}

// TestEarlyExchange: a request in early data is one of the connection's exchanges if the
// server accepts it, and else what the client says again is.
func TestEarlyExchange(t *testing.T) {
	path, dir := program(t, "openssl"), opensslFiles(t)
	const early, again = "GET /early HTTP/1.1\r\nHost: a\r\n\r\n", "GET /again HTTP/1.1\nHost: a\n\n"
	answer := step{"server", "HTTP/1.1 200 OK\nContent-Length: 3\n\nyes", "client", "yes"}
	for before, want := range map[int][]string{1: {"/early 200", "/again 200"}, 2: {"/again 200"}} {
		r := opensslRun{client: []string{"-tls1_3", "-crlf"}, server: []string{"-tls1_3", "-early_data", "-crlf"}, before: before, early: true, text: early}
		if before == 1 {
			r.steps = []step{answer}
		}
		r.steps = append(r.steps, step{"client", again, "server", "/again"}, answer)
		rec := r.record(t, path, dir)
		var got []string
		at := time.Unix(0, 0)
		d := newDissector(1, Meta{}, at, -1, newMasterStore(1), func(e *Event) {
			if x, ok := e.Body.(*application.Exchange); ok {
				s := strings.TrimPrefix(x.Request.URL, "https://a")
				if x.Response != nil {
					s += fmt.Sprintf(" %d", x.Response.Status)
				}
				got = append(got, s)
			}
		})
		d.carried = &carried{d: d}
		for i, p := range rec.parts {
			kind := itemChunk
			if p.secret {
				kind = itemSecret
			}
			d.handle(&item{kind: kind, leg: LegServer, up: p.up, at: at, frame: i + 1, b: bytes.Clone(p.b)}, nil)
		}
		d.close(at, Outcome{Cause: CauseOK}, nil)
		if !slices.Equal(got, want) {
			t.Errorf("after %d connections: %q, not %q", before, got, want)
		}
	}
}

// earlyText is what is sent early.
const earlyText = "before the handshake\n"

// late is the recording with its secrets at the end.
func (r *recording) late() *recording {
	last := &recording{sent: r.sent}
	for _, secrets := range []bool{false, true} {
		for _, p := range r.parts {
			if p.secret == secrets {
				last.parts = append(last.parts, p)
			}
		}
	}
	return last
}
