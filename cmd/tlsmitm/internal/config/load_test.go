package config

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func env(vars map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := vars[name]; return v, ok }
}

// sample is a value other than the default for each option.
var sample = map[string]string{
	"listen": "127.0.0.1:1", "allow-remote": "true", "bytes": "true", "raw-fingerprints": "true", "ca-dir": "d", "upstream-ca": "u", "view": "none", "json": "j",
	"filter": "status == 200", "show": "all", "har": "h", "body-bytes": "2KiB", "both-legs": "true", "show-secrets": "true", "h2-frames": "true", "proto": "p",
	"keylog": "k", "pcap": "c.pcapng", "policy": "tunnel", "client-keylog": "c", "lang": "zh", "data-bytes": "1", "log-level": "debug", "log-format": "json",
}

func TestEveryOptionIsAFlagAVariableAndAField(t *testing.T) {
	for _, o := range Options() {
		if o.Flag == FlagConfig {
			continue
		}
		was := Default()
		for from, in := range map[string]Input{
			"flag --" + o.Flag:       {Options: Options(), Flags: map[string][]string{o.Flag: {sample[o.Flag]}}},
			"environment " + o.Env(): {Options: Options(), LookupEnv: env(map[string]string{o.Env(): sample[o.Flag]})},
		} {
			s, err := Load(in)
			if err != nil {
				t.Errorf("%s: %v", from, err)
				continue
			}
			got := field(&s.Config, o.Field).Interface()
			if reflect.DeepEqual(got, field(&was, o.Field).Interface()) {
				t.Errorf("%s left %s as it was", from, o.Field)
			}
			if s.Source(o.Field).String() != from {
				t.Errorf("%s is said to come from %s", from, s.Source(o.Field))
			}
		}
	}
}

func TestFlagBeatsEnvironmentBeatsFileBeatsDefault(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.yaml")
	if err := os.WriteFile(name, []byte("lang: zh\nview: lines\nlog_level: error\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(Input{
		Options: Options(),
		Flags:   map[string][]string{"view": {"none"}},
		LookupEnv: env(map[string]string{
			"TLSMITM_CONFIG": name, "TLSMITM_VIEW": "table", "TLSMITM_LOG_LEVEL": "debug", "TLSMITM_LANG": "",
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string][2]string{
		"view":       {"none", "flag --view"},
		"log_level":  {"debug", "environment TLSMITM_LOG_LEVEL"},
		"lang":       {"zh", name + ":1"}, // the variable is empty, so unset
		"log_format": {"console", "default"},
	} {
		if got := field(&s.Config, path).String(); got != want[0] || s.Source(path).String() != want[1] {
			t.Errorf("%s is %s from %s, want %s from %s", path, got, s.Source(path), want[0], want[1])
		}
	}
}

func TestWhoTellsItsSecretsIsObserved(t *testing.T) {
	name := filepath.Join(t.TempDir(), "c.yaml")
	for _, c := range []struct{ file, flags, want string }{
		{"", "client-keylog=k", "observe"},
		{"client_keylog: k", "", "observe"},
		{"policy: {observe: [a.example]}", "client-keylog=k", "intercept"},
		{"policy: {default: tunnel, observe: [a.example]}", "client-keylog=k", "tunnel"},
		{"policy: {default: observe}", "client-keylog=k", "observe"},
		{"client_keylog: k", "policy=observe", "observe"},
		{"policy: {default: intercept}", "client-keylog=k", "nothing is observed: add --policy observe"},
		{"client_keylog: k", "policy=tunnel", "nothing is observed: add --policy observe"},
		{"policy: {default: observe}", "", "`policy.default` is `observe`, which needs the secrets"},
		{"", "policy=observe", "flag --policy is `observe`, which needs the secrets"},
		{"policy: {observe: [a.example]}", "", "`policy.observe` has hosts to observe, which needs the secrets"},
		{"{keylog: ./k, client_keylog: k}", "", "`client_keylog` names the same file as `keylog`"},
		{"", "client-keylog=-", "flag --client-keylog wants the file"},
	} {
		if err := os.WriteFile(name, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		in := Input{Options: Options(), Flags: map[string][]string{"config": {name}}}
		if flag, value, given := strings.Cut(c.flags, "="); given {
			in.Flags[flag] = []string{value}
		}
		s, err := Load(in)
		switch {
		case err != nil && !strings.Contains(err.Error(), c.want):
			t.Errorf("%q %q: %v", c.file, c.flags, err)
		case err == nil && string(s.Policy.Default) != c.want:
			t.Errorf("%q %q: the default is %s, not %s", c.file, c.flags, s.Policy.Default, c.want)
		}
	}
}

func TestTwoOutputsAreNeverOneFile(t *testing.T) {
	for _, c := range []struct {
		flags map[string][]string
		want  string
	}{
		{map[string][]string{"pcap": {"a"}, "json": {"./a"}}, "flag --json names the same file as `pcap`"},
		{map[string][]string{"pcap": {"a"}, "keylog": {"a"}}, "flag --pcap names the same file as `keylog`"},
		{map[string][]string{"pcap": {"a"}, "client-keylog": {"a"}}, "flag --client-keylog names the same file as `pcap`: that one is written here"},
		{map[string][]string{"pcap": {"-"}, "json": {"-"}}, "flag --json and `pcap` cannot both be standard output"},
		{map[string][]string{"pcap": {"-"}, "json": {"a"}}, ""},
		{map[string][]string{"pcap": {"a"}, "json": {"-"}, "keylog": {"b"}}, ""},
	} {
		_, err := Load(Input{Options: Options(), Flags: c.flags})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, not %s", c.flags, err, c.want)
		}
	}
}

func TestListsComeWholeFromOneSource(t *testing.T) {
	sep := string(os.PathListSeparator)
	vars := map[string]string{"TLSMITM_UPSTREAM_CA": "a.pem" + sep + sep + "b.pem"}
	for name, c := range map[string]struct {
		flags map[string][]string
		want  []Path
	}{
		"variable": {nil, []Path{"a.pem", "b.pem"}},
		"flags":    {map[string][]string{"upstream-ca": {"c.pem", "d.pem"}}, []Path{"c.pem", "d.pem"}},
	} {
		s, err := Load(Input{Options: Options(), Flags: c.flags, LookupEnv: env(vars)})
		if err != nil || !reflect.DeepEqual(s.Upstream.CAFiles, c.want) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}
}

func TestProblemsOfFlagsAndVariablesNameThem(t *testing.T) {
	_, err := Load(Input{
		Options:   Options(),
		Flags:     map[string][]string{"view": {"lins"}},
		LookupEnv: env(map[string]string{"TLSMITM_LANG": "zz", "TLSMITM_VIEW": "worse", "TLSMITM_CONFIG": "/nowhere/c.yaml"}),
	})
	want := "the settings have 3 problems:\n" +
		"  environment TLSMITM_CONFIG names `/nowhere/c.yaml`, which does not exist: check the path\n" +
		"  flag --view wants table, detail, lines, http or none, not `lins`; did you mean `lines`?\n" +
		"  environment TLSMITM_LANG wants en or zh, not `zz`"
	if err == nil || strings.Split(err.Error(), "; did you mean `zh`")[0] != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestOnlyTheCommandsOwnOptionsAreRead(t *testing.T) {
	s, err := Load(Input{Options: Only("ca-dir"), LookupEnv: env(map[string]string{
		"TLSMITM_CA_DIR": "d", "TLSMITM_VIEW": "wrong", "TLSMITM_CONFIG": "/nowhere",
	})})
	if err != nil || s.CADir != "d" {
		t.Errorf("%v, %v", s, err)
	}
}

func TestTildeIsTheHomeDirectory(t *testing.T) {
	t.Setenv("HOME", "/home/ada")
	for in, want := range map[string]string{"~": "/home/ada", "~/x/y": "/home/ada/x/y", "~bob": "~bob", "a~/b": "a~/b"} {
		s, err := Load(Input{Options: Options(), Flags: map[string][]string{"ca-dir": {in}}})
		if err != nil || string(s.CADir) != filepath.FromSlash(want) {
			t.Errorf("%s: %v, %v", in, s, err)
		}
	}
}

// TestOnlySomeFieldsOfAFile: a command that is given the file of the proxy takes what
// concerns it, and writes nothing where the proxy does.
func TestOnlySomeFieldsOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte("json: run.jsonl\nview: lines\npolicy:\n  tunnel: [a.example]\nsecrets:\n  fields: [pin]\n  show: true\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Load(Input{Options: Only(FlagConfig, "view", "json", "show-secrets"), Flags: map[string][]string{FlagConfig: {path}, "view": {"http"}}, OfFile: []string{"secrets."}})
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.View, want.Secrets = ViewHTTP, Secrets{Show: true, Fields: []Text{"pin"}}
	if !reflect.DeepEqual(s.Config, want) || s.Source("json").Given() || s.Source("policy.tunnel[0]").Given() || s.Source("secrets.fields").File != path {
		t.Errorf("got %+v\nwant %+v", s.Config, want)
	}
}
