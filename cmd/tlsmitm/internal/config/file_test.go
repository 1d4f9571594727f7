package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// load reads text as the file config.yaml.
func load(t *testing.T, text string) (*Settings, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("config.yaml", []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return Load(Input{Options: Options(), Flags: map[string][]string{"config": {"config.yaml"}}})
}

func TestFileSetsEveryKindOfField(t *testing.T) {
	s, err := load(t, `
listen: "[::1]:0"
allow_remote: true
json: "-"
data_bytes: all
upstream:
  ca_files: [a.pem, b.pem]
  insecure_hosts: ["*.test", 10.0.0.1]
policy: {default: tunnel, intercept: [example.com]}
tls:
  min_version: 1.0
limits: {idle: 1m30s, connections: 7, shutdown_grace: 0s}
inspect:
  queue_bytes: 1 MiB
  overflow: drop
  signatures_per_second: all
`)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Listen, want.AllowRemote, want.JSON, want.DataBytes = "[::1]:0", true, "-", All
	want.Upstream = Upstream{CAFiles: []Path{"a.pem", "b.pem"}, InsecureHosts: []Pattern{"*.test", "10.0.0.1"}}
	want.Policy = Policy{Default: ActionTunnel, Intercept: []Pattern{"example.com"}}
	want.TLS.MinVersion = VersionTLS10
	want.Limits.Idle, want.Limits.Connections, want.Limits.ShutdownGrace = Duration(90*time.Second), 7, 0
	want.Inspect = Inspect{QueueBytes: 1 << 20, Overflow: OverflowDrop, SignaturesPerSecond: Unbounded}
	if !reflect.DeepEqual(s.Config, want) {
		t.Errorf("got  %+v\nwant %+v", s.Config, want)
	}
	if got := s.Source("upstream.insecure_hosts[1]").String(); got != "config.yaml:8" {
		t.Errorf("the second insecure host comes from %s, want config.yaml:8", got)
	}
}

func TestFileThatSaysNothingIsTheDefault(t *testing.T) {
	for name, text := range map[string]string{
		"empty":              "",
		"comments":           "# nothing\n\n# here\n",
		"a document of null": "---\n",
		"fields left empty":  "listen:\nlimits:\n  idle:\npolicy:\n  tunnel: # - a\n",
		"byte order mark":    "\ufefflisten: 127.0.0.1:8080\n",
		"empty lists":        "policy: {tunnel: [], refuse: []}\n",
	} {
		t.Run(name, func(t *testing.T) {
			s, err := load(t, text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(s.Config, Default()) {
				t.Errorf("got %+v", s.Config)
			}
		})
	}
}

func TestFileProblemsNamePlaceAndRemedy(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"misspelt":          {"\nlistn: 127.0.0.1:1", "config.yaml:2:1: unknown field `listn` at the top level; did you mean `listen`?"},
		"misspelt inside":   {"limits:\n  idel: 1m", "config.yaml:2:3: unknown field `idel` in `limits`; did you mean `idle`?"},
		"nothing like it":   {"zzzzzz: 1", "config.yaml:1:1: unknown field `zzzzzz` at the top level"},
		"wrong section":     {"insecure_hosts: [a]", "config.yaml:1:1: unknown field `insecure_hosts` at the top level; did you mean `upstream.insecure_hosts`?"},
		"a flag's name":     {"upstream-ca: a", "config.yaml:1:1: unknown field `upstream-ca` at the top level; did you mean `upstream.ca_files`?"},
		"hyphen":            {"data-bytes: 1", "config.yaml:1:1: unknown field `data-bytes` at the top level; did you mean `data_bytes`?"},
		"doubled":           {"view: none\nlang: en\nview: table", "config.yaml:3:1: `view` was already given in line 1: keep one"},
		"enum":              {"view: tabel", "config.yaml:1:7: `view` wants table, detail, lines, http or none, not `tabel`; did you mean `table`?"},
		"version":           {"tls: {min_version: 1.4}", "config.yaml:1:20: `tls.min_version` wants 1.0, 1.1, 1.2 or 1.3, not `1.4`; did you mean `1.0`?"},
		"duration":          {"limits: {dial: 10}", "config.yaml:1:16: `limits.dial` wants a duration such as 10s, 500ms or 2m, not `10`"},
		"negative":          {"limits: {dial: -1s}", "config.yaml:1:16: `limits.dial` wants a duration such as 10s, 500ms or 2m, not `-1s`"},
		"zero":              {"limits:\n  header: 0s", "config.yaml:2:11: `limits.header` must be more than 0"},
		"count":             {"limits: {connections: many}", "config.yaml:1:23: `limits.connections` wants a whole number, not `many`"},
		"bool":              {"allow_remote: yes", "config.yaml:1:15: `allow_remote` wants true or false, not `yes`"},
		"bare port":         {"listen: 8081", "config.yaml:1:9: `listen` wants an address with a port, not `8081`: write `127.0.0.1:8081`"},
		"no port":           {"listen: localhost", "config.yaml:1:9: `listen` wants an address with a port, not `localhost`: write `localhost:8080`"},
		"big port":          {"listen: 127.0.0.1:70000", "config.yaml:1:9: `listen` wants a port from 0 to 65535 (0: any free one), not `70000`"},
		"list for a value":  {"view: [table]", "config.yaml:1:7: `view` wants one value, not a list"},
		"value for a list":  {"policy: {tunnel: a}", "config.yaml:1:18: `policy.tunnel` wants a list, not `a`"},
		"value for fields":  {"limits: 3s", "config.yaml:1:9: `limits` wants fields of its own, not `3s`"},
		"bad entry":         {"policy:\n  refuse:\n  - a\n  - https://b", "config.yaml:4:5: `policy.refuse[1]` wants a host (`example.com`), the hosts under one (`*.example.com`), an IP address or `*`, with or without a port, not `https://b`: leave the scheme and the path out"},
		"data":              {"data_bytes: some", "config.yaml:1:13: `data_bytes` wants a number of bytes or `all`, not `some`"},
		"size":              {"inspect: {queue_bytes: 1MB}", "config.yaml:1:24: `inspect.queue_bytes` wants a number of bytes, or one with KiB, MiB or GiB, not `1MB`"},
		"small queue":       {"inspect: {queue_bytes: 1KiB}", "config.yaml:1:24: `inspect.queue_bytes` must be at least 64KiB"},
		"secrets on stdout": {"keylog: '-'", "config.yaml:1:9: `keylog` wants a file, not `-`: secrets do not belong among the output"},
		"one file for two":  {"json: ./x\nkeylog: x", "config.yaml:1:7: `json` names the same file as `keylog`: give each its own"},
		"two documents":     {"view: none\n---\nview: table", "config.yaml:2:1: a second YAML document begins here: keep one"},
		"a list":            {"- view", "config.yaml:1:1: the file must hold fields, like `listen: 127.0.0.1:8080`, not a list"},
		"a word":            {"view", "config.yaml:1:1: the file must hold fields, like `listen: 127.0.0.1:8080`, not `view`"},
		"a strange name":    {"? [a]\n: b", "config.yaml:1:3: a field's name must be plain text, not a list"},
		"no YAML":           {"view: none\n\tlang: en", "config.yaml:2:1: not valid YAML: found a tab character that violates indentation"},
		"unquoted star":     {"policy:\n  tunnel:\n  - *.example.com", "(text that begins with * or - needs quotes)"},
		"no end":            {"a: 1\nb: [1, 2\nc: 3", "config.yaml:2:1: not valid YAML: did not find expected ',' or ']'"},
		"no anchor":         {"view: none\nlang: *x", "config.yaml:2:1: not valid YAML: unknown anchor 'x' referenced (text that begins with * or - needs quotes)"},
		"unquoted dash":     {"json: -", "(text that begins with * or - needs quotes)"},
		"not text":          {"view: \xff", "config.yaml: not text in UTF-8: save it as such"},
		"several": {"viw: none\nlang: de\nlimits: {idle: soon}", "the settings have 3 problems:\n" +
			"  config.yaml:1:1: unknown field `viw` at the top level; did you mean `view`?\n" +
			"  config.yaml:2:7: `lang` wants en or zh, not `de`\n" +
			"  config.yaml:3:16: `limits.idle` wants a duration such as 10s, 500ms or 2m, not `soon`"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, c.text)
			switch {
			case err == nil:
				t.Fatal("loaded")
			case strings.HasPrefix(c.want, "(") && strings.HasSuffix(err.Error(), c.want):
			case err.Error() != c.want:
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
}

func TestAliasesAreFollowedAndCannotLoop(t *testing.T) {
	s, err := load(t, "policy:\n  tunnel: &banks [a.example]\n  refuse: *banks\n")
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(s.Policy.Refuse, []Pattern{"a.example"}) {
		t.Errorf("refuse = %v", s.Policy.Refuse)
	}
	if _, err := load(t, "limits: &l\n  idle: *l\n"); err == nil {
		t.Error("a value that contains itself was accepted")
	}
}

func TestFileThatCannotBeReadIsSaidSo(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.yaml")
	if err := os.WriteFile(big, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "no.yaml"): "does not exist: check the path",
		dir:                           "is a directory: name the file in it",
		big:                           "is longer than 1024 KiB: that is no settings file",
	} {
		_, err := Load(Input{Options: Options(), Flags: map[string][]string{"config": {path}}})
		if err == nil || !strings.HasPrefix(err.Error(), "flag --config names `"+path) || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func FuzzFile(f *testing.F) {
	f.Add("view: none\nlimits: {idle: 1s}\npolicy: {tunnel: [a]}")
	f.Add("limits: &l\n  idle: *l\n")
	f.Add("? [a]\n: b\n--- x")
	f.Fuzz(func(t *testing.T, text string) {
		got := Default()
		r := file{name: "f", sources: map[string]Source{}}
		r.read([]byte(text), &got)
		for path, src := range r.sources {
			if src.Line < 1 {
				t.Errorf("%s has no line", path)
			}
		}
		for _, p := range r.problems {
			if p.Text == "" {
				t.Error("a problem without words")
			}
		}
	})
}
