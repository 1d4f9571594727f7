package inspect

import (
	"bytes"
	"sync"
	"sync/atomic"
	"time"

	"tlsmitm/inspect/tlscrypt"
)

const (
	// keyStoreBytes bounds a store: room for some hundred thousand connections.
	keyStoreBytes = 64 << 20
	// maxKeysPerRandom bounds the lines of one connection: TLS 1.3 has seven.
	maxKeysPerRandom = 16
	// What a random and a secret cost besides the secret's own bytes, about.
	storedRandomCost = 192
	storedSecretCost = 48
	// maxParkedAll bounds the bytes that wait for secrets of a store, over all
	// conversations: beyond it nobody waits.
	maxParkedAll = 64 << 20
)

// KeyStore holds secrets that come from elsewhere than from the connections
// themselves: from the key log file that a client writes, or with a capture.
//
//	keys := inspect.NewKeyStore()
//	s := in.Open(inspect.Meta{…, Keys: keys})
//	// … whenever secrets come, before or after the bytes that they open:
//	keys.AddText(lines)
//	// … and when it is known that no more will:
//	keys.Complete()
//
// A conversation looks its secrets up at its Client Hello, and is told of those
// that come later. What needs a secret that is not there yet waits for it, for a
// bounded time and in bounded memory; after Complete nothing waits. The store is
// bounded, too: the secrets of the connections that were named first go first.
// It is safe for concurrent use, and a nil *KeyStore is an empty one.
type KeyStore struct {
	mu       sync.Mutex
	limit    int
	patience time.Duration // how long a leg waits for a secret
	size     int
	secrets  map[[32]byte][]storedSecret
	order    [][32]byte // of the secrets, in the order in which they were named
	oldest   int        // where order begins
	watches  map[[32]byte][]*keyWatch
	claimed  map[[32]byte]bool // of the secrets, those of a hello that was seen
	strays   strays
	complete bool

	waiting atomic.Int64  // conversations that cannot go on without a secret
	parked  atomic.Int64  // the bytes that they hold
	wanted  chan struct{} // has room for one
}

// NewKeyStore returns an empty store.
func NewKeyStore() *KeyStore {
	return &KeyStore{
		limit:    keyStoreBytes,
		patience: keyWait,
		secrets:  make(map[[32]byte][]storedSecret),
		watches:  make(map[[32]byte][]*keyWatch),
		claimed:  make(map[[32]byte]bool),
		wanted:   make(chan struct{}, 1),
	}
}

// storedSecret is a key log line of a random that is known already.
type storedSecret struct {
	label  tlscrypt.Label
	secret []byte
}

// keyWatch is a conversation that wants the secrets of one client random. Its
// functions are called from any goroutine, and may only append to memory.
type keyWatch struct {
	random [32]byte // or an encryptedName
	tell   func(tlscrypt.KeyLogLine)
	over   func() // no more will come
}

// Add adds a secret, and tells the conversations of its connection. It keeps the
// line's slices, which must not be changed any more.
func (k *KeyStore) Add(line tlscrypt.KeyLogLine) {
	if k == nil || len(line.ClientRandom) != 32 {
		return
	}
	random := [32]byte(line.ClientRandom)
	k.mu.Lock()
	if !k.keep(random, line) {
		k.mu.Unlock()
		return
	}
	tell := append([]*keyWatch(nil), k.watches[random]...)
	tried := k.stray(random, line.Label)
	k.mu.Unlock()
	for _, look := range tried {
		look()
	}
	for _, w := range tell {
		w.tell(line)
	}
}

// keep stores a line; false if it says nothing new. A secret that comes again
// with another value replaces the first: a random that is used twice is a
// client's mistake, and the connection that is open now is the later one.
func (k *KeyStore) keep(random [32]byte, line tlscrypt.KeyLogLine) bool {
	list, named := k.secrets[random]
	for i := range list {
		if list[i].label == line.Label {
			news := !bytes.Equal(list[i].secret, line.Secret)
			list[i].secret = line.Secret
			return news
		}
	}
	if len(list) >= maxKeysPerRandom {
		return false
	}
	if !named {
		k.order = append(k.order, random)
		k.size += storedRandomCost
	}
	k.secrets[random] = append(list, storedSecret{line.Label, line.Secret})
	k.size += storedSecretCost + len(line.Secret)
	for k.size > k.limit && k.oldest < len(k.order)-1 {
		k.forgetOldest()
	}
	return true
}

func (k *KeyStore) forgetOldest() {
	random := k.order[k.oldest]
	for _, s := range k.secrets[random] {
		k.size -= storedSecretCost + len(s.secret)
	}
	k.size -= storedRandomCost
	delete(k.secrets, random)
	delete(k.claimed, random)
	if k.oldest++; k.oldest > len(k.order)/2 {
		k.order = append(k.order[:0], k.order[k.oldest:]...)
		k.oldest = 0
	}
}

// AddText adds the secrets of a text in the key log format and returns how many
// lines held one. It copies. Whatever else stands there is passed over: comments,
// empty lines, labels that nothing here has a use for, half a line.
func (k *KeyStore) AddText(text []byte) (secrets int) {
	for len(text) > 0 {
		line := text
		if end := bytes.IndexAny(text, "\n\r"); end >= 0 {
			line, text = text[:end], text[end+1:]
		} else {
			text = nil
		}
		if parsed, err := tlscrypt.ParseKeyLogLine(line); err == nil && parsed.Label.Known() {
			k.Add(parsed)
			secrets++
		} else if rsa, err := tlscrypt.ParseRSALine(line); err == nil {
			name := encryptedName(rsa.Encrypted[:])
			k.Add(tlscrypt.KeyLogLine{Label: tlscrypt.LabelPremaster, ClientRandom: name[:], Secret: rsa.Premaster})
			secrets++
		}
	}
	return secrets
}

// encryptedName is what a premaster secret is filed under that is known by its
// encrypted form: no random, since these end otherwise.
func encryptedName(encrypted []byte) (name [32]byte) {
	copy(name[:8], encrypted)
	copy(name[8:], "RSA encrypted premaster ")
	return name
}

// Complete says that no more secrets will come: what waits for one is told of as
// it is, and nothing waits from now on.
func (k *KeyStore) Complete() {
	if k == nil {
		return
	}
	k.mu.Lock()
	k.complete = true
	var tell []*keyWatch
	for _, list := range k.watches {
		tell = append(tell, list...)
	}
	k.mu.Unlock()
	for _, w := range tell {
		w.over()
	}
}

// Wanted receives when a conversation begins to wait for a secret: whoever reads
// them from a file should look now.
func (k *KeyStore) Wanted() <-chan struct{} { return k.wanted }

// Waiting returns how many conversations cannot go on without a secret.
func (k *KeyStore) Waiting() int { return int(k.waiting.Load()) }

// Connections returns of how many connections secrets are held.
func (k *KeyStore) Connections() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.secrets)
}

// watch returns the secrets that are known of a random, and from now on tells
// of each that comes, until unwatch. more is false if none will.
func (k *KeyStore) watch(w *keyWatch) (known []tlscrypt.KeyLogLine, more bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.secrets[w.random] != nil {
		k.claimed[w.random] = true
	}
	if !k.complete {
		k.watches[w.random] = append(k.watches[w.random], w)
	}
	for _, s := range k.secrets[w.random] {
		known = append(known, tlscrypt.KeyLogLine{Label: s.label, ClientRandom: w.random[:], Secret: s.secret})
	}
	return known, !k.complete
}

func (k *KeyStore) unwatch(w *keyWatch) {
	k.mu.Lock()
	defer k.mu.Unlock()
	list := k.watches[w.random]
	for i := range list {
		if list[i] == w {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(k.watches, w.random)
		return
	}
	k.watches[w.random] = list
}

// wait counts a conversation that begins to wait, and calls for secrets.
func (k *KeyStore) wait() {
	k.waiting.Add(1)
	select {
	case k.wanted <- struct{}{}:
	default:
	}
}
