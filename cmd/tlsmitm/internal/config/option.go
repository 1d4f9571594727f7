package config

import "strings"

// Option is a setting that a flag and an environment variable can give, too.
type Option struct {
	Flag  string // without the dashes
	Field string // the path of its field in the file; "" for --config itself
	Value string // what stands for the value in the help; "" for a switch
	Usage string
}

// FlagConfig is the flag that names the file.
const FlagConfig = "config"

// Options returns every option, in the order of the help.
func Options() []Option {
	return []Option{
		{FlagConfig, "", "FILE", usageConfig},
		{"listen", "listen", "ADDR", usageListen},
		{"allow-remote", "allow_remote", "", usageAllowRemote},
		{"ca-dir", "ca_dir", "DIR", usageCADir},
		{"upstream-ca", "upstream.ca_files", "FILE", usageUpstreamCA},
		{"view", "view", "VIEW", usageView},
		{"json", "json", "FILE", usageJSON},
		{"keylog", "keylog", "FILE", usageKeyLog},
		{"lang", "lang", "LANG", usageLang},
		{"data-bytes", "data_bytes", "N", usageDataBytes},
		{"log-level", "log_level", "LEVEL", usageLogLevel},
		{"log-format", "log_format", "FORMAT", usageLogFormat},
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
