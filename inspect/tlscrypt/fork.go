package tlscrypt

// Fork returns an opener that begins where o is and goes its own way, as to try out
// which number a record has. It returns nil where a record opens only after all those
// before it: with RC4, and with CBC in TLS 1.0. The two must not be used at the same
// time.
func (o *Opener) Fork() *Opener {
	f := *o
	if o.legacy != nil {
		if o.legacy.rc4 != nil || o.legacy.cbc != nil && !o.legacy.explicit {
			return nil
		}
		l := *o.legacy
		f.legacy = &l
	}
	return &f
}
