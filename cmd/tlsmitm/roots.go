package main

import (
	"crypto/x509"
	"fmt"
	"os"

	"tlsmitm/cmd/tlsmitm/internal/config"
)

// roots returns what servers' certificates are verified against: the system's
// roots and those of the settings; nil, which is the system's alone, where the
// settings name none.
func roots(s *config.Settings) (*x509.CertPool, error) {
	if len(s.Upstream.CAFiles) == 0 {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool() // a system without roots: those of the files are what there is
	}
	for i, file := range s.Upstream.CAFiles {
		from := s.Source(fmt.Sprintf("upstream.ca_files[%d]", i))
		text, err := os.ReadFile(string(file))
		if err != nil || !pool.AppendCertsFromPEM(text) {
			return nil, unusableRoots(from, string(file), err)
		}
	}
	return pool, nil
}
