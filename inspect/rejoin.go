package inspect

import (
	"tlsmitm/inspect/tlscrypt"
	"tlsmitm/inspect/tlswire"
)

const (
	// maxMissed is how many records may have gone by unopened for the next one to
	// be looked for under the keys of the traffic: there must have been a Finished
	// among them, and nobody knows which it was.
	maxMissed = 32
	// maxRejoins bounds how often that is tried.
	maxRejoins = 64
)

// rejoin returns the opener for a record before which others of its epoch went by
// unopened, since their secret did not come in time or never does. o is that of the
// epoch, nil where its secret is not known. The record numbers of an AEAD are
// implied by how many there were.
func (f *flow) rejoin(o *tlscrypt.Opener, rec tlswire.Record) *tlscrypt.Opener {
	c := f.conv
	if !c.version.Is13() || f.traffic {
		return skipped(o, f.missed)
	}
	if o != nil && opens(skipped(o, f.missed), rec) {
		// The opener is made anew, since the trial has used the record's number up.
		again, _, _ := c.opener(f)
		return skipped(again, f.missed)
	}
	f.traffic = true // or so it may be
	if traffic := c.lookup(f.label13()); traffic != nil && f.missed <= maxMissed && f.rejoins < maxRejoins {
		f.rejoins++
		for n := range f.missed + 1 {
			if trial, _, _ := c.opener(f); trial != nil && opens(skipped(trial, n), rec) {
				again, _, _ := c.opener(f)
				return skipped(again, n)
			}
		}
	}
	f.traffic = false
	return nil
}

// skipped counts records that o has not seen. A nil opener stays nil.
func skipped(o *tlscrypt.Opener, records int) *tlscrypt.Opener {
	if o != nil {
		for range records {
			o.Skip()
		}
	}
	return o
}

// opens tells whether a record is o's next, and leaves the record as it is.
func opens(o *tlscrypt.Opener, rec tlswire.Record) bool {
	_, _, err := o.Open(tlswire.Record{Type: rec.Type, Version: rec.Version, Fragment: clone(rec.Fragment)})
	return err == nil
}
