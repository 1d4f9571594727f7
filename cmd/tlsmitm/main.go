// Command tlsmitm is a proxy that shows every TLS handshake message of both its
// legs, decrypted, and the application data inside, live in the terminal.
//
//	tlsmitm                                # listens on 127.0.0.1:8080; makes a CA on the first run
//	curl -x http://127.0.0.1:8080 --cacert ~/.config/tlsmitm/ca.pem https://example.com/
//	tlsmitm demo                           # the same with nothing else, and no network
//	tlsmitm ca                             # the root certificate: path, fingerprint, validity
//
// This package turns words into wiring: it reads the settings, opens the files
// and the listener, and puts the parts together. It knows nothing of protocols.
//
// It promises that whatever fails is said in one sentence on standard error, and
// in the exit status: 0 done, 1 failed, 2 not understood.
package main

import (
	"os"
)

func main() {
	p := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, lookupEnv: os.LookupEnv}
	os.Exit(p.main(os.Args[1:]))
}

// app is one run of the command, and what it may touch.
type app struct {
	stdin, stdout, stderr *os.File
	lookupEnv             func(string) (string, bool)
	meter                 *meter // of what is read; nil where nothing is
}

// env returns a variable's value, "" where there is none.
func (p *app) env(name string) string {
	v, _ := p.lookupEnv(name)
	return v
}
