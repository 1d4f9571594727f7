package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Option is a setting that a flag and an environment variable can give, too.
type Option struct {
	Flag  string // without the dashes
	Field string // the path of its field in the file; "" for --config itself
	Value string // what stands for the value in the help; "" for a switch
	Usage string
	// Choices are the values that can be completed, if they can be counted.
	Choices []string
}

// FlagConfig is the flag that names the file.
const FlagConfig = "config"

// Options returns every option, in the order of the help.
func Options() []Option {
	return []Option{
		{FlagConfig, "", "FILE", usageConfig, nil},
		{"listen", "listen", "ADDR", usageListen, nil},
		{"allow-remote", "allow_remote", "", usageAllowRemote, nil},
		{"ca-dir", "ca_dir", "DIR", usageCADir, nil},
		{"upstream-ca", "upstream.ca_files", "FILE", usageUpstreamCA, nil},
		{"view", "view", "VIEW", usageView, []string{"table", "detail", "lines", "http", "none"}},
		{"bytes", "bytes", "", usageBytes, nil},
		{"show", "show", "WHAT", usageShow, []string{"line", "head", "body", "all"}},
		{"filter", "filter", "EXPR", usageFilter, nil},
		{"json", "json", "FILE", usageJSON, nil},
		{"raw-fingerprints", "raw_fingerprints", "", usageRawFingerprints, nil},
		{"har", "har", "FILE", usageHAR, nil},
		{"keylog", "keylog", "FILE", usageKeyLog, nil},
		{"pcap", "pcap", "FILE", usagePCAP, nil},
		{"policy", "policy.default", "ACTION", usagePolicy, []string{"intercept", "observe", "tunnel", "refuse"}},
		{"client-keylog", "client_keylog", "FILE", usageClientKeyLog, nil},
		{"lang", "lang", "LANG", usageLang, []string{"en", "zh"}},
		{"data-bytes", "data_bytes", "N", usageDataBytes, nil},
		{"body-bytes", "http.body_bytes", "SIZE", usageBodyBytes, nil},
		{"both-legs", "http.both_legs", "", usageBothLegs, nil},
		{"h2-frames", "http.frames", "", usageFrames, nil},
		{"show-secrets", "secrets.show", "", usageShowSecrets, nil},
		{"proto", "http.proto", "FILE", usageProto, nil},
		{"log-level", "log_level", "LEVEL", usageLogLevel, []string{"trace", "debug", "info", "warn", "error"}},
		{"log-format", "log_format", "FORMAT", usageLogFormat, []string{"console", "json"}},
	}
}

// Only returns the named options, in the order of Options.
func Only(flags ...string) []Option {
	var some []Option
	for _, o := range Options() {
		for _, f := range flags {
			if o.Flag == f {
				some = append(some, o)
			}
		}
	}
	return some
}

// Env is the environment variable that gives the option.
func (o Option) Env() string {
	return "TLSMITM_" + strings.ToUpper(strings.ReplaceAll(o.Flag, "-", "_"))
}

// DefaultText is the option's default as the help shows it, "" for none.
func DefaultText(o Option) string {
	c := Default()
	if o.Field == "" {
		return ""
	}
	switch v := field(&c, o.Field); v.Kind() {
	case reflect.String, reflect.Int:
		return fmt.Sprint(v.Interface())
	default:
		return ""
	}
}
