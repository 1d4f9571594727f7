package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// frames is what tshark says of a capture, with no option set but those that make it
// check checksums: the values of the fields, packet by packet.
func frames(t *testing.T, path string, fields ...string) (all []map[string]string) {
	t.Helper()
	args := []string{"-n", "-r", path, "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-T", "fields", "-E", "occurrence=a", "-E", "separator=/t"}
	for _, f := range fields {
		args = append(args, "-e", f)
	}
	cmd := exec.Command("tshark", args...)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "XDG_CONFIG_HOME="+t.TempDir())
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil || strings.Contains(said.String(), "cut short") {
		t.Fatalf("tshark: %v\n%s", err, said.String())
	}
	for line := range strings.Lines(string(out)) {
		frame := map[string]string{}
		for i, v := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			frame[fields[i]] = v
		}
		all = append(all, frame)
	}
	return all
}

// TestCaptureInTshark: tshark opens what is written, decrypted, with no option set: the
// same messages on each leg as were told live, and the HTTP inside.
func TestCaptureInTshark(t *testing.T) {
	needTool(t, "nginx", "curl", "tshark")
	o, root := makeOrigin(t), t.TempDir()
	check(t, os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o644))
	ports := startNginx(t, o, root)
	for _, c := range []struct {
		name, policy, protocol, version string
		listen                          string
		legs                            []string
		http                            string // the field that names the page
	}{
		{"intercept, HTTP/2", "intercept", "h2", "1.3", "127.0.0.1:0", []string{"client", "server"}, "http2.headers.path"},
		{"intercept, HTTP/1.1, TLS 1.2", "intercept", "http/1.1", "1.2", "127.0.0.1:0", []string{"client", "server"}, "http.request.uri"},
		{"intercept, IPv6", "intercept", "http/1.1", "1.3", "[::1]:0", []string{"client", "server"}, "http.request.uri"},
		{"observe", "observe", "h2", "1.3", "127.0.0.1:0", []string{"direct"}, "http2.headers.path"},
		{"observe, TLS 1.2", "observe", "http/1.1", "1.2", "127.0.0.1:0", []string{"direct"}, "http.request.uri"},
		{"tunnel", "tunnel", "h2", "1.3", "127.0.0.1:0", []string{"direct"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path, keys := filepath.Join(dir, "c.pcapng"), filepath.Join(dir, "keys.log")
			args := []string{"--listen", c.listen, "--upstream-ca", o.ca, "--pcap", path, "--policy", c.policy}
			if c.policy == "observe" {
				args = append(args, "--client-keylog", keys)
			}
			p := startProxy(t, args...)
			v := visit{ctx: t.Context(), dir: dir, proxy: p.addr, trust: p.ca, newest: c.version, keylog: keys, url: "https://localhost:" + ports[c.protocol] + "/page.html"}
			if c.policy != "intercept" {
				v.trust = o.ca
			}
			got, err := fetchCurl("--http2")(t, v)
			if err != nil || string(got) != page {
				t.Fatalf("%d bytes, %v", len(got), err)
			}
			p.stop(t, os.Interrupt)
			p.exits(t)
			seenByTshark(t, path, p.read(), c.legs, c.http)
		})
	}
}

func seenByTshark(t *testing.T, path string, events []event, legs []string, http string) {
	t.Helper()
	fields := []string{"frame.interface_name", "frame.comment", "tcp.srcport", "tcp.dstport", "tls.handshake.type", "tls.alert_message.desc",
		"ip.checksum.status", "tcp.checksum.status", "tcp.analysis.flags", "_ws.malformed", "frame.time_epoch"}
	if http != "" {
		fields = append(fields, http)
	}
	all := frames(t, path, fields...)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	last := ""
	for i, f := range all {
		if f["ip.checksum.status"] == "0" || f["tcp.checksum.status"] != "1" || f["tcp.analysis.flags"] != "" || f["_ws.malformed"] != "" {
			t.Errorf("packet %d: %v", i+1, f)
		}
		if f["frame.time_epoch"] < last {
			t.Errorf("packet %d goes back in time", i+1)
		}
		last = f["frame.time_epoch"]
		if !slices.Contains(legs, f["frame.interface_name"]) {
			t.Errorf("packet %d is on %q", i+1, f["frame.interface_name"])
		}
	}
	for _, leg := range legs {
		client, pages := "", 0
		types := map[bool][]string{}
		for _, f := range all {
			if f["frame.interface_name"] != leg {
				continue
			}
			if f["frame.comment"] != "" {
				client = f["tcp.srcport"]
				if want := fmt.Sprintf("tlsmitm conn=1 leg=%s ", leg); !strings.HasPrefix(f["frame.comment"], want) {
					t.Errorf("%q does not begin with %q", f["frame.comment"], want)
				}
			}
			if f["tls.handshake.type"] != "" {
				types[f["tcp.srcport"] == client] = append(types[f["tcp.srcport"] == client], strings.Split(f["tls.handshake.type"], ",")...)
			}
			if strings.Contains(f[http], "/page.html") {
				pages++
			}
		}
		if http != "" && pages != 1 {
			t.Errorf("leg %s: the request is seen %d times", leg, pages)
		}
		for _, fromClient := range []bool{true, false} {
			if got, want := types[fromClient], typesOf(events, leg, fromClient); !slices.Equal(got, want) || len(want) == 0 {
				t.Errorf("leg %s, from the client: %v: tshark saw %s, not %s", leg, fromClient, got, want)
			}
		}
	}
}

// typesOf lists the handshake types that were told of one direction of a leg.
func typesOf(events []event, leg string, fromClient bool) (list []string) {
	for _, e := range events {
		up := e.From == "client" || e.To == "server"
		if e.Event == "tls.message" && e.Leg == leg && up == fromClient && e.Type != nil {
			list = append(list, strconv.Itoa(int(*e.Type)))
		}
	}
	return list
}

// TestCaptureOfPlainHTTP: what has no TLS is there, too.
func TestCaptureOfPlainHTTP(t *testing.T) {
	needTool(t, "tshark", "curl")
	target := serve(t, answerOnce)
	path := filepath.Join(t.TempDir(), "c.pcapng")
	p := startProxy(t, "--pcap", path)
	v := visit{ctx: t.Context(), dir: t.TempDir()}
	for _, tunnel := range []string{"--no-proxytunnel", "--proxytunnel"} {
		if got, err := v.run(t, "curl", "-q", "-sS", tunnel, "-x", "http://"+p.addr, "http://"+target+"/plain"); err != nil || string(got) != "hello" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	p.stop(t, os.Interrupt)
	p.exits(t)
	seen := map[string]int{}
	for _, f := range frames(t, path, "frame.interface_name", "http.request.uri", "http.response.code") {
		if strings.HasSuffix(f["http.request.uri"], "/plain") || f["http.response.code"] == "200" {
			seen[f["frame.interface_name"]]++
		}
	}
	if seen["server"] != 2 || seen["direct"] != 2 || len(seen) != 2 {
		t.Errorf("requests and answers by leg: %v", seen)
	}
}

// TestCaptureSurvivesKill: what passed a second ago is in the file, whatever ends the
// program.
func TestCaptureSurvivesKill(t *testing.T) {
	needTool(t, "tshark")
	o := makeOrigin(t)
	path := filepath.Join(t.TempDir(), "c.pcapng")
	p := startProxy(t, "--upstream-ca", o.ca, "--pcap", path)
	target := echo(t, o.tls(t))
	pingPong(t, p.secured(t, target))
	told := map[string]bool{}
	p.until(func(e event) bool { // the line, there and back, on both legs
		if e.Event == "tls.data" && e.Text != "" {
			told[e.Leg+e.From] = true
		}
		return len(told) == 4
	})
	time.Sleep(time.Second)
	p.cmd.Process.Kill()
	<-p.ended
	for _, leg := range []string{"client", "server"} {
		data := 0
		for _, f := range frames(t, path, "frame.interface_name", "tls.app_data", "tls.handshake.type", "data.data") {
			if f["frame.interface_name"] == leg && f["data.data"] == fmt.Sprintf("%x", "is anybody there?\n") {
				data++
			}
		}
		if data != 2 {
			t.Errorf("leg %s: the data is seen %d times, not on its way there and back", leg, data)
		}
	}
}

// TestCaptureOnAFullDisk: the capture ends, and nothing else.
func TestCaptureOnAFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full to stand for a full disk")
	}
	o := makeOrigin(t)
	p := startProxy(t, "--upstream-ca", o.ca, "--pcap", "/dev/full")
	p.expect("pcap is switched off: no space left on device; traffic goes on")
	pingPong(t, p.secured(t, echo(t, o.tls(t))))
}

// TestCaptureToStandardOutput: packets go there as they come, and nothing else does.
func TestCaptureToStandardOutput(t *testing.T) {
	needTool(t, "tshark")
	bin, err := builtBinary()
	check(t, err)
	out, err := exec.Command(bin, "demo", "--pcap", "-").Output()
	check(t, err)
	path := filepath.Join(t.TempDir(), "c.pcapng")
	check(t, os.WriteFile(path, out, 0o600))
	requests := 0
	for _, f := range frames(t, path, "http.request.method") {
		if f["http.request.method"] == "GET" || f["http.request.method"] == "POST" {
			requests++
		}
	}
	if requests != 4 { // two, on both legs
		t.Errorf("%d requests", requests)
	}
}
