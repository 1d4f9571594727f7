package main

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"tlsmitm/ca"
	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/capture"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/keyfile"
	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/saved"
	"tlsmitm/inspect/sink"
)

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

func nothingToShow(command string) error {
	return fmt.Errorf("`%s` wants a file that --json wrote, or - for standard input; `%s --help` has examples", command, command)
}

func unreadable(path string, err error) error {
	who := fmt.Sprintf("cannot read `%s`: ", path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(who + "it does not exist; check the path")
	case errors.Is(err, fs.ErrPermission):
		return errors.New(who + "you may not; change its permissions, or be its owner")
	case errors.Is(err, syscall.EISDIR):
		return errors.New(who + "it is a directory; name the files in it")
	case errors.Is(err, saved.ErrUTF16):
		return errors.New(who + "it is UTF-16, as PowerShell writes with >; have --json FILE write the file instead")
	default:
		return fmt.Errorf("%s%s", who, strings.TrimPrefix(reason(err).Error(), "saved: "))
	}
}

func nothingToRead(command string) error {
	return fmt.Errorf("`%s` wants a capture file, or - for standard input; `%s --help` has examples", command, command)
}

var errStandardInputTwice = errors.New("- is named twice, but there is only one standard input")

func noKeys(path string) error {
	return fmt.Errorf("`%s` holds no TLS secret; a key log is what a client or server writes to the file that SSLKEYLOGFILE names", path)
}

// unreadableCapture says why a capture was not read, or not to its end.
func unreadableCapture(path string, err error) error {
	who := fmt.Sprintf("cannot read `%s`: ", path)
	var foreign *capture.ForeignError
	var cut *capture.TruncatedError
	var corrupt *capture.CorruptError
	switch {
	case errors.As(err, &foreign) && foreign.Format == capture.ForeignJSON:
		return errors.New(who + "it is JSON, and no capture; `tlsmitm show` shows saved events")
	case errors.As(err, &foreign) && foreign.Unpack != "":
		return fmt.Errorf("%sit is %s; unpack it first: %s | tlsmitm read -", who, foreign.Format, foreign.Unpack)
	case errors.As(err, &foreign) && foreign.Format != "":
		return fmt.Errorf("%sit is %s; convert it first: editcap -F pcapng IN OUT", who, foreign.Format)
	case errors.As(err, &foreign):
		return errors.New(who + "it is no capture: neither pcap nor pcapng, gzipped or not")
	case errors.Is(err, capture.ErrEmpty):
		return errors.New(who + "it is empty")
	case errors.As(err, &cut):
		return fmt.Errorf("`%s` is cut off after frame %d, as when the program that wrote it is killed; all before that is shown", path, cut.Frames)
	case errors.As(err, &corrupt):
		return fmt.Errorf("`%s` cannot be read beyond frame %d: %s; all before that is shown", path, corrupt.Frames, corrupt.Reason)
	default:
		return unreadable(path, err)
	}
}

func nothingCaptured(path string) error {
	return fmt.Errorf("`%s` is a capture, and holds no frame", path)
}

func unsupportedLinks(path string, links map[capture.LinkType]int64) error {
	var names, known []string
	for _, l := range slices.Sorted(maps.Keys(links)) {
		names = append(names, l.String())
	}
	for _, l := range capture.LinkTypes() {
		known = append(known, l.String())
	}
	return fmt.Errorf("`%s` has frames of link type %s, which cannot be read; supported are %s", path, strings.Join(names, ", "), strings.Join(known, ", "))
}

func ontoItself(from config.Source, path string) error {
	return fmt.Errorf("%v names `%s`, which is to be read; choose another file", from, path)
}

func noEvents(first *saved.LineError, lines int) error {
	return fmt.Errorf("%w; the %d lines after it are no events either: is that a file that --json wrote?", first, lines)
}

func moreLines(path string, n int) error {
	return fmt.Errorf("%s: %d more lines could not be read", path, n)
}

func cutShort(line *saved.LineError) error {
	return fmt.Errorf("%s:%d: the last line is cut short, as when a run is killed; all before it is shown", line.Name, line.Line)
}

func unknownKinds(counts map[inspect.Kind]int) error {
	var names []string
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		names = append(names, explain.Value(string(kind)))
		total += counts[kind]
	}
	const shown = 5
	if more := len(names) - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("events of kinds that this version does not show: %d (%s)", total, strings.Join(names, ", "))
}

func sinkEnded(name string, err error) error {
	return fmt.Errorf("%s broke off: %w", name, reason(err))
}

func wrongFormat(got string) error {
	return fmt.Errorf("flag --format wants pem or der, not `%s`", got)
}

func derToTerminal() error {
	return errors.New("DER is binary and would garble the terminal; name a file with --out FILE, or send it into a pipe")
}

func exportOverCA(path string) error {
	return fmt.Errorf("`%s` is the CA's own file and must stay as it is; choose another with --out FILE", path)
}

const madeCA = "There was no CA yet, so a new one was made."

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

// aboutCA describes the root certificate.
func aboutCA(a *ca.Authority, now time.Time) string {
	c := a.Certificate()
	var b strings.Builder
	for _, row := range [][2]string{
		{"Subject", subject(c)},
		{"Certificate", a.CertPath()},
		{"Private key", a.KeyPath()},
		{"SHA-256", a.Fingerprint()},
		{"Key", keyKind(c.PublicKey)},
		{"Valid", fmt.Sprintf("%s to %s (%s left)", c.NotBefore.Format(time.DateOnly), c.NotAfter.Format(time.DateOnly), days(c.NotAfter.Sub(now)))},
	} {
		fmt.Fprintf(&b, "%-12s %s\n", row[0], row[1])
	}
	return b.String()
}

// subject names a certificate as trust stores do.
func subject(c *x509.Certificate) string {
	if c.Subject.CommonName != "" {
		return c.Subject.CommonName
	}
	return c.Subject.String()
}

func days(d time.Duration) string {
	if n := int(d.Hours() / 24); n != 1 {
		return fmt.Sprintf("%d days", n)
	}
	return "1 day"
}

func keyKind(key any) string {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		return "ECDSA " + k.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d bits", k.N.BitLen())
	default:
		return fmt.Sprintf("%T", key)
	}
}

// phrases are what is said while the proxy runs, in one language.
type phrases struct {
	listening   string // address
	stop        string
	rootMade    string
	certificate string
	privateKey  string
	fingerprint string
	trustOnce   string
	trustAll    string
	page        string // address
	rootOld     string // path, date
	tryIt       string
	progress    string // name, per cent, how long it takes yet
	observes    string // path
}

func phrasesIn(l config.Lang) *phrases {
	if l == config.LangChinese {
		return &chinese
	}
	return &english
}

var english = phrases{
	listening:   "tlsmitm listens on %s",
	stop:        "; Ctrl-C stops it.",
	rootMade:    "This is the first run here, so tlsmitm made a root certificate of its own:",
	certificate: "certificate  ",
	privateKey:  "private key  ",
	fingerprint: "SHA-256      ",
	trustOnce:   "Have a single program trust it, as here, in another terminal:",
	trustAll:    "Or have this system trust it. Whoever gets the private key can read your TLS from then on:",
	page:        "For browsers, other systems and devices, open http://%s/",
	rootOld:     "root  %s, valid until %s",
	tryIt:       "try   ",
	progress:    "reading %s: %d%%, about %s left",
	observes:    "observes clients that write their TLS secrets to %s; nobody has to trust a root",
}

var chinese = phrases{
	listening:   "tlsmitm 正在监听 %s",
	stop:        "，按 Ctrl-C 停止。",
	rootMade:    "这是首次在此运行，tlsmitm 已生成自己的根证书：",
	certificate: "证书     ",
	privateKey:  "私钥     ",
	fingerprint: "SHA-256  ",
	trustOnce:   "只让某个程序信任它，例如在另一个终端中：",
	trustAll:    "或者让整个系统信任它。此后谁拿到私钥，谁就能读取你的 TLS 流量：",
	page:        "浏览器、其他系统和设备，请打开 http://%s/",
	rootOld:     "根证书  %s，有效期至 %s",
	tryIt:       "试一试  ",
	progress:    "正在读取 %s：%d%%，约剩 %s",
	observes:    "旁观把 TLS 密钥写入 %s 的客户端，无需信任任何根证书",
}

// story is what the demonstration says between its parts.
type story struct{ beginning, modern, older, distrust, end string }

func storyIn(l config.Lang) *story {
	if l == config.LangChinese {
		return &chineseStory
	}
	return &englishStory
}

var englishStory = story{
	beginning: `A server for shop.example, three clients, and between them the real proxy:
all of it in this process, on loopback. The proxy ends the client's TLS and
opens its own to the server, so every connection has two legs, shown together.`,
	modern: `1. A client that trusts the proxy's root certificate asks for a page over
   TLS 1.3. From the Server Hello on all is encrypted, but the proxy has the
   keys of both legs.`,
	older: `2. Another sends a form over TLS 1.2, where the certificate passes in the
   clear and the key exchange has messages of its own. Nothing of the form
   is hidden either.`,
	distrust: `3. The last one does not trust the proxy's root certificate, so it must not
   go on. What that looks like, and what to do about it, is said at the end.`,
	end: "That was the demonstration. `tlsmitm` starts the proxy for clients of your own.",
}

var chineseStory = story{
	beginning: `一台 shop.example 的服务器、三个客户端，以及它们之间真正的代理：
全部在本进程内，只走本机回环地址。代理终止客户端的 TLS，再自行与服务器
建立 TLS，因此每个连接都有两段，两段一并显示。`,
	modern: `1. 信任代理根证书的客户端通过 TLS 1.3 请求一个页面。从 Server Hello
   之后一切都已加密，但代理持有两段的密钥。`,
	older: `2. 另一个客户端通过 TLS 1.2 提交表单：证书以明文传送，密钥交换有单独的
   消息。表单的内容同样一览无余。`,
	distrust: `3. 最后一个客户端不信任代理的根证书，因此不会继续。这种情况是什么样子、
   该怎么办，最后会有说明。`,
	end: "演示到此结束。运行 `tlsmitm` 即可让你自己的客户端使用代理。",
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
