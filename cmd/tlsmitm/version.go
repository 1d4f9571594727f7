package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// version names this build: the module's version, the revision it was built
// from as far as the toolchain noted it, the toolchain and the platform.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{GoVersion: runtime.Version()}
	}
	return describe(info, runtime.GOOS+"/"+runtime.GOARCH)
}

func describe(info *debug.BuildInfo, platform string) string {
	setting := map[string]string{}
	for _, s := range info.Settings {
		setting[s.Key] = s.Value
	}
	v := info.Main.Version
	if v == "" || v == "(devel)" || strings.HasPrefix(v, "v0.0.0-") {
		v = "devel"
	}
	details := []string{info.GoVersion, platform}
	if revision := setting["vcs.revision"]; revision != "" {
		revision = revision[:min(12, len(revision))]
		if setting["vcs.modified"] == "true" {
			revision += "+changes"
		}
		details = append([]string{revision}, details...)
	}
	return fmt.Sprintf("tlsmitm %s (%s)", v, strings.Join(details, ", "))
}
