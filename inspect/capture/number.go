package capture

// numbers gives connections the numbers that they have in a run: the one that tlsmitm has
// written beside it, if that is free, so that what is read is named as it was live; and
// else the next.
type numbers struct {
	used  []uint64 // a bit for each
	start uint64   // those before are of other captures
	last  uint64   // the highest that was given
}

// maxNumber bounds what is remembered: a higher number is not taken from a capture.
const maxNumber = 1 << 24

// begin sets the numbers of another capture apart from those so far.
func (n *numbers) begin() { n.start = n.last }

// give returns the number of a connection, which is called wanted in its capture, or 0.
func (n *numbers) give(wanted uint64) uint64 {
	id := n.last + 1
	if wanted > 0 && wanted <= maxNumber && n.start+wanted <= maxNumber && !n.taken(n.start+wanted) {
		id = n.start + wanted
	}
	if id <= maxNumber {
		for uint64(len(n.used)) <= id/64 {
			n.used = append(n.used, 0)
		}
		n.used[id/64] |= 1 << (id % 64)
	}
	n.last = max(n.last, id)
	return id
}

func (n *numbers) taken(id uint64) bool {
	return id/64 < uint64(len(n.used)) && n.used[id/64]&(1<<(id%64)) != 0
}
