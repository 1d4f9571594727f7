package capture

import (
	"fmt"
	"testing"
)

// TestNumbers: a connection is called what its capture calls it, unless another is.
func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		wanted []uint64 // 0 for none, and start for another capture
		want   []uint64
	}{
		{[]uint64{0, 0, 0}, []uint64{1, 2, 3}},
		{[]uint64{1, 4, 2, 3, 130}, []uint64{1, 4, 2, 3, 130}},
		{[]uint64{2, 2, 1, 3}, []uint64{2, 3, 1, 4}},
		{[]uint64{0, 1, 2}, []uint64{1, 2, 3}},
		{[]uint64{2, 1, start, 1, 3, 2, start, 0, 1}, []uint64{2, 1, 3, 5, 4, 6, 7}},
		{[]uint64{maxNumber, 1, 0, maxNumber, 2}, []uint64{maxNumber, 1, maxNumber + 1, maxNumber + 2, 2}},
		{[]uint64{maxNumber + 1, 1<<64 - 1, 1}, []uint64{1, 2, 3}},
	} {
		var n numbers
		var got []uint64
		for _, wanted := range c.wanted {
			if wanted == start {
				n.begin()
				continue
			}
			got = append(got, n.give(wanted))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) {
			t.Errorf("%d: called %d, not %d", c.wanted, got, c.want)
		}
		if len(n.used) > maxNumber/64+1 {
			t.Errorf("%d words are remembered", len(n.used))
		}
	}
}

// start stands for the beginning of another capture.
const start = 1<<64 - 2
