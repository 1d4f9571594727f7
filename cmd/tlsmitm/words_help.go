package main

// What the help says.
const (
	shortRoot = "Show every TLS handshake message, and the data inside, of what passes through a proxy"
	longRoot  = `tlsmitm is a proxy that shows, live in the terminal, every TLS handshake message
between the client and the proxy and between the proxy and the server, decrypted,
and the application data inside.

Without a command it runs the proxy. Clients use it as their HTTP proxy and
trust its root certificate, which it makes on the first run.`
	exampleRoot = `  tlsmitm                                      # run the proxy on 127.0.0.1:8080
  tlsmitm --listen 127.0.0.1:0 --view lines    # any free port, one line for each message
  tlsmitm --view none --json events.jsonl      # record, and show nothing
  tlsmitm demo                                 # see it at work, without a network`

	shortRun = "Run the proxy (what happens without a command)"
	longRun  = `Run the proxy until it is stopped by Ctrl-C or SIGTERM.

Every flag can also be given by the environment, as TLSMITM_LISTEN for --listen,
and by a YAML file that --config names. A flag wins over the environment, and
the environment over the file. docs/config.md describes all of them.`

	shortDemo = "See it at work: a server and clients of its own, no network"
	longDemo  = `Show what tlsmitm shows, with nothing else and no network: an HTTPS server and
clients on this machine's loopback, through the real proxy, with a CA that is
thrown away. It ends by itself.`

	shortCA = "Show the root certificate, or export it"
	longCA  = `Show the root certificate that clients have to trust. It is made if there is none.`

	shortExport   = "Write the root certificate for a client to trust"
	longExport    = `Write the root certificate, without its key, to standard output or a file.`
	exampleExport = `  tlsmitm ca export > ca.pem
  tlsmitm ca export --format der --out ca.cer    # for Windows and Android`
	usageFormat = "`FORMAT` of the certificate: pem or der"
	usageOut    = "`FILE` to write to, instead of standard output"

	shortShow = "Show saved events again, in any view"
	longShow  = `Show again what --json saved: in any view, in either language, or as JSON lines.

Several files are shown one after the other. A file may be gzipped, and one that
a killed run left behind is shown as far as it goes. - is standard input, whose
lines are shown as they come.

Secrets that were saved are hidden, as the proxy hides them, unless --show-secrets
is given.`
	exampleShow = `  tlsmitm show events.jsonl
  tlsmitm show --view lines --lang zh monday.jsonl.gz tuesday.jsonl
  tail -n +1 -f events.jsonl | tlsmitm show -
  grep '"conn":7,' events.jsonl | tlsmitm show --data-bytes all -
  tlsmitm show --as curl events.jsonl
  tlsmitm show --json short.jsonl --data-bytes 0 events.jsonl`

	usageAs = "curl: write the curl commands that repeat the requests, and nothing else"

	shortRead = "Show what captures hold"
	longRead  = `Show what a packet capture holds as the proxy shows what passes through it: every
TLS message, and with the keys what is inside.

Files are pcap or pcapng, gzipped or not. Keys are those in the captures and those
of --keylog. Several files are read one after the other, and may be parts of one
capture. - is standard input, which is read as it grows.`
	exampleRead = `  tlsmitm read capture.pcapng
  tlsmitm read --keylog keys.log --view lines capture.pcap
  tcpdump -i any -U -w - tcp port 443 | tlsmitm read --keylog keys.log -
  tlsmitm read --json - --view none monday.pcap.gz tuesday.pcap.gz > events.jsonl`
	usageReadKeyLog = "open what is encrypted with the secrets of this `FILE` (NSS key log; repeatable)"

	shortVersion = "Show the version"
)
