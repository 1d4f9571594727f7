package tlswire

// AlertLevel is an alert's severity, RFC 8446 section 6. TLS 1.3 gives it no meaning.
type AlertLevel uint8

// The alert levels.
const (
	AlertLevelWarning AlertLevel = 1
	AlertLevelFatal   AlertLevel = 2
)

// String returns "warning" or "fatal".
func (l AlertLevel) String() string {
	switch l {
	case AlertLevelWarning:
		return "warning"
	case AlertLevelFatal:
		return "fatal"
	}
	return unknown8(uint8(l))
}

// AlertDescription says what an alert is about, RFC 8446 section 6.
type AlertDescription uint8

// The TLS Alerts registry.
const (
	AlertCloseNotify                  AlertDescription = 0  // RFC 8446 section 6.1
	AlertEndOfEarlyData               AlertDescription = 1  // drafts of RFC 8446
	AlertUnexpectedMessage            AlertDescription = 10 // RFC 8446 section 6.2, as are those without a note
	AlertBadRecordMAC                 AlertDescription = 20
	AlertDecryptionFailed             AlertDescription = 21 // RFC 4346 section 7.2.2
	AlertRecordOverflow               AlertDescription = 22
	AlertDecompressionFailure         AlertDescription = 30 // RFC 5246 section 7.2.2
	AlertHandshakeFailure             AlertDescription = 40
	AlertNoCertificate                AlertDescription = 41 // RFC 6101 section 5.4.2
	AlertBadCertificate               AlertDescription = 42
	AlertUnsupportedCertificate       AlertDescription = 43
	AlertCertificateRevoked           AlertDescription = 44
	AlertCertificateExpired           AlertDescription = 45
	AlertCertificateUnknown           AlertDescription = 46
	AlertIllegalParameter             AlertDescription = 47
	AlertUnknownCA                    AlertDescription = 48
	AlertAccessDenied                 AlertDescription = 49
	AlertDecodeError                  AlertDescription = 50
	AlertDecryptError                 AlertDescription = 51
	AlertTooManyCIDsRequested         AlertDescription = 52 // RFC 9147 section 10
	AlertExportRestriction            AlertDescription = 60 // RFC 4346 section 7.2.2
	AlertProtocolVersion              AlertDescription = 70
	AlertInsufficientSecurity         AlertDescription = 71
	AlertInternalError                AlertDescription = 80
	AlertInappropriateFallback        AlertDescription = 86 // RFC 7507 section 3
	AlertUserCanceled                 AlertDescription = 90
	AlertNoRenegotiation              AlertDescription = 100 // RFC 5246 section 7.2.2
	AlertMissingExtension             AlertDescription = 109
	AlertUnsupportedExtension         AlertDescription = 110
	AlertCertificateUnobtainable      AlertDescription = 111 // RFC 6066 section 9
	AlertUnrecognizedName             AlertDescription = 112
	AlertBadCertificateStatusResponse AlertDescription = 113
	AlertBadCertificateHashValue      AlertDescription = 114 // RFC 6066 section 9
	AlertUnknownPSKIdentity           AlertDescription = 115
	AlertCertificateRequired          AlertDescription = 116
	AlertGeneralError                 AlertDescription = 117 // RFC 9846
	AlertNoApplicationProtocol        AlertDescription = 120
	AlertECHRequired                  AlertDescription = 121 // RFC 9849 section 5
)

// String returns the description's name in the registry, such as "unknown_ca".
func (d AlertDescription) String() string {
	switch d {
	case AlertCloseNotify:
		return "close_notify"
	case AlertEndOfEarlyData:
		return "end_of_early_data"
	case AlertUnexpectedMessage:
		return "unexpected_message"
	case AlertBadRecordMAC:
		return "bad_record_mac"
	case AlertDecryptionFailed:
		return "decryption_failed"
	case AlertRecordOverflow:
		return "record_overflow"
	case AlertDecompressionFailure:
		return "decompression_failure"
	case AlertHandshakeFailure:
		return "handshake_failure"
	case AlertNoCertificate:
		return "no_certificate"
	case AlertBadCertificate:
		return "bad_certificate"
	case AlertUnsupportedCertificate:
		return "unsupported_certificate"
	case AlertCertificateRevoked:
		return "certificate_revoked"
	case AlertCertificateExpired:
		return "certificate_expired"
	case AlertCertificateUnknown:
		return "certificate_unknown"
	case AlertIllegalParameter:
		return "illegal_parameter"
	case AlertUnknownCA:
		return "unknown_ca"
	case AlertAccessDenied:
		return "access_denied"
	case AlertDecodeError:
		return "decode_error"
	case AlertDecryptError:
		return "decrypt_error"
	case AlertTooManyCIDsRequested:
		return "too_many_cids_requested"
	}
	return d.lateName()
}

// lateName names the descriptions from 60 on.
func (d AlertDescription) lateName() string {
	switch d {
	case AlertExportRestriction:
		return "export_restriction"
	case AlertProtocolVersion:
		return "protocol_version"
	case AlertInsufficientSecurity:
		return "insufficient_security"
	case AlertInternalError:
		return "internal_error"
	case AlertInappropriateFallback:
		return "inappropriate_fallback"
	case AlertUserCanceled:
		return "user_canceled"
	case AlertNoRenegotiation:
		return "no_renegotiation"
	case AlertMissingExtension:
		return "missing_extension"
	case AlertUnsupportedExtension:
		return "unsupported_extension"
	case AlertCertificateUnobtainable:
		return "certificate_unobtainable"
	case AlertUnrecognizedName:
		return "unrecognized_name"
	case AlertBadCertificateStatusResponse:
		return "bad_certificate_status_response"
	case AlertBadCertificateHashValue:
		return "bad_certificate_hash_value"
	case AlertUnknownPSKIdentity:
		return "unknown_psk_identity"
	case AlertCertificateRequired:
		return "certificate_required"
	case AlertGeneralError:
		return "general_error"
	case AlertNoApplicationProtocol:
		return "no_application_protocol"
	case AlertECHRequired:
		return "ech_required"
	}
	return unknown8(uint8(d))
}

// Alert is an alert message, RFC 8446 section 6.
type Alert struct {
	Level       AlertLevel
	Description AlertDescription
}

// String returns the level and the description: "fatal unknown_ca".
func (a Alert) String() string { return a.Level.String() + " " + a.Description.String() }

// ParseAlert reads the content of an alert record, which is exactly one alert:
// RFC 8446 section 5.1 lets no record carry more, and none less.
func ParseAlert(b []byte) (Alert, error) {
	r := newReader("Alert", b)
	a := Alert{Level: AlertLevel(r.uint8("level")), Description: AlertDescription(r.uint8("description"))}
	r.end("alert")
	if err := r.failure(); err != nil {
		return Alert{}, err
	}
	return a, nil
}
