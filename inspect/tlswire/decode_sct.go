package tlswire

import "time"

// timestamps reads signed_certificate_timestamp (RFC 6962 section 3.3.1): empty where
// it is asked for.
func (s *treeScope) timestamps(name string) {
	if !s.more() {
		s.flag(name)
		return
	}
	s.timestampList(name)
}

// timestampList reads a SignedCertificateTimestampList (RFC 6962 section 3.2, 3.3).
func (s *treeScope) timestampList(name string) {
	list := s.open(name, 2)
	for list.more() {
		sct := list.begin()
		n, _ := sct.length("serialized_sct", 2)
		body := sct.enter(n)
		if treeCode[treeSCTVersion](&body, "version", 1) == 0 {
			body.bytes("log_id", 32)
			body.timestamp("timestamp")
			body.opaque("extensions", 2)
			treeCode[SignatureScheme](&body, "algorithm", 2)
			body.opaque("signature", 2)
		} else {
			body.remaining(treeBody)
		}
		body.finish()
		list.end("serialized_sct", KindStruct, &sct)
	}
	s.close(name, KindList, &list)
}

// treeLastTime is the last millisecond that RFC 3339 can write.
const treeLastTime = 253402300799999

// timestamp reads a time in milliseconds since 1970 (RFC 6962 section 3.2). One that
// RFC 3339 cannot write stays a number.
func (s *treeScope) timestamp(name string) {
	f := s.number(name, KindUint, 8)
	if f == nil || f.Uint > treeLastTime {
		return
	}
	f.Kind, f.Text = KindTime, time.UnixMilli(int64(f.Uint)).UTC().Format("2006-01-02T15:04:05.000Z07:00")
}
