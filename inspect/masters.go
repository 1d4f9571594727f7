package inspect

import (
	"crypto/sha256"
	"sync"
)

// masterStoreSize bounds how many TLS 1.2 sessions are remembered.
const masterStoreSize = 8192

// masterStore remembers TLS 1.2 master secrets by session ticket and session id:
// a resumed session's secret is in no key log (RFC 5246 7.3, RFC 5077 3.1). The
// oldest go first.
type masterStore struct {
	mu     sync.Mutex
	byID   map[[32]byte][]byte
	ring   [][32]byte
	oldest int
}

func newMasterStore(size int) *masterStore {
	return &masterStore{byID: make(map[[32]byte][]byte), ring: make([][32]byte, 0, size)}
}

func (s *masterStore) put(id, master []byte) {
	if len(id) == 0 {
		return
	}
	key := sha256.Sum256(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.byID[key]; !known {
		if len(s.ring) < cap(s.ring) {
			s.ring = append(s.ring, key)
		} else {
			delete(s.byID, s.ring[s.oldest])
			s.ring[s.oldest] = key
			s.oldest = (s.oldest + 1) % len(s.ring)
		}
	}
	s.byID[key] = master
}

func (s *masterStore) get(id []byte) []byte {
	if len(id) == 0 {
		return nil
	}
	key := sha256.Sum256(id)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID[key]
}
