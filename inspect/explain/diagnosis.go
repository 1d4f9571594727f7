package explain

import (
	"net"
	"strings"
	"unicode"
	"unicode/utf8"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// Diagnosis is what is said about a connection that failed.
type Diagnosis struct {
	Title    string // what failed, on what
	Evidence string // what shows it: the alert, the error as it was reported; may be empty
	Advice   string // what to do next
}

// Diagnosis explains a diagnosis event.
func (c *Conversation) Diagnosis(e *inspect.Event) Diagnosis {
	d, ok := e.Body.(*inspect.Diagnosis)
	if !ok {
		return Diagnosis{}
	}
	return c.diagnosis(d)
}

func (c *Conversation) diagnosis(d *inspect.Diagnosis) Diagnosis {
	c.diagnosed = true
	words, ok := c.say.causes[d.Code]
	if !ok {
		words = causeWords{title: sentence(Value(string(d.Code)))}
	}
	subject := d.Subject
	if subject == "" {
		subject = c.target
	}
	reason, advice := c.reason(d)
	if advice == "" {
		advice = words.advice
	}
	title := words.title
	switch {
	case d.Confidence != inspect.Probable:
	case words.probable != "":
		title = words.probable
	default:
		title = c.say.probably + title
	}
	if reason != "" {
		reason = c.say.because(reason)
	}
	fill := strings.NewReplacer("{subject}", Value(subject), "{target}", Value(c.target),
		"{host}", Value(hostOf(c.target, subject)), "{reason}", reason)
	return Diagnosis{
		Title:    capitalised(title).with(fill),
		Evidence: c.evidence(d),
		Advice:   advice.with(fill),
	}
}

// reason says more exactly what failed where an alert or a check tells it, and
// what to do about that.
func (c *Conversation) reason(d *inspect.Diagnosis) (string, sentence) {
	switch d.Code {
	case inspect.CauseClientRejected:
		if d.Alert == nil {
			return c.say.rejectedSilently, ""
		}
		if r, ok := c.say.rejections[*d.Alert]; ok {
			return string(r.reason), r.advice
		}
		return c.alertSentence(*d.Alert, inspect.PartyClient, inspect.PartyProxy), ""
	case inspect.CauseUpstreamUnverified:
		if c.verification == nil || c.verification.OK {
			return "", ""
		}
		check := c.say.check(c.verification.Code)
		return string(check.failed), check.advice
	}
	if d.Alert == nil || d.Code != inspect.CauseUpstreamHandshakeFailed {
		return "", "" // on the client leg the alert may be either side's
	}
	var advice sentence
	if *d.Alert == tlswire.AlertCertificateRequired {
		advice = c.say.certificateWanted
	}
	return c.alertSentence(*d.Alert, inspect.PartyServer, inspect.PartyProxy), advice
}

func (c *Conversation) evidence(d *inspect.Diagnosis) string {
	var parts []string
	if d.Alert != nil {
		parts = append(parts, c.say.alertSeen(d.Alert.String()))
	}
	if d.Evidence != "" {
		parts = append(parts, clip(Clean(d.Evidence), 4*maxValue))
	}
	return strings.Join(parts, Separator)
}

func (d Diagnosis) note() (n Note) {
	n.tone(Fatal, d.Title)
	n.tone(Faint, d.Evidence)
	n.say(d.Advice)
	return n
}

// hostOf returns the host of the first address that has one, as a policy or a
// list of exceptions names it.
func hostOf(addresses ...string) string {
	for _, a := range addresses {
		if host, _, err := net.SplitHostPort(a); err == nil {
			return host
		}
		if a != "" {
			return a
		}
	}
	return ""
}

// capitalised begins a sentence; a value that it begins with stays as it is.
func capitalised(s sentence) sentence {
	r, size := utf8.DecodeRuneInString(string(s))
	if size == 0 {
		return ""
	}
	return sentence(unicode.ToUpper(r)) + s[size:]
}

// The codes of verification: which check of the server's certificate failed.
const (
	checkUnknownAuthority    = "unknown_authority"
	checkExpired             = "expired"
	checkNotYetValid         = "not_yet_valid"
	checkNameMismatch        = "name_mismatch"
	checkIncompatibleUsage   = "incompatible_usage"
	checkSelfSigned          = "self_signed"
	checkConstraintViolation = "constraint_violation"
	checkOther               = "other"
)

func (say *catalogue) check(code string) checkWords {
	if words, ok := say.checks[code]; ok {
		return words
	}
	return say.checks[checkOther]
}

// verified says what the proxy's check of the server's certificate found.
func (c *Conversation) verified(v *inspect.Verification) (n Note) {
	switch {
	case v.OK && !v.Insecure:
		n.tone(Good, c.say.verified)
	case v.Insecure:
		n.tone(Warning, c.say.unchecked)
	default:
		check := c.say.check(v.Code)
		n.tone(Fatal, c.say.unverified(string(check.failed)))
	}
	return n
}

// alertSentence says what an alert means, with who sent it to whom.
func (c *Conversation) alertSentence(a tlswire.AlertDescription, from, to inspect.Party) string {
	s, ok := c.say.alerts[a]
	if !ok {
		s = c.say.alertOther
	}
	return s.with(c.say.parts(from, to))
}
