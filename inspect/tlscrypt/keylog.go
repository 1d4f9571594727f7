package tlscrypt

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Label names the secret of a key log line
// (the SSLKEYLOGFILE format, RFC 9850 section 2).
type Label string

// The labels.
const (
	LabelClientRandom        Label = "CLIENT_RANDOM" // TLS 1.2 and before: the master secret
	LabelClientEarly         Label = "CLIENT_EARLY_TRAFFIC_SECRET"
	LabelClientHandshake     Label = "CLIENT_HANDSHAKE_TRAFFIC_SECRET"
	LabelServerHandshake     Label = "SERVER_HANDSHAKE_TRAFFIC_SECRET"
	LabelClientTraffic       Label = "CLIENT_TRAFFIC_SECRET_0"
	LabelServerTraffic       Label = "SERVER_TRAFFIC_SECRET_0"
	LabelExporterSecret      Label = "EXPORTER_SECRET"
	LabelEarlyExporterSecret Label = "EARLY_EXPORTER_SECRET"

	// How a client encrypted its Client Hello: the shared secret of the KEM, and the
	// ECHConfig (section 2.2).
	LabelECHSecret Label = "ECH_SECRET"
	LabelECHConfig Label = "ECH_CONFIG"

	// LabelPremaster is one that Wireshark reads: the premaster secret of TLS 1.2 and
	// before.
	LabelPremaster Label = "PMS_CLIENT_RANDOM"

	// LabelPSK is no label of the format, whose readers skip what they do not know:
	// the pre-shared key of the first identity that a Client Hello of TLS 1.3
	// offers, which shows whether its binder is right.
	LabelPSK Label = "PRE_SHARED_KEY"

	// LabelInnerRandom is none either: the random of the inner Client Hello that was
	// accepted where only the outer one, which the line names, could be read.
	LabelInnerRandom Label = "CLIENT_HELLO_INNER_RANDOM"
)

// labels are those above.
var labels = [...]Label{
	LabelClientRandom, LabelClientEarly, LabelClientHandshake, LabelServerHandshake,
	LabelClientTraffic, LabelServerTraffic, LabelExporterSecret, LabelEarlyExporterSecret,
	LabelPremaster, LabelPSK, LabelECHSecret, LabelECHConfig, LabelInnerRandom,
}

// Known reports whether the label is one of those above.
func (l Label) Known() bool { return slices.Contains(labels[:], l) }

// labelOf returns the label that word says. The known ones are shared, since key
// logs of many connections are kept.
func labelOf(word []byte) Label {
	for _, l := range labels {
		if string(word) == string(l) {
			return l
		}
	}
	return Label(word)
}

// KeyLogLine is one secret and the connection that it belongs to, which is named
// by the client's random.
type KeyLogLine struct {
	Label        Label
	ClientRandom []byte // 32 bytes
	Secret       []byte
}

// maxSecret bounds a line's secret: the longest is a SHA-384 secret or a master
// secret, 48 bytes. A premaster secret is as long as the group that it comes from,
// and an ECHConfig holds a key, a name and extensions.
const (
	maxSecret    = 64
	maxPremaster = 2048
)

// ParseKeyLogLine reads a line, with or without its line end. It copies. Comments
// are errors, and so are the lines that begin with RSA, which ParseRSALine reads.
func ParseKeyLogLine(line []byte) (KeyLogLine, error) {
	words := bytes.Fields(line)
	if len(words) != 3 {
		return KeyLogLine{}, fmt.Errorf("tlscrypt: key log line has %d words, not a label, a client random and a secret", len(words))
	}
	l := KeyLogLine{Label: labelOf(words[0]), ClientRandom: make([]byte, hex.DecodedLen(len(words[1]))), Secret: make([]byte, hex.DecodedLen(len(words[2])))}
	if _, err := hex.Decode(l.ClientRandom, words[1]); err != nil || len(l.ClientRandom) != 32 {
		return KeyLogLine{}, fmt.Errorf("tlscrypt: key log line %s: the client random is not 64 hex digits", l.Label)
	}
	longest := maxSecret
	if l.Label == LabelPremaster || l.Label == LabelECHConfig {
		longest = maxPremaster
	}
	if _, err := hex.Decode(l.Secret, words[2]); err != nil || len(l.Secret) == 0 || len(l.Secret) > longest {
		return KeyLogLine{}, fmt.Errorf("tlscrypt: key log line %s: the secret is not hex of at most %d bytes", l.Label, longest)
	}
	return l, nil
}

// RSALine is a premaster secret of the RSA key exchange, in the form of the oldest key
// logs: it names no connection, but the beginning of the secret as it was encrypted.
type RSALine struct {
	Encrypted [8]byte
	Premaster []byte // 48 bytes
}

// ParseRSALine reads "RSA", 16 and 96 hex digits. It copies.
func ParseRSALine(line []byte) (RSALine, error) {
	var l RSALine
	words := bytes.Fields(line)
	if len(words) != 3 || string(words[0]) != "RSA" || len(words[1]) != 16 || len(words[2]) != 2*masterLen {
		return l, errors.New("tlscrypt: key log line RSA: not 16 and 96 hex digits")
	}
	l.Premaster = make([]byte, masterLen)
	_, err := hex.Decode(l.Encrypted[:], words[1])
	if err == nil {
		_, err = hex.Decode(l.Premaster, words[2])
	}
	if err != nil {
		return RSALine{}, errors.New("tlscrypt: key log line RSA: not 16 and 96 hex digits")
	}
	return l, nil
}

// String returns the line, without a line end.
func (l KeyLogLine) String() string {
	return fmt.Sprintf("%s %x %x", l.Label, l.ClientRandom, l.Secret)
}
