package inspect

import (
	"slices"

	"tlsmitm/inspect/tlscrypt"
)

// Secrets are strays while no Client Hello has been seen that they are named after. A
// client names them after the inner hello if its server accepted an Encrypted Client
// Hello, so whoever saw only the outer one has to try them.

const (
	// maxStrays bounds the strays that are remembered as such; the oldest go first.
	maxStrays = 1 << 16
	// maxStrayTrials bounds how many are tried, over all conversations of a store: so much
	// takes some ten seconds.
	maxStrayTrials = 1 << 21
)

// strayLabels are the secrets that a conversation can need first.
var strayLabels = [...]tlscrypt.Label{tlscrypt.LabelClientEarly, tlscrypt.LabelServerHandshake}

// stray is a secret of no known connection, unless that has changed meanwhile.
type stray struct {
	random [32]byte
	label  tlscrypt.Label
}

// strays are a store's.
type strays struct {
	list    []stray
	dropped uint64         // how many have gone from the list's beginning
	next    uint64         // where the latest that was found was: the next is likely to follow
	trials  int            // so far
	waiting []*strayCursor // are told of new ones, in this order
}

// strayCursor is how far a conversation has tried them.
type strayCursor struct {
	label tlscrypt.Label
	tried uint64
	news  func() // there are new ones; nil unless it waits. It may only append to memory
}

// stray takes note of a secret that has come for a random that nobody watches.
func (k *KeyStore) stray(random [32]byte, label tlscrypt.Label) (tell []func()) {
	s := &k.strays
	if len(k.watches[random]) > 0 || !slices.Contains(strayLabels[:], label) {
		return nil
	}
	if len(s.list) >= maxStrays {
		s.dropped += maxStrays / 2
		s.list = append(s.list[:0], s.list[maxStrays/2:]...)
	}
	s.list = append(s.list, stray{random, label})
	for _, at := range s.waiting {
		tell = append(tell, at.news)
	}
	return tell
}

// seek tries the strays of a label that a conversation has not tried yet, and returns the
// random of the first for which try says yes. That one is a stray no longer.
func (k *KeyStore) seek(at *strayCursor, label tlscrypt.Label, try func(secret []byte) bool) (random [32]byte, found bool) {
	k.mu.Lock()
	if at.label != label {
		at.label, at.tried = label, 0
	}
	candidates := k.strays.since(at)
	k.mu.Unlock()
	for _, i := range candidates {
		k.mu.Lock()
		s, secret := k.strayAt(i, label)
		k.mu.Unlock()
		if secret == nil || !try(secret) {
			continue
		}
		k.mu.Lock()
		k.strays.next = i + 1
		k.mu.Unlock()
		return s.random, true
	}
	return random, false
}

// since returns the numbers of the strays that a cursor has not seen, in the order in
// which they are best tried, and moves it on.
func (s *strays) since(at *strayCursor) (numbers []uint64) {
	end := s.dropped + uint64(len(s.list))
	from := max(at.tried, s.dropped)
	at.tried = end
	middle := min(max(s.next, from), end)
	for i := middle; i < end; i++ {
		numbers = append(numbers, i)
	}
	for i := from; i < middle; i++ {
		numbers = append(numbers, i)
	}
	return numbers
}

// strayAt returns a stray by its number and its secret, nil if it is none any more or
// has another label, or if enough have been tried.
func (k *KeyStore) strayAt(i uint64, label tlscrypt.Label) (stray, []byte) {
	s := &k.strays
	if i < s.dropped {
		return stray{}, nil
	}
	one := s.list[i-s.dropped]
	if one.label != label || k.claimed[one.random] || s.trials >= maxStrayTrials {
		return stray{}, nil
	}
	for _, known := range k.secrets[one.random] {
		if known.label == label {
			s.trials++
			return one, known.secret
		}
	}
	return stray{}, nil
}

// awaitStrays has news called for every stray to come, until unseek.
func (k *KeyStore) awaitStrays(at *strayCursor, news func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at.news == nil {
		k.strays.waiting = append(k.strays.waiting, at)
	}
	at.news = news
}

// unseek ends that.
func (k *KeyStore) unseek(at *strayCursor) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if at.news != nil {
		at.news = nil
		k.strays.waiting = slices.DeleteFunc(k.strays.waiting, func(w *strayCursor) bool { return w == at })
	}
}

// holds tells whether a secret is known.
func (k *KeyStore) holds(random [32]byte, label tlscrypt.Label) bool {
	if k == nil {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return slices.ContainsFunc(k.secrets[random], func(s storedSecret) bool { return s.label == label })
}
