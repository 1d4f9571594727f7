package config

import (
	"errors"
	"fmt"
	"strings"

	"tlsmitm/inspect/nearest"
)

// What the help says of each option.
const (
	usageConfig          = "read settings from this YAML file"
	usageListen          = "address to listen on"
	usageAllowRemote     = "let --listen be reachable from other machines"
	usageCADir           = "directory of the CA (default: tlsmitm in your configuration directory)"
	usageUpstreamCA      = "PEM file of roots to trust for servers, besides the system's (repeatable)"
	usageView            = "what to show live: table, detail, lines, http or none"
	usageBytes           = "with --view detail, show every byte of every message in hexadecimal"
	usageJSON            = "write every event to this file as JSON lines; - is standard output"
	usageRawFingerprints = "in the JSON lines, write beside JA3, JA3S and JA4 the text that each is the digest of"
	usageKeyLog          = "add the TLS secrets of both legs to this file (NSS key log)"
	usagePCAP            = "write what passes on both legs to this file as packets, with the secrets (pcapng); - is standard output"
	usagePolicy          = "what to do with connections that no pattern matches: intercept, observe, tunnel or refuse"
	usageClientKeyLog    = "open observed connections with this file, to which the client writes its TLS secrets (SSLKEYLOGFILE)"
	usageLang            = "language of the notes: en or zh"
	usageDataBytes       = "bytes of application data that a row shows: a number or all"
	usageShow            = "what the http view shows of each exchange: line, head, body or all"
	usageHAR             = "write exchanges to this file as an HTTP archive (HAR 1.2)"
	usageBodyBytes       = "how much of each HTTP body is kept: bytes, or KiB, MiB, GiB"
	usageBothLegs        = "read HTTP on both legs, and tell of differences"
	usageFrames          = "tell of every HTTP/2 frame"
	usageShowSecrets     = "do not hide passwords, tokens and cookies in what is written"
	usageFilter          = "show only what matches, as in 'host.endsWith(\".test\") && status >= 500'"
	usageProto           = "names for gRPC messages: .proto file or descriptor set (repeatable)"
	usageLogLevel        = "least important message to log: trace, debug, info, warn or error"
	usageLogFormat       = "form of log messages: console or json"
)

func severalProblems(n int) string { return fmt.Sprintf("the settings have %d problems:", n) }

// The sentences below follow the name of what they speak of: "flag --view",
// "`view`".

func wrongChoice(got string, names []string) error {
	list := strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
	return fmt.Errorf("wants %s, not `%s`%s", list, got, meant(nearest.Name(got, names)))
}

func wrongAddress(got string) error {
	hint := "127.0.0.1:8080"
	switch {
	case got != "" && strings.Trim(got, "0123456789") == "":
		hint = "127.0.0.1:" + got
	case got != "" && !strings.Contains(got, ":"):
		hint = got + ":8080"
	}
	return fmt.Errorf("wants an address with a port, not `%s`: write `%s`", got, hint)
}

func wrongPort(got string) error {
	return fmt.Errorf("wants a port from 0 to 65535 (0: any free one), not `%s`", got)
}

func noHome(got string) error {
	return fmt.Errorf("wants a path, but the home directory that `%s` stands for is not known: write the whole path", got)
}

func wrongDataBytes(got string) error {
	return fmt.Errorf("wants a number of bytes or `all`, not `%s`", got)
}

func wrongCount(got string) error {
	return fmt.Errorf("wants a number or `all`, not `%s`", got)
}

func wrongDuration(got string) error {
	return fmt.Errorf("wants a duration such as 10s, 500ms or 2m, not `%s`", got)
}

func wrongSize(got string) error {
	return fmt.Errorf("wants a number of bytes, or one with KiB, MiB or GiB, not `%s`", got)
}

func wrongPattern(got, why string) error {
	return fmt.Errorf("wants a host (`example.com`), the hosts under one (`*.example.com`), an IP address or `*`, with or without a port, not `%s`: %s", got, why)
}

const (
	patternEmpty = "it is empty"
	patternStar  = "a star may only stand alone or before the first dot"
	patternURL   = "leave the scheme and the path out"
	patternPort  = "a port is a number from 1 to 65535"
	patternName  = "that is no host's name"
	patternSpace = "write one host for each entry of the list"
)

func wrongBool(got string) error { return fmt.Errorf("wants true or false, not `%s`", got) }

func wrongInt(got string) error { return fmt.Errorf("wants a whole number, not `%s`", got) }

func wrongFilter(err error) error { return fmt.Errorf("has a mistake: %w", err) }

func wrongKind(want, got string) error { return fmt.Errorf("wants %s, not %s", want, got) }

const (
	aValue             = "one value"
	aList              = "a list"
	fieldsOf           = "fields of its own"
	tooSmall           = "must be more than 0"
	harOut             = "wants a file, not `-`: an archive is written from its middle"
	bothOutputs        = "and `pcap` cannot both be standard output: name a file for one"
	keyLogIn           = "wants the file to which the client writes its secrets, not `-`"
	noClientKeyLog     = "is `observe`, which needs the secrets of the client: name the file to which it writes them with `client_keylog` (--client-keylog), or choose tunnel"
	hostsWithoutKeyLog = "has hosts to observe, which needs the secrets of the client: name the file to which it writes them with `client_keylog` (--client-keylog), or move them to `policy.tunnel`"
	nothingObserved    = "names the secrets of a client of which nothing is observed: add --policy observe, or list hosts in `policy.observe`"
	keyLogOut          = "wants a file, not `-`: secrets do not belong among the output"
)

func bothFiles(other string) string {
	return fmt.Sprintf("names the same file as `%s`: give each its own", other)
}

func sameAsWritten(other string) string {
	return "names the same file as `" + other + "`: that one is written here, this one is where the client writes its secrets"
}

func queueTooSmall(least ByteSize) string { return fmt.Sprintf("must be at least %dKiB", least>>10) }

// The sentences below are about the file.

func unknownField(name, section, near string) string {
	where := "at the top level"
	if section != "" {
		where = "in `" + section + "`"
	}
	return fmt.Sprintf("unknown field `%s` %s%s", name, where, meant(near))
}

func doubledField(name string, line int) string {
	return fmt.Sprintf("`%s` was already given in line %d: keep one", name, line)
}

func fieldProblem(name string, err error) string { return fmt.Sprintf("`%s` %v", name, err) }

func strangeName(kind string) string { return "a field's name must be plain text, not " + kind }

func notFields(kind string) string {
	return fmt.Sprintf("the file must hold fields, like `listen: 127.0.0.1:8080`, not %s", kind)
}

const secondDocument = "a second YAML document begins here: keep one"

func notYAML(why, line string) string {
	s := "not valid YAML: " + why
	line, _, _ = strings.Cut(line, " #")
	if strings.Contains(line, "*") || strings.HasSuffix(strings.TrimSpace(line), ": -") {
		s += " (text that begins with * or - needs quotes)"
	}
	return s
}

func notUTF8() string { return "not text in UTF-8: save it as such" }

func unreadable(path string, err error, missing, directory bool) string {
	switch {
	case missing:
		return fmt.Sprintf("names `%s`, which does not exist: check the path", path)
	case directory:
		return fmt.Sprintf("names `%s`, which is a directory: name the file in it", path)
	default:
		var reason interface{ Unwrap() error }
		if errors.As(err, &reason) {
			err = reason.Unwrap()
		}
		return fmt.Sprintf("names `%s`, which cannot be read: %v", path, err)
	}
}

func tooLong(path string, most int) string {
	return fmt.Sprintf("names `%s`, which is longer than %d KiB: that is no settings file", path, most>>10)
}

func meant(near string) string {
	if near == "" {
		return ""
	}
	return "; did you mean `" + near + "`?"
}
