package websocket

// beginCompressed prepares for a message that is compressed, if this one is (RFC
// 7692, section 6).
func (c *Conn) beginCompressed(d *direction, m *incoming) {
	if !d.deflate || d.frame.rsv&rsv1 == 0 {
		return
	}
	m.Compressed = true
	if d.lost != "" {
		m.Undecoded = true
		m.odd(d.lost)
		return
	}
	m.inflate = true
	switch {
	case d.inflater == nil:
		d.inflater = new(inflater)
	case d.forget:
		d.inflater.reset()
	}
}

// inflate takes bytes of a compressed message.
func (c *Conn) inflate(d *direction, m *incoming, b []byte) {
	m.count(int64(len(b)))
	out := func(b []byte) bool { return c.inflated(d, m, b) }
	if !d.frame.masked {
		c.inflatePlain(d, m, b, out)
		return
	}
	var plain [512]byte
	for at := d.at; len(b) > 0 && m.inflate; {
		n := copy(plain[:], b)
		unmask(plain[:n], d.frame.mask, at)
		c.inflatePlain(d, m, plain[:n], out)
		at += uint64(n)
		b = b[n:]
	}
}

// inflatePlain takes bytes whose mask is off.
func (c *Conn) inflatePlain(d *direction, m *incoming, b []byte, out func([]byte) bool) {
	more, err := d.inflater.feed(b, out)
	switch {
	case more:
	case err != nil:
		c.stop(d, m, DeflateInvalid)
	case d.forget:
		m.inflate = false // Data is full, and nobody needs the rest
	default:
		c.stop(d, m, DeflateTooLarge)
	}
}

// inflated takes bytes that were decompressed. It returns false when no more of
// the message are wanted.
func (c *Conn) inflated(d *direction, m *incoming, b []byte) (more bool) {
	most := int64(maxDecoded)
	if d.forget {
		most = int64(m.limit) + 1 // one more, to know that there are
	}
	n := int(min(int64(len(b)), most-m.Decoded))
	m.keep(b[:n])
	m.Decoded += int64(n)
	return n == len(b)
}

// stop gives a message up, and those that refer to it.
func (c *Conn) stop(d *direction, m *incoming, code string) {
	m.inflate, m.Truncated = false, true
	m.odd(code)
	d.abandon(DeflateContextLost)
}

// abandon says that messages cannot be decompressed any more, if they need those
// before them.
func (d *direction) abandon(code string) {
	if d.forget {
		return
	}
	d.lost, d.inflater = code, nil
}

// endCompressed ends a message, if it is compressed.
func (c *Conn) endCompressed(d *direction, m *incoming) {
	if before := m.Message; m.inflate && !d.inflater.end(func(b []byte) bool { return c.inflated(d, m, b) }) {
		m.Data, m.Decoded = m.Data[:len(before.Data)], before.Decoded // the rest is made of what was not sent
		c.stop(d, m, DeflateInvalid)
	}
	m.inflate = false
	if m.Compressed {
		d.sent += m.Length
		d.decoded += m.Decoded
	}
	if d.decoded > 2*maxDecoded+maxRatio*d.sent && d.lost == "" {
		d.lost, d.inflater = DeflateTooLarge, nil
	}
}
