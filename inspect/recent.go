package inspect

import "sync"

// recent remembers a bounded number of values by a digest; the oldest go first. It
// is safe for concurrent use.
type recent[V any] struct {
	mu     sync.Mutex
	byKey  map[[32]byte]V
	ring   [][32]byte
	size   int
	oldest int
}

func newRecent[V any](size int) *recent[V] {
	return &recent[V]{byKey: make(map[[32]byte]V), size: size}
}

func (r *recent[V]) put(key [32]byte, v V) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, known := r.byKey[key]; !known {
		if len(r.ring) < r.size {
			r.ring = append(r.ring, key)
		} else {
			delete(r.byKey, r.ring[r.oldest])
			r.ring[r.oldest] = key
			r.oldest = (r.oldest + 1) % len(r.ring)
		}
	}
	r.byKey[key] = v
}

func (r *recent[V]) get(key [32]byte) (v V, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v, ok = r.byKey[key]
	return v, ok
}
