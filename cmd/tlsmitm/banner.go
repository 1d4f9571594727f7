package main

import (
	"fmt"
	"io"
	"os"
	"runtime"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"tlsmitm/ca"
	"tlsmitm/cmd/tlsmitm/internal/config"
)

// banner is what a run says of itself once it can be used.
type banner struct {
	address string // at which a client of this machine reaches the proxy
	root    *ca.Authority
	say     *phrases
	// keylog is where clients that are all observed write their secrets; "" where
	// not all are. Nobody has to trust the root then.
	keylog string
}

// tryOut is a command that works as pasted.
func (b *banner) tryOut() string {
	if b.keylog != "" {
		return "SSLKEYLOGFILE=" + shellQuoted(b.keylog) + " curl -x " + shellQuoted("http://"+b.address) + " https://example.com/"
	}
	return "curl -x " + shellQuoted("http://"+b.address) + " --cacert " + shellQuoted(b.root.CertPath()) + " https://example.com/"
}

// tell writes the banner: long on the run that made the CA, a few lines after
// that, and one object where messages are for programs.
func (b *banner) tell(to io.Writer, log zerolog.Logger, format config.LogFormat) {
	switch {
	case format == config.LogJSON:
		log.Info().Str("listen", b.address).Str("ca", b.root.CertPath()).Str("ca_sha256", b.root.FingerprintHex()).
			Bool("ca_created", b.root.Created()).Str("try", b.tryOut()).Msg(fmt.Sprintf(b.say.listening, b.address))
	case b.keylog != "":
		fmt.Fprint(to, b.observing())
	case b.root.Created():
		fmt.Fprint(to, b.long())
	default:
		fmt.Fprint(to, b.short())
	}
}

func (b *banner) short() string {
	return fmt.Sprintf(b.say.listening, b.address) + b.say.stop + "\n  " +
		fmt.Sprintf(b.say.rootOld, b.root.CertPath(), b.until()) + "\n  " +
		b.say.tryIt + b.tryOut() + "\n\n"
}

func (b *banner) observing() string {
	return fmt.Sprintf(b.say.listening, b.address) + b.say.stop + "\n  " +
		fmt.Sprintf(b.say.observes, b.keylog) + "\n  " +
		b.say.tryIt + b.tryOut() + "\n\n"
}

func (b *banner) long() string {
	var s strings.Builder
	line := func(text string) { s.WriteString(text + "\n") }
	line(b.say.rootMade)
	line("  " + b.say.certificate + b.root.CertPath())
	line("  " + b.say.privateKey + b.root.KeyPath())
	line("  " + b.say.fingerprint + b.root.Fingerprint())
	line("")
	line(b.say.trustOnce)
	line("  " + b.tryOut())
	line("")
	if command := trustCommand(runtime.GOOS, b.root.CertPath(), isDir); command != "" {
		line(b.say.trustAll)
		line("  " + command)
		line("")
	}
	line(fmt.Sprintf(b.say.page, b.address))
	line("")
	line(fmt.Sprintf(b.say.listening, b.address) + b.say.stop)
	line("")
	return s.String()
}

func (b *banner) until() string { return b.root.Certificate().NotAfter.Format(time.DateOnly) }

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}

// trustCommand is how a system is made to trust a root; Linux distributions
// differ, and are told apart by the directories that they have.
func trustCommand(system, path string, has func(dir string) bool) string {
	const debian, fedora = "/usr/local/share/ca-certificates", "/etc/pki/ca-trust/source/anchors"
	switch path = shellQuoted(path); {
	case system == "darwin":
		return "security add-trusted-cert -r trustRoot -k ~/Library/Keychains/login.keychain-db " + path
	case system == "windows":
		return "certutil -user -addstore Root " + path
	case system == "linux" && has(debian):
		return "sudo cp " + path + " " + debian + "/tlsmitm.crt && sudo update-ca-certificates"
	case system == "linux" && has(fedora):
		return "sudo cp " + path + " " + fedora + "/tlsmitm.pem && sudo update-ca-trust"
	default:
		return ""
	}
}
