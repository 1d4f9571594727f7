package tlscrypt

import (
	"bytes"
	"strings"
	"testing"
)

func TestKeyLogLine(t *testing.T) {
	random, secret := strings.Repeat("0a", 32), strings.Repeat("f1", 48)
	for _, line := range []string{
		"CLIENT_RANDOM " + random + " " + secret,
		"CLIENT_RANDOM " + random + " " + secret + "\r\n",
		"  CLIENT_RANDOM\t" + strings.ToUpper(random) + "  " + secret,
	} {
		l, err := ParseKeyLogLine([]byte(line))
		if err != nil {
			t.Errorf("%q: %v", line, err)
			continue
		}
		if l.Label != LabelClientRandom || !bytes.Equal(l.ClientRandom, bytes.Repeat([]byte{0x0a}, 32)) || !bytes.Equal(l.Secret, bytes.Repeat([]byte{0xf1}, 48)) {
			t.Errorf("%q: %+v", line, l)
		}
		if want := "CLIENT_RANDOM " + random + " " + secret; l.String() != want {
			t.Errorf("%q is written as %q", line, l)
		}
	}
}

func TestKeyLogLineRefuses(t *testing.T) {
	random, secret := strings.Repeat("0a", 32), strings.Repeat("f1", 48)
	for _, line := range []string{
		"", "# CLIENT_RANDOM", "CLIENT_RANDOM " + random, "CLIENT_RANDOM " + random + " ", "CLIENT_RANDOM " + random + " f",
		"CLIENT_RANDOM " + random + " xx", "CLIENT_RANDOM " + random[2:] + " " + secret, "CLIENT_RANDOM " + random + "00 " + secret,
		"CLIENT_RANDOM " + random[1:] + "x " + secret, "CLIENT_RANDOM " + random + " " + secret + " more",
		"CLIENT_RANDOM " + random + " " + strings.Repeat("00", 65), "RSA 0102030405060708 " + secret,
	} {
		if l, err := ParseKeyLogLine([]byte(line)); err == nil {
			t.Errorf("%q gave %+v", line, l)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("the error for %q holds the secret", line)
		}
	}
}

func FuzzKeyLogLine(f *testing.F) {
	f.Add([]byte("CLIENT_RANDOM " + strings.Repeat("0a", 32) + " " + strings.Repeat("f1", 48) + "\n"))
	f.Add([]byte("# comment"))
	f.Fuzz(func(t *testing.T, line []byte) {
		l, err := ParseKeyLogLine(line)
		if err != nil {
			return
		}
		again, err := ParseKeyLogLine([]byte(l.String()))
		if err != nil || again.String() != l.String() {
			t.Errorf("%q is written as %q, and that reads as %q (%v)", line, l, again, err)
		}
	})
}
