package inspect

import (
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds the bytes that wait to be dissected, over all sessions.
type budget struct {
	limit  int64
	used   atomic.Int64
	waiter atomic.Int32

	mu     sync.Mutex
	room   *sync.Cond
	opened bool
}

func newBudget(limit int64) *budget {
	b := &budget{limit: limit}
	b.room = sync.NewCond(&b.mu)
	return b
}

// take claims n bytes, waiting while the queue is full. Whoever finds it not full
// gets all that it asks for, so the bound is exceeded by what the callers of one
// moment bring, and a claim larger than the bound does not wait for ever.
func (b *budget) take(n int) {
	if b.used.Load() <= b.limit {
		b.used.Add(int64(n))
		return
	}
	b.mu.Lock()
	b.waiter.Add(1)
	for b.used.Load() > b.limit && !b.opened {
		b.room.Wait()
	}
	b.waiter.Add(-1)
	b.used.Add(int64(n))
	b.mu.Unlock()
}

// try claims n bytes if there is room now.
func (b *budget) try(n int) bool {
	if b.used.Add(int64(n)) <= b.limit {
		return true
	}
	b.used.Add(-int64(n))
	return false
}

func (b *budget) give(n int) {
	b.used.Add(-int64(n))
	if b.waiter.Load() > 0 {
		b.mu.Lock()
		b.room.Broadcast()
		b.mu.Unlock()
	}
}

func (b *budget) open() {
	b.mu.Lock()
	b.opened = true
	b.room.Broadcast()
	b.mu.Unlock()
}

// itemKind says what waits in a session's queue.
type itemKind uint8

const (
	itemChunk     itemKind = iota // bytes that passed
	itemSecret                    // a key log line
	itemOpen                      // the connection has come
	itemVerified                  // the proxy's verdict on the server's certificate
	itemLoss                      // bytes that did not fit into the queue
	itemClose                     // the connection is over
	itemKeys                      // where the leg's secrets come from
	itemSockets                   // the leg's addresses
	itemNoSecrets                 // no more secrets will come from there
	itemGap                       // bytes that a recording lacks
	itemStray                     // a secret has come of no known connection
)

// item is one entry of a session's queue.
type item struct {
	kind  itemKind
	up    bool // client to server
	leg   LegName
	at    time.Time
	frame int    // of a recording, that the bytes are from
	b     []byte // of a block, or a secret's line
	body  any    // *Verification, Outcome, *KeyStore, *Sockets, a secret as a tlscrypt.KeyLogLine, a gap's int64
}

// blockSize holds a whole TLS record with room to spare; a chunk that is larger
// is queued in parts.
const blockSize = 32 << 10

// blocks are where tapped bytes are copied to, once. They go back when their
// chunks have been dissected: events own copies of what they keep.
var blocks = sync.Pool{New: func() any { return new([blockSize]byte) }}

// queue is a session's own, in order. It is drained by one worker at a time.
type queue struct {
	items  []item
	blocks []*[blockSize]byte
	used   int // bytes of the last block
}

// add copies b in and queues it as chunks that alias the copy.
func (q *queue) add(leg LegName, up bool, at time.Time, b []byte) {
	for len(b) > 0 {
		if len(q.blocks) == 0 || q.used == blockSize {
			q.blocks = append(q.blocks, blocks.Get().(*[blockSize]byte))
			q.used = 0
		}
		last := q.blocks[len(q.blocks)-1]
		// Part of a block that cannot take the whole is worth less than a copy
		// that stays in one piece.
		if left := blockSize - q.used; left < len(b) && left < blockSize/4 {
			q.used = blockSize
			continue
		}
		n := copy(last[q.used:], b)
		q.items = append(q.items, item{kind: itemChunk, leg: leg, up: up, at: at, b: last[q.used : q.used+n : q.used+n]})
		q.used += n
		b = b[n:]
	}
}

// release returns the blocks; the chunks may no longer be read.
func (q *queue) release() {
	for i, b := range q.blocks {
		blocks.Put(b)
		q.blocks[i] = nil
	}
	clear(q.items)
	q.items, q.blocks, q.used = q.items[:0], q.blocks[:0], 0
}
