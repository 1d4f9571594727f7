package proxy

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"tlsmitm/inspect"
)

// openssl runs s_client through the proxy and returns what it printed.
func (h *harness) openssl(t *testing.T, target string, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed, so what its client does here is not tested")
	}
	root := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(root, authority.PEM(), 0o600); err != nil {
		t.Fatal(err)
	}
	host, _, _ := strings.Cut(target, ":")
	args = append([]string{"s_client", "-proxy", h.addr, "-connect", target, "-servername", host, "-CAfile", root, "-verify_return_error"}, args...)
	cmd := exec.Command(path, args...)
	cmd.Stdin = strings.NewReader("hello\n")
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Run(); err != nil {
		out.WriteString("\nexit: " + err.Error())
	}
	return out.String()
}

func TestOpenSSLResumes(t *testing.T) {
	p := origin(t, nil, "origin.example")
	for _, v := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(v, func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			sess := filepath.Join(t.TempDir(), "session")
			contains(t, h.openssl(t, "origin.example:"+p, v, "-sess_out", sess), "Verify return code: 0 (ok)", "New, TLSv1")
			h.want(inspect.CauseOK)
			contains(t, h.openssl(t, "origin.example:"+p, v, "-sess_in", sess), "Reused, TLSv1")
			h.want(inspect.CauseOK)
		})
	}
}

// OpenSSL's client rejects a certificate under TLS 1.3 with an alert in the clear,
// where crypto/tls expects an encrypted record.
func TestOpenSSLRejects(t *testing.T) {
	p := origin(t, nil, "origin.example")
	other := filepath.Join(t.TempDir(), "other.pem")
	if err := os.WriteFile(other, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pki.cert.Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{"-tls1_2", "-tls1_3"} {
		t.Run(v, func(t *testing.T) {
			h := start(t, Config{}, Deps{})
			h.openssl(t, "origin.example:"+p, v, "-CAfile", other, "-no-CApath", "-no-CAstore")
			contains(t, h.want(inspect.CauseClientRejected).Message, "unknown_ca")
		})
	}
}
