package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"runtime"
	"strings"
	"syscall"
	"time"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect/keyfile"
	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/sink"
)

func wrongAs(got string) error { return fmt.Errorf("flag --as wants curl, not `%s`", got) }

func asAndMore() error {
	return errors.New("flag --as writes to standard output by itself: leave --view and --json - out")
}

// failure is what is printed of an error that ends the program.
func failure(err error) string {
	return "tlsmitm: " + strings.TrimPrefix(strings.TrimPrefix(err.Error(), "ca: "), "proxy: ")
}

func unknownCommand(parent, word, near string, hasCommands bool) error {
	switch {
	case near != "":
		return fmt.Errorf("unknown command `%s %s`; did you mean `%s %s`?", parent, word, parent, near)
	case hasCommands:
		return fmt.Errorf("unknown command `%s %s`; `%s --help` lists what there is", parent, word, parent)
	default:
		return fmt.Errorf("`%s` takes no argument, but got `%s`; `%s --help` lists its flags", parent, word, parent)
	}
}

func unknownFlag(flag, command, near string) error {
	if near != "" {
		return fmt.Errorf("unknown flag %s; did you mean --%s?", flag, near)
	}
	return fmt.Errorf("unknown flag %s; `%s --help` lists what there is", flag, command)
}

func flagWithoutValue(name, kind string) error {
	return fmt.Errorf("flag --%s wants a value: --%s %s", name, name, kind)
}

func reachable(address string, from config.Source, port string) error {
	return fmt.Errorf("other machines could reach and use a proxy on `%s` (%s); listen on 127.0.0.1:%s, or add --allow-remote if you mean it",
		address, from, port)
}

func unresolvable(address string, from config.Source, host string) error {
	return fmt.Errorf("cannot listen on `%s` (%s): nothing is known of the name `%s`; give an IP address", address, from, host)
}

func unbindable(address string, from config.Source, err error) error {
	why := fmt.Sprintf("%v", reason(err))
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		why = "another program has that port; stop it, or take any free port with --listen 127.0.0.1:0"
	case errors.Is(err, fs.ErrPermission):
		why = "that takes more rights; choose a port from 1024 on, as in --listen 127.0.0.1:8080"
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		why = "this machine does not have that address; 127.0.0.1 is always there"
	}
	return fmt.Errorf("cannot listen on `%s` (%s): %s", address, from, why)
}

// reason is what the system said, without the operation and the names around it.
func reason(err error) error {
	var path *fs.PathError
	var op *net.OpError
	var call syscall.Errno
	switch {
	case errors.As(err, &call):
		return call
	case errors.As(err, &path):
		return path.Err
	case errors.As(err, &op):
		return op.Err
	default:
		return err
	}
}

func noConfigDir() error {
	return errors.New("there is no configuration directory to keep the CA in, as neither HOME nor XDG_CONFIG_HOME is set; name a directory with --ca-dir DIR")
}

func unusableRoots(from config.Source, path string, err error) error {
	who := from.String() + " names `" + path + "`, which "
	switch {
	case err == nil:
		return errors.New(who + "holds no certificate in PEM form; convert one in DER form with: openssl x509 -inform der -in CERT -out CERT.pem")
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(who + "does not exist; check the path")
	default:
		return fmt.Errorf("%scannot be read: %v", who, reason(err))
	}
}

func captureOnTerminal(from string) error {
	return fmt.Errorf("packets are nothing to read on a terminal (%s); name a file, or pipe them on: tlsmitm --pcap - | wireshark -k -i -", from)
}

func unreadableKeyLog(path string, err error) string {
	why := fmt.Sprint(reason(err))
	switch {
	case errors.Is(err, keyfile.ErrNotRegular):
		why = "it is no regular file; let the client write to one"
	case errors.Is(err, fs.ErrPermission):
		why = "that is not permitted; run the client and tlsmitm as the same user"
	}
	return fmt.Sprintf("cannot read the client's key log `%s`, so nothing that is observed can be opened: %s", path, why)
}

func filterFailed(err error) error {
	return fmt.Errorf("--filter cannot be answered for some, which do not show: %w", err)
}

func badRule(from string, bad *redact.RuleError) error {
	return fmt.Errorf("`secrets.%s` (%s): `%s` %s", bad.List, from, bad.Rule, bad.Reason)
}

func badSchema(from string, err error) error {
	return fmt.Errorf("cannot use what %s names: %w", from, err)
}

func unwritable(from, path string, err error) error {
	who := fmt.Sprintf("cannot write `%s` (%s): ", path, from)
	var open *sink.PermissionError
	switch {
	case errors.As(err, &open):
		return errors.New(who + "it is for secrets, and others may read it; run: chmod 600 " + shellQuoted(path))
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(who + "its directory does not exist; make it first, or choose another")
	case errors.Is(err, fs.ErrPermission):
		return errors.New(who + "you may not; choose another place, or change the permissions")
	case errors.Is(err, syscall.EISDIR):
		return errors.New(who + "it is a directory; name a file in it")
	default:
		return fmt.Errorf("%s%v", who, reason(err))
	}
}

func sinkEnded(name string, err error) error {
	return fmt.Errorf("%s broke off: %w", name, reason(err))
}

// What is logged of a run.
const (
	openToAll          = "other machines can reach this proxy, and use it"
	inspectionPanicked = "a bug in tlsmitm ended the inspection of this connection; its traffic goes on"
)

func stopping(grace config.Duration) string {
	return fmt.Sprintf("stopping: transfers may go on for %v; a second signal ends at once", time.Duration(grace))
}

func sinkFailed(name string, err error) string {
	why := fmt.Sprintf("%v", reason(err))
	if errors.Is(err, syscall.EPIPE) {
		why = "nobody reads it any more"
	}
	return fmt.Sprintf("%s is switched off: %s; traffic goes on", name, why)
}

func sinkBrokeOff(name string, err error) string {
	return fmt.Sprintf("%s broke off: %v", name, reason(err))
}

func unfinished(after time.Duration) error {
	return fmt.Errorf("gave up after %v: what was still to be written is lost", after)
}

var errTrusting = errors.New("a client that trusts nobody accepted the proxy's certificate")

func demoFailed(err error) error {
	return fmt.Errorf("the demonstration broke off: %w", err)
}

func noTempDir(err error) error {
	return fmt.Errorf("cannot make a temporary directory for a throw-away CA: %v; name another place in TMPDIR", reason(err))
}

func noLoopback(err error) error {
	return fmt.Errorf("cannot listen on this machine's loopback address: %v", reason(err))
}

// shellQuoted is s as the shell of this system reads it back.
func shellQuoted(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+:@%,=", r)
	}
	windows := runtime.GOOS == "windows"
	switch {
	case s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) && !(windows && r == '\\') }) < 0:
		return s
	case windows:
		return `"` + s + `"`
	default:
		return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
	}
}
