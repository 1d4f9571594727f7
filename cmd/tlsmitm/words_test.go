package main

import (
	"os/exec"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionSaysWhatTheToolchainNoted(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.8"}
	set := func(version string, settings ...string) *debug.BuildInfo {
		b := *info
		b.Main.Version = version
		for i := 0; i < len(settings); i += 2 {
			b.Settings = append(b.Settings, debug.BuildSetting{Key: settings[i], Value: settings[i+1]})
		}
		return &b
	}
	for want, info := range map[string]*debug.BuildInfo{
		"tlsmitm devel (go1.26.8, os/arch)":                       set("(devel)"),
		"tlsmitm v1.2.3 (go1.26.8, os/arch)":                      set("v1.2.3"),
		"tlsmitm devel (0123456789ab, go1.26.8, os/arch)":         set("v0.0.0-20260101000000-0123456789ab", "vcs.revision", "0123456789abcdef", "vcs.modified", "false"),
		"tlsmitm devel (0123456789ab+changes, go1.26.8, os/arch)": set("", "vcs.revision", "0123456789abcdef", "vcs.modified", "true"),
	} {
		if got := describe(info, "os/arch"); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
}

func TestShellReadsBackWhatIsQuoted(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("there is no shell to ask")
	}
	for _, s := range []string{"/plain/path.pem", "with space", "it's", `back\slash`, "$HOME", "a;b", "*", "ümlaut", `"`, "", "-n"} {
		out, err := exec.Command(sh, "-c", "printf %s "+shellQuoted(s)).Output()
		if err != nil || string(out) != s {
			t.Errorf("%q is quoted as %s, which the shell reads as %q", s, shellQuoted(s), out)
		}
	}
}

func TestTrustCommandFitsTheSystem(t *testing.T) {
	all := func(string) bool { return true }
	none := func(string) bool { return false }
	fedora := func(dir string) bool { return strings.HasPrefix(dir, "/etc/pki") }
	for _, c := range []struct {
		system string
		has    func(string) bool
		want   string
	}{
		{"darwin", none, "security add-trusted-cert"},
		{"windows", none, "certutil"},
		{"linux", all, "update-ca-certificates"},
		{"linux", fedora, "update-ca-trust"},
	} {
		if got := trustCommand(c.system, "/a b/ca.pem", c.has); !strings.Contains(got, c.want) || !strings.Contains(got, "'/a b/ca.pem'") {
			t.Errorf("%s: %s", c.system, got)
		}
	}
	if got := trustCommand("linux", "/ca.pem", none); got != "" {
		t.Errorf("a system that is not known gets %q", got)
	}
}

func TestEverythingIsSaidInBothLanguages(t *testing.T) {
	for _, pair := range [][2]any{{english, chinese}, {englishStory, chineseStory}} {
		en, zh := reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])
		for i := range en.NumField() {
			name := en.Type().Field(i).Name
			a, b := en.Field(i).String(), zh.Field(i).String()
			if a == "" || b == "" {
				t.Errorf("%s is missing in a language", name)
			}
			if strings.Count(a, "%s") != strings.Count(b, "%s") {
				t.Errorf("%s speaks of more in one language than in the other: %q, %q", name, a, b)
			}
		}
	}
}
