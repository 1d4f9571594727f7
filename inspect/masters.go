package inspect

import "crypto/sha256"

// masterStoreSize bounds how many sessions are remembered.
const masterStoreSize = 8192

// masterStore remembers the secrets of sessions by what they are resumed with: TLS
// 1.2 master secrets by session ticket and session id, since a resumed session's
// secret is in no key log (RFC 5246 7.3, RFC 5077 3.1), and the pre-shared keys of
// TLS 1.3 by ticket, which show whether a binder is right (RFC 8446 4.2.11.2). One is
// never taken for the other, though a client may offer any ticket as it likes.
type masterStore struct{ recent *recent[[]byte] }

func newMasterStore(size int) *masterStore { return &masterStore{newRecent[[]byte](size)} }

// put remembers a master secret.
func (s *masterStore) put(id, secret []byte) { s.keep("master", id, secret) }

// get returns it, nil if it is not known.
func (s *masterStore) get(id []byte) []byte { return s.find("master", id) }

// putPSK remembers a ticket's pre-shared key.
func (s *masterStore) putPSK(ticket, psk []byte) { s.keep("psk", ticket, psk) }

// psk returns it, nil if it is not known.
func (s *masterStore) psk(ticket []byte) []byte { return s.find("psk", ticket) }

func (s *masterStore) keep(kind string, id, secret []byte) {
	if len(id) > 0 {
		s.recent.put(sha256.Sum256(append([]byte(kind), id...)), secret)
	}
}

func (s *masterStore) find(kind string, id []byte) []byte {
	if len(id) == 0 {
		return nil
	}
	secret, _ := s.recent.get(sha256.Sum256(append([]byte(kind), id...)))
	return secret
}
