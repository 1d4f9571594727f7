package tlswire

// KeyUpdateRequest says whether the sender of a Key Update wants the peer to
// update its key too, RFC 8446 section 4.6.3.
type KeyUpdateRequest uint8

// The values of KeyUpdateRequest.
const (
	KeyUpdateNotRequested KeyUpdateRequest = 0
	KeyUpdateRequested    KeyUpdateRequest = 1
)

// String returns "update_not_requested" or "update_requested".
func (r KeyUpdateRequest) String() string {
	switch r {
	case KeyUpdateNotRequested:
		return "update_not_requested"
	case KeyUpdateRequested:
		return "update_requested"
	}
	return unknown8(uint8(r))
}

// ParseKeyUpdate reads the body of a Key Update.
func ParseKeyUpdate(body []byte) (KeyUpdateRequest, error) {
	r := newReader("Key Update", body)
	request := KeyUpdateRequest(r.uint8("request_update"))
	r.end("request_update")
	if err := r.failure(); err != nil {
		return 0, err
	}
	return request, nil
}
