package explain

import (
	"fmt"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// english holds every sentence in English.
func english() *catalogue {
	count := func(one, many string) func(int) string {
		return func(n int) string {
			if n == 1 {
				return "1 " + one
			}
			return Number(int64(n)) + " " + many
		}
	}
	unit := func(one, many string) func(int64) string {
		f := count(one, many)
		return func(n int64) string { return f(int(n)) }
	}
	const trust = "make this client trust tlsmitm's CA: `tlsmitm ca` says where it is; browsers, Java, Python and Node " +
		"each have a trust store of their own. A client that pins its certificates cannot be intercepted: " +
		"list its host under policy.tunnel"
	return &catalogue{
		columns: Columns{No: "No", From: "From", To: "To", Message: "Message", Type: "Type", Note: "Note"},
		parties: map[inspect.Party]string{
			inspect.PartyClient: "client", inspect.PartyProxy: "proxy", inspect.PartyServer: "server",
		},
		legs: map[inspect.LegName]string{
			inspect.LegClient: "client leg", inspect.LegServer: "server leg", inspect.LegDirect: "tunnel",
		},

		fromClient:    func(address string) string { return "from " + address },
		notOpened:     func(why string) string { return "encrypted, not opened: " + why },
		breaksRule:    func(what string) string { return "breaks a rule: " + what },
		unreadable:    func(why string) string { return "cannot be read: " + why },
		reasons:       map[string]string{},
		tunnelled:     "encrypted between client and server: a tunnel is not opened",
		more:          func(amount string) string { return "… " + amount + " more" },
		records:       count("record", "records"),
		continues:     func(no int) string { return fmt.Sprintf("continues row %d", no) },
		sameBytes:     func(no int) string { return fmt.Sprintf("same bytes as row %d", no) },
		sameBeginning: func(no int) string { return fmt.Sprintf("begins with the same bytes as row %d", no) },

		emptyRecord: "an empty record",
		binary:      "binary",
		frameRest:   func(amount string) string { return "rest of a frame, " + amount },
		stream:      func(id uint32) string { return fmt.Sprintf("stream %d", id) },

		days: unit("day", "days"), hours: unit("hour", "hours"),
		minutes: unit("minute", "minutes"), seconds: unit("second", "seconds"),

		suites: count("suite", "suites"), groups: count("group", "groups"),
		schemes:         count("signature scheme", "signature schemes"),
		shares:          func(groups string) string { return "key shares " + groups },
		noSNI:           "no SNI",
		noALPN:          "no ALPN",
		noShares:        "no key share: lets the server pick the group",
		resumePSK:       "offers to resume (PSK)",
		resumeTicket:    "offers to resume (ticket)",
		resumeSessionID: "offers to resume (session ID)",
		earlyData:       "sends early data (0-RTT)",
		ech:             "ECH, real or GREASE",
		helloAgain:      "asks again, as the server wished",
		helloAnew:       "negotiates anew",
		ownHello:        "the proxy's own",
		clients:         func(ours, clients string) string { return ours + " (client: " + clients + ")" },
		alike:           func(names string) string { return "same " + names },
		without:         func(names string) string { return "without " + names },
		added:           func(names string) string { return "adds " + names },

		chose:            func(version string) string { return "chose " + version },
		resumed:          "resumed",
		resumes:          "resumes an earlier session: no certificate needed",
		downgrade:        func(version string) string { return "downgrade mark: the server could do " + version },
		asksShare:        func(group string) string { return "asks for another hello with a key share for " + group },
		asksCookie:       "wants its cookie back",
		acceptsEarlyData: "accepts early data",
		echRetry:         "ECH not used: sends the keys to retry with",
		also:             func(extensions string) string { return "also " + extensions },

		minted:                func(subject string) string { return subject + ", minted by tlsmitm" },
		issued:                func(subject, issuer string) string { return subject + ", issued by " + issuer },
		selfIssued:            func(subject string) string { return subject + ", issued by itself" },
		daysLeft:              count("day left", "days left"),
		hoursLeft:             count("hour left", "hours left"),
		expired:               func(days int) string { return "expired " + count("day", "days")(days) + " ago" },
		validFrom:             func(date string) string { return "not valid before " + date },
		chain:                 func(n int) string { return fmt.Sprintf("chain of %d", n) },
		noCertificate:         "none: the {from} has no certificate to show",
		unreadableCertificate: "a certificate that cannot be parsed",
		stapled:               "OCSP staple",
		verified:              "verified",
		unchecked:             "not checked: upstream.insecure_hosts excepts it",
		unverified:            func(check string) string { return "NOT verified: " + check },
		asksCertificate:       "asks the {to} for a certificate",
		authorities:           count("acceptable CA", "acceptable CAs"),
		anyAuthority:          "any CA",
		proves:                "proves that the {from} holds the certificate's key",
		provesMinted:          "proves that the {from} holds the minted certificate's key",
		ocsp: func(amount string) string {
			return "OCSP staple, " + amount + ": the CA's word on whether it is revoked"
		},

		ephemeral:     func(kind, on string) string { return "ephemeral " + kind + " key, " + on + ": forward secrecy" },
		signed:        func(scheme string) string { return "signed with the certificate's key, " + scheme },
		signedPlainly: "signed with the certificate's key",
		unsigned:      "not signed: anyone could be the {from}",
		half:          func(kind string) sentence { return sentence("the {from}'s half of the " + kind + " exchange") },
		rsaPremaster:  "premaster secret, encrypted to the certificate's RSA key",
		noPFS:         "no forward secrecy",
		encryptsNow:   "the {from} encrypts from here on",
		compatibility: "means nothing in TLS 1.3: for middleboxes only",
		ticket:        func(lifetime string) string { return "a ticket to resume with, good for " + lifetime },
		ticketOpen:    "a ticket to resume with, without a time limit",
		ticketOff:     "a ticket to be thrown away at once",
		ticketEarly:   func(amount string) string { return "early data up to " + amount },
		keyUpdate:     "the {from} changes its sending key",
		keyUpdateBoth: "the {from} changes its sending key, and wants the {to} to do so too",
		heartbeat:     "a sign of life (RFC 6520)",

		handshake: map[tlswire.HandshakeType]sentence{
			tlswire.HandshakeTypeHelloRequest:             "the {from} wants to negotiate anew",
			tlswire.HandshakeTypeClientHello:              "what the {from} offers",
			tlswire.HandshakeTypeServerHello:              "what the {from} chose",
			tlswire.HandshakeTypeHelloVerifyRequest:       "asks the {to} to show that its address is real (DTLS)",
			tlswire.HandshakeTypeNewSessionTicket:         "a ticket to resume this session with",
			tlswire.HandshakeTypeEndOfEarlyData:           "early data end here",
			tlswire.HandshakeTypeHelloRetryRequest:        "asks for another hello",
			tlswire.HandshakeTypeEncryptedExtensions:      "the rest of the {from}'s answer to the hello",
			tlswire.HandshakeTypeRequestConnectionID:      "asks for connection IDs (DTLS)",
			tlswire.HandshakeTypeNewConnectionID:          "new connection IDs (DTLS)",
			tlswire.HandshakeTypeCertificate:              "who the {from} says it is",
			tlswire.HandshakeTypeServerKeyExchange:        "the {from}'s half of the key exchange",
			tlswire.HandshakeTypeCertificateRequest:       "asks the {to} for a certificate",
			tlswire.HandshakeTypeServerHelloDone:          "the {from} has said all: now the {to}",
			tlswire.HandshakeTypeCertificateVerify:        "proves that the {from} holds the certificate's key",
			tlswire.HandshakeTypeClientKeyExchange:        "the {from}'s half of the key exchange",
			tlswire.HandshakeTypeClientCertificateRequest: "asks the {to} for a certificate (RFC 9261)",
			tlswire.HandshakeTypeFinished:                 "completes the {from}'s side: a MAC over the handshake",
			tlswire.HandshakeTypeCertificateURL:           "where to find the {from}'s certificate (RFC 6066)",
			tlswire.HandshakeTypeCertificateStatus:        "whether the certificate is revoked, as its CA says",
			tlswire.HandshakeTypeSupplementalData:         "more about the {from} (RFC 4680)",
			tlswire.HandshakeTypeKeyUpdate:                "the {from} changes its sending key",
			tlswire.HandshakeTypeCompressedCertificate:    "who the {from} says it is, compressed (RFC 8879)",
			tlswire.HandshakeTypeEKTKey:                   "a key for encrypted media (RFC 8870)",
			tlswire.HandshakeTypeNextProtocol:             "the protocol that the {from} picked (NPN, before ALPN)",
			tlswire.HandshakeTypeMessageHash:              "stands for a hash in transcripts: never sent",
		},
		handshakeOther: "a message that this version does not know",

		alerts: map[tlswire.AlertDescription]sentence{
			tlswire.AlertCloseNotify:                  "the {from} is done sending: an orderly end",
			tlswire.AlertEndOfEarlyData:               "the {from} sends no more early data",
			tlswire.AlertUnexpectedMessage:            "the {from} got a message that has no place here",
			tlswire.AlertBadRecordMAC:                 "a record from the {to} does not authenticate: wrong keys, or altered on the way",
			tlswire.AlertDecryptionFailed:             "a record from the {to} could not be decrypted",
			tlswire.AlertRecordOverflow:               "a record from the {to} is too long",
			tlswire.AlertDecompressionFailure:         "data from the {to} could not be decompressed",
			tlswire.AlertHandshakeFailure:             "the {from} finds nothing acceptable in what the {to} offers: suites, groups or signatures",
			tlswire.AlertNoCertificate:                "the {from} has no certificate to show (SSL 3.0)",
			tlswire.AlertBadCertificate:               "the {from} finds the {to}'s certificate broken, wrong or untrusted",
			tlswire.AlertUnsupportedCertificate:       "the {from} cannot use certificates of this kind",
			tlswire.AlertCertificateRevoked:           "the {to}'s certificate was revoked by its CA",
			tlswire.AlertCertificateExpired:           "the {from} finds the {to}'s certificate out of date",
			tlswire.AlertCertificateUnknown:           "the {from} does not accept the {to}'s certificate, and does not say why",
			tlswire.AlertIllegalParameter:             "a value from the {to} is not allowed or fits nothing else",
			tlswire.AlertUnknownCA:                    "the {from} does not know the CA behind the {to}'s certificate",
			tlswire.AlertAccessDenied:                 "the {to}'s certificate is valid, but the {from} lets it do nothing",
			tlswire.AlertDecodeError:                  "a message from the {to} cannot be parsed",
			tlswire.AlertDecryptError:                 "a signature or Finished from the {to} does not verify",
			tlswire.AlertTooManyCIDsRequested:         "the {to} asked for too many connection IDs",
			tlswire.AlertExportRestriction:            "an old rule on key lengths for export was broken",
			tlswire.AlertProtocolVersion:              "the {from} speaks none of the TLS versions offered",
			tlswire.AlertInsufficientSecurity:         "the {from} wants stronger ciphers than were offered",
			tlswire.AlertInternalError:                "something failed inside the {from}, not the {to}",
			tlswire.AlertInappropriateFallback:        "the {to} retried with an older version than the {from} supports",
			tlswire.AlertUserCanceled:                 "the {from}'s user called it off",
			tlswire.AlertNoRenegotiation:              "the {from} will not negotiate anew",
			tlswire.AlertMissingExtension:             "an extension that the {from} needs is missing",
			tlswire.AlertUnsupportedExtension:         "the {to} sent an extension that was not offered",
			tlswire.AlertCertificateUnobtainable:      "the {from} could not fetch the certificate from its URL",
			tlswire.AlertUnrecognizedName:             "the {from} serves no host of the name asked for (SNI)",
			tlswire.AlertBadCertificateStatusResponse: "the {from} does not accept the OCSP staple",
			tlswire.AlertBadCertificateHashValue:      "the certificate is not the one that was announced",
			tlswire.AlertUnknownPSKIdentity:           "the {from} does not know this pre-shared key",
			tlswire.AlertCertificateRequired:          "the {from} insists on a certificate, and the {to} showed none",
			tlswire.AlertGeneralError:                 "the {from} gives up for a reason that has no alert",
			tlswire.AlertNoApplicationProtocol:        "the {from} speaks none of the protocols offered (ALPN)",
			tlswire.AlertECHRequired:                  "the {from} insists on ECH, and the {to} did not use it",
		},
		alertOther: "an alert from the {from} that this version does not know",
		alertSeen:  func(name string) string { return "alert " + name },

		lost: map[inspect.LossReason]string{
			inspect.LossQueueFull: "the queue was full (inspect.overflow: drop); nothing more can be opened in this direction",
			inspect.LossPanic:     "a bug ended the inspection of this connection: please report it",
		},
		notInspected:      func(amount string) string { return amount + " not inspected" },
		lossHarmless:      "the traffic itself was not affected",
		afterRetry:        "after a Hello Retry Request",
		clientCertSent:    "client certificate sent",
		clientCertMissing: "client certificate wanted, none sent",
		transferred:       func(sent, got string) string { return "client sent " + sent + ", got " + got },

		probably:         "probably: ",
		because:          func(reason string) string { return ": " + reason },
		rejectedSilently: "it left without a word once it had seen the certificate",
		rejections: map[tlswire.AlertDescription]rejectionWords{
			tlswire.AlertUnknownCA:              {"it does not know tlsmitm's CA", trust},
			tlswire.AlertBadCertificate:         {"it finds it untrusted or wrong", trust},
			tlswire.AlertCertificateUnknown:     {"it does not accept it, and does not say why", trust},
			tlswire.AlertCertificateExpired:     {"it finds it out of date", "compare the clock of the client's machine with this one's"},
			tlswire.AlertCertificateRevoked:     {"it believes it revoked", trust},
			tlswire.AlertUnsupportedCertificate: {"it cannot use certificates of this kind", "try an RSA root in the CA directory, or list {host} under policy.tunnel"},
		},
		checks: map[string]checkWords{
			checkUnknownAuthority:    {"its issuer is not trusted", "if you trust the issuer, add its certificate to upstream.ca_files; to let {host} pass unchecked, list it in upstream.insecure_hosts"},
			checkSelfSigned:          {"it is signed by itself", "add it to upstream.ca_files, or list {host} in upstream.insecure_hosts"},
			checkExpired:             {"it has expired", "check this machine's clock; the server needs a new certificate; until then list {host} in upstream.insecure_hosts"},
			checkNotYetValid:         {"it is not valid yet", "check this machine's clock, and the server's certificate"},
			checkNameMismatch:        {"it is for other names", "ask for a name that the certificate has, or list {host} in upstream.insecure_hosts"},
			checkIncompatibleUsage:   {"it is not meant for servers", "the server needs a certificate with the usage serverAuth; until then list {host} in upstream.insecure_hosts"},
			checkConstraintViolation: {"its CA may not issue it", "a constraint in the chain forbids it: tell the server's operator; until then list {host} in upstream.insecure_hosts"},
			checkOther:               {"another check failed", "see the reported error; to let {host} pass unchecked, list it in upstream.insecure_hosts"},
		},
		causes: englishCauses(trust),
	}
}

// englishCauses says why connections end, and what to do about it.
func englishCauses(trust sentence) map[inspect.Cause]causeWords {
	return map[inspect.Cause]causeWords{
		inspect.CauseOK: {closed: "closed", title: "closed in order", advice: "nothing to do"},
		inspect.CausePolicy: {closed: "refused by policy", title: "refused by policy: {target}",
			advice: "if it should pass, take it out of policy.refuse"},
		inspect.CauseLoop: {closed: "would call itself", title: "the proxy was asked to call itself: {target}",
			advice: "ask for another address; check HTTPS_PROXY and the system proxy of whoever asked"},
		inspect.CauseDialFailed: {closed: "server not reached", title: "cannot connect to {target}",
			advice: "check name and port, and whether this machine reaches it without the proxy"},
		inspect.CauseDialTimeout: {closed: "server did not answer", title: "no answer from {target} in time",
			advice: "check whether this machine reaches it without the proxy; a firewall may swallow the packets; the limit is limits.dial"},
		inspect.CauseSniffTimeout: {closed: "said too little in time", title: "neither end said enough in time to tell what is spoken to {target}",
			advice: "look at the client, or the network before it; the limit is limits.sniff"},
		inspect.CauseClientHelloMalformed: {closed: "client hello malformed", title: "the Client Hello cannot be parsed{reason}",
			advice: "if this client is right, please report it; meanwhile list {host} under policy.tunnel"},
		inspect.CauseClientHelloTooLarge: {closed: "client hello too large", title: "the Client Hello is longer than the limit",
			advice: "if this client is right, please report it"},
		inspect.CauseUpstreamUnverified: {closed: "server certificate not verified", title: "the certificate of {target} does not verify{reason}",
			advice: "see the reported error; to let {host} pass unchecked, list it in upstream.insecure_hosts"},
		inspect.CauseUpstreamHandshakeFailed: {closed: "handshake with the server failed", title: "the TLS handshake with {target} failed{reason}",
			advice: "compare the proxy's Client Hello with the client's; an old server may need a lower tls.min_version; or list {host} under policy.tunnel"},
		inspect.CauseUpstreamClosed: {closed: "server left in the handshake", title: "{target} closed the connection during the TLS handshake",
			advice: "does this port speak TLS? if it works without the proxy, it may dislike our Client Hello: list {host} under policy.tunnel"},
		inspect.CauseUpstreamTimeout: {closed: "server too slow in the handshake", title: "{target} did not complete the TLS handshake in time",
			advice: "does this port speak TLS? the limit is limits.handshake"},
		inspect.CauseClientRejected: {closed: "client rejected the certificate", title: "the client ({subject}) rejected the certificate made for {host}{reason}",
			probable: "the client ({subject}) probably rejected the certificate made for {host}{reason}", advice: trust},
		inspect.CauseClientHandshakeFailed: {closed: "handshake with the client failed", title: "the TLS handshake with the client ({subject}) failed{reason}",
			advice: "an old client may need a lower tls.min_version; or list {host} under policy.tunnel"},
		inspect.CauseClientClosed: {closed: "client left in the handshake", title: "the client ({subject}) closed the connection during the TLS handshake",
			advice: "if it does so every time, it may not trust tlsmitm's CA: `tlsmitm ca` says where it is"},
		inspect.CauseClientTimeout: {closed: "client too slow in the handshake", title: "the client ({subject}) did not complete the TLS handshake in time",
			advice: "look at the client: it may be waiting for its user; the limit is limits.handshake"},
		inspect.CauseClientReset: {closed: "reset by the client", title: "the client ({subject}) reset the connection",
			advice: "a client may do so when it needs no more; look there if it comes too early"},
		inspect.CauseServerReset: {closed: "reset by the server", title: "{target} reset the connection",
			advice: "look at the server, or at what lies before it"},
		inspect.CauseIdleTimeout: {closed: "idle for too long", title: "nothing passed for longer than the idle limit",
			advice: "the limit is limits.idle"},
		inspect.CauseShutdown: {closed: "tlsmitm stopped", title: "the connection was open when tlsmitm stopped",
			advice: "limits.shutdown_grace gives transfers more time"},
		inspect.CauseInternal: {closed: "internal error", title: "a bug in tlsmitm ended this connection",
			advice: "please report it, with the log of that moment"},
	}
}
