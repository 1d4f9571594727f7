package explain

import (
	"strings"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// sentence is text in which {from} and {to} stand for the parties of an event.
// In what is said of a diagnosis, {subject} is what it is about, {target} the
// address that the client asked for, {host} its host name alone, and {reason}
// either nothing or the closer reason.
type sentence string

func (s sentence) with(values *strings.Replacer) string { return values.Replace(string(s)) }

// parts names the parties of an event.
func (say *catalogue) parts(from, to inspect.Party) *strings.Replacer {
	return strings.NewReplacer("{from}", say.party(from), "{to}", say.party(to))
}

// causeWords is what is said about a connection's end.
type causeWords struct {
	closed   string   // a few words for the closing line
	title    sentence // what failed, on what
	probable sentence // the same where it is only likely; "" to derive it from title
	advice   sentence // what to do next
}

// checkWords is what is said about a check of a certificate that failed.
type checkWords struct{ failed, advice sentence }

// rejectionWords says why a client did not take a certificate of ours.
type rejectionWords struct{ reason, advice sentence }

// catalogue holds everything that is said in one language. Values go into it
// as they are; it knows nothing of how its sentences are laid out.
type catalogue struct {
	columns Columns
	parties map[inspect.Party]string
	legs    map[inspect.LegName]string

	fromClient    func(address string) string
	notOpened     func(why string) string
	unreadable    func(why string) string
	opened        string                     // of a message that was encrypted
	der           func(amount string) string // of what the fields beside it tell
	breaksRule    func(what string) string
	reasons       map[string]string // the reasons in events, as far as they have other words here
	tunnelled     string
	notLogged     string
	more          func(amount string) string
	records       func(n int) string
	continues     func(no int) string
	sameBytes     func(no int) string
	sameBeginning func(no int) string
	emptyRecord   string
	binary        string
	frameRest     func(amount string) string
	stream        func(id uint32) string

	http exchangeWords

	days, hours, minutes, seconds func(n int64) string

	// Client Hello
	suites, schemes         func(n int) string
	shares                  func(groups string) string
	noSNI, noALPN, noShares string
	resumePSK, resumeTicket string
	resumeSessionID         string
	earlyData, ech          string
	earlyBytes              string
	helloAgain, helloAnew   string
	helloInside             string
	ownHello                string
	clients                 func(ours, clients string) string
	without, added          func(names string) string
	reordered               string
	sameHello, otherHello   string
	effects                 map[inspect.Effect]string

	// Server Hello, Hello Retry Request, Encrypted Extensions
	chose            func(version string) string
	resumed          string // of an established leg
	resumes          string // of a Server Hello
	downgrade        func(version string) string
	asksShare        func(group string) string
	asksCookie       string
	acceptsEarlyData string
	echRetry         string
	also             func(extensions string) string

	// Certificates
	minted                func(subject string) string
	issued                func(subject, issuer string) string
	selfIssued            func(subject string) string
	daysLeft, hoursLeft   func(n int) string
	expired               func(days int) string
	validFrom             func(date string) string
	chain                 func(n int) string
	noCertificate         sentence
	unreadableCertificate string
	rawKey                string
	stapled               string
	verified, unchecked   string
	unverified            func(check string) string
	asksCertificate       sentence
	authorities           func(n int) string
	anyAuthority          string
	proves, provesMinted  sentence
	ocsp                  func(amount string) string

	// Key exchange and the end of the handshake
	ephemeral             func(kind, on string) string
	signed                func(scheme string) string
	signedPlainly         string
	unsigned              sentence
	half                  func(kind string) sentence
	rsaPremaster, noPFS   string
	encryptsNow           sentence
	encryptsPerhaps       sentence
	compatibility         string
	ticket                func(lifetime string) string
	ticketOpen, ticketOff string
	ticketEarly           func(amount string) string
	keyUpdate             sentence
	keyUpdateBoth         sentence
	heartbeat             string
	heartbleed            func(asked, brought string) string

	// What is said about a type of message when nothing closer is known.
	handshake      map[tlswire.HandshakeType]sentence
	handshakeOther string
	ssl2           map[tlswire.SSL2MessageType]sentence
	ssl2Form       string

	proofs map[inspect.ProofKind]proofWords

	alerts     map[tlswire.AlertDescription]sentence
	alertOther sentence
	alertSeen  func(name string) string

	lost              map[inspect.LossReason]string
	notInspected      func(amount string) string
	lossHarmless      string
	afterRetry        string
	echAccepted       string
	clientCertSent    string
	clientCertMissing string
	transferred       func(sent, got string) string

	probably         sentence
	because          func(reason string) string
	rejectedSilently string
	rejections       map[tlswire.AlertDescription]rejectionWords
	checks           map[string]checkWords
	causes           map[inspect.Cause]causeWords
	// certificateWanted is the advice where a server insists on a client certificate.
	certificateWanted sentence
}
