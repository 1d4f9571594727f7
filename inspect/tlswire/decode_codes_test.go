package tlswire

import (
	"crypto/x509"
	"fmt"
	"testing"
)

// TestTreeCodes names code points that only the tree shows, known and unknown.
func TestTreeCodes(t *testing.T) {
	for _, c := range []struct {
		code fmt.Stringer
		want string
	}{
		{treeChangeCipherSpec(1), "change_cipher_spec"},
		{treeChangeCipherSpec(2), "unknown (0x02)"},
		{treeCertChainType(0), "individual_certs"},
		{treeCertChainType(9), "unknown (0x09)"},
		{treeHeartbeatType(2), "heartbeat_response"},
		{treeHeartbeatType(3), "unknown (0x03)"},
		{treeSCTVersion(0), "v1"},
		{treeCurveBasis(1), "ec_basis_trinomial"},
		{treeSupplementalDataType(0), "user_mapping_data"},
		{treeSupplementalDataType(1), "unknown (0x0001)"},
		{treeOCSPStatus(1), "malformedRequest"},
		{treeOCSPStatus(2), "internalError"},
		{treeOCSPStatus(3), "tryLater"},
		{treeOCSPStatus(4), "unknown (4)"},
		{treeOCSPStatus(5), "sigRequired"},
		{treeHPKEKEM(0x0010), "DHKEM(P-256, HKDF-SHA256)"},
		{treeHPKEKEM(0x0011), "DHKEM(P-384, HKDF-SHA384)"},
		{treeHPKEKEM(0x0012), "DHKEM(P-521, HKDF-SHA512)"},
		{treeHPKEKEM(0x0021), "DHKEM(X448, HKDF-SHA512)"},
		{treeHPKEKEM(0x0022), "unknown (0x0022)"},
		{treeQUICParameter(27), "GREASE (0x1b)"},
		{treeQUICParameter(0x3fff), "unknown (0x3fff)"},
	} {
		if got := c.code.String(); got != c.want {
			t.Errorf("%T is called %q, not %q", c.code, got, c.want)
		}
	}
}

// TestTreeNamesDiffer makes sure that no two numbers share a name by mistake.
func TestTreeNamesDiffer(t *testing.T) {
	differ(t, 0x8000, func(i int) string { return treeQUICParameter(i).String() })
	differ(t, 64, func(i int) string { return treeExtKeyUsage(x509.ExtKeyUsage(i)) })
	differ(t, 64, func(i int) string { return treeOCSPStatus(i).String() })
}

func differ(t *testing.T, n int, name func(int) string) {
	t.Helper()
	seen := map[string]int{}
	for i := range n {
		if first, ok := seen[name(i)]; ok {
			t.Errorf("%d and %d are both called %q", first, i, name(i))
		}
		seen[name(i)] = i
	}
}
