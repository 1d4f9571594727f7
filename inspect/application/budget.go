package application

import "sync/atomic"

// Budget bounds the bytes that many conversations keep together.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of so many bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// take claims up to n bytes and returns how many it got.
func (b *Budget) take(n int) int {
	if b == nil {
		return n
	}
	if over := b.used.Add(int64(n)) - b.limit; over > 0 {
		back := min(over, int64(n))
		b.used.Add(-back)
		return n - int(back)
	}
	return n
}

func (b *Budget) give(n int) {
	if b != nil {
		b.used.Add(-int64(n))
	}
}
