package inspect

import (
	"net"
	"time"

	"tlsmitm/inspect/tlswire"
)

// quickClose is how soon after the handshake a client that sent nothing must be
// gone to be suspected of having rejected the certificate: curl, wget and Node
// check the name only once the handshake is complete, and then just leave.
const quickClose = time.Second

// finding is a diagnosis and the leg that it is about.
type finding struct {
	Diagnosis
	leg LegName
}

// diagnose says why a connection failed, from what passed and from what the
// proxy saw. Where an alert proves that the client rejected our certificate, the
// outcome's cause is corrected: crypto/tls cannot tell, because such an alert may
// come in the clear where it expects a protected record.
func (d *Dissector) diagnose(at time.Time, o *Outcome) *finding {
	captured := d.meta.Mode == ModeCapture
	if captured && d.find(LegClient) == nil {
		return nil // nobody here failed: what is shown is all that is known
	}
	g := &finding{Diagnosis: Diagnosis{Code: o.Cause, Confidence: Certain, Subject: d.meta.Target}}
	if o.Err != nil {
		g.Evidence = d.text(o.Err)
	}
	if c := d.find(LegClient); c != nil {
		g.leg = LegClient
		if a := c.alertFrom(true, isRejection); a != nil {
			o.Cause, g.Code, g.Alert, g.Subject = CauseClientRejected, CauseClientRejected, a, d.clientName()
			return g
		}
		if c.leftAfterCertificate(at, o.Cause) && !d.accepted.since(d.acceptor(c), d.opened) {
			g.Code, g.Confidence, g.Subject = CauseClientRejected, Probable, d.clientName()
			return g
		}
	}
	if captured {
		return nil // what else the proxy knew is in no capture
	}
	switch o.Cause {
	case CauseOK, CauseShutdown, CauseIdleTimeout, "":
		return nil
	case CauseUpstreamUnverified, CauseUpstreamHandshakeFailed, CauseUpstreamClosed, CauseUpstreamTimeout, CauseServerTLS:
		g.leg = LegServer
		if c := d.find(LegServer); c != nil {
			if g.Alert = c.alertFrom(false, isFatal); g.Alert == nil && o.Cause == CauseServerTLS {
				g.Alert = c.alertFrom(true, isFatal)
			}
		}
	case CauseClientRejected, CauseClientHandshakeFailed, CauseClientClosed, CauseClientTimeout, CauseClientReset,
		CauseClientTLS, CauseClientHelloMalformed, CauseClientHelloTooLarge:
		g.leg = LegClient
		g.Subject = d.clientName()
		if c := d.find(LegClient); c != nil {
			if g.Alert = c.alertFrom(true, isFatal); g.Alert == nil {
				g.Alert = c.alertFrom(false, isFatal)
			}
		}
	default:
		g.leg = ""
	}
	if g.leg != "" && d.find(g.leg) == nil && d.find(LegDirect) != nil {
		g.leg = LegDirect // what passes untouched has one leg
	}
	return g
}

func (d *Dissector) find(name LegName) *conversation {
	for _, c := range d.legs {
		if c.name == name {
			return c
		}
	}
	return nil
}

// clientName says who the client is, as well as is known.
func (d *Dissector) clientName() string {
	if d.meta.UserAgent != "" {
		return d.meta.UserAgent
	}
	return d.meta.Client
}

// acceptor is the client and the name that it asked for.
func (d *Dissector) acceptor(c *conversation) acceptor {
	host, _, err := net.SplitHostPort(d.meta.Client)
	if err != nil {
		host = d.meta.Client
	}
	k := acceptor{host: host, userAgent: d.meta.UserAgent, name: d.meta.Target}
	if h := c.offered(); h != nil && h.ServerName != "" {
		k.name = h.ServerName
	}
	return k
}

// alertFrom returns the first alert of one side that is of a kind.
func (c *conversation) alertFrom(up bool, kind func(tlswire.Alert) bool) *tlswire.AlertDescription {
	for _, a := range c.alerts {
		if a.up == up && kind(a.Alert) {
			desc := a.Description
			return &desc
		}
	}
	return nil
}

func isFatal(a tlswire.Alert) bool {
	return a.Description != tlswire.AlertCloseNotify && a.Description != tlswire.AlertUserCanceled
}

// isRejection tells of the alerts that mean "I do not accept your certificate"
// (RFC 8446 6.2).
func isRejection(a tlswire.Alert) bool {
	switch a.Description {
	case tlswire.AlertBadCertificate, tlswire.AlertUnsupportedCertificate, tlswire.AlertCertificateRevoked,
		tlswire.AlertCertificateExpired, tlswire.AlertCertificateUnknown, tlswire.AlertUnknownCA:
		return true
	}
	return false
}

// leftAfterCertificate suspects a client that went away without a word after it
// had seen our certificate: before it finished, or right after and with nothing
// said.
func (c *conversation) leftAfterCertificate(at time.Time, cause Cause) bool {
	if !c.rejectable {
		return false
	}
	switch cause {
	case CauseClientClosed, CauseClientReset:
		return c.doneAt.IsZero()
	case CauseOK:
		return c.done && !c.resumed && c.flow(true).total.Data == 0 && at.Sub(c.doneAt) < quickClose
	}
	return false
}
