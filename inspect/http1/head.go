package http1

import (
	"bytes"
	"fmt"
	"strings"

	"tlsmitm/inspect/httpmsg"
)

// preface is the first line that a client sends that knows that the server
// speaks HTTP/2 (RFC 9113, section 3.4).
const preface = "PRI * HTTP/2.0"

// begins is how many bytes show that a direction goes on with a status line.
const begins = len("HTTP/")

// head reads lines up to an empty one: of a head, or of trailers.
func (d *direction) head(b []byte) int {
	data, had := b, len(d.buf)
	if had > 0 {
		d.buf = append(d.buf, b[:min(len(b), MaxHead+1-had)]...)
		data = d.buf
	}
	for seen := had; ; {
		i := bytes.IndexByte(data[seen:], '\n')
		if i < 0 {
			break
		}
		end := seen + i + 1
		seen = end
		if end > MaxHead {
			break
		}
		line := bytes.TrimSuffix(data[d.line:end-1], []byte{'\r'})
		switch {
		case len(line) > 0 && d.state == inHead && d.start == nil:
			if d.up && d.count == 0 && string(line) == preface {
				return d.refuse(had, func() { d.c.switchTo(0, "h2c") })
			}
			if !d.startLine(string(line)) {
				return d.refuse(had, func() { d.stray(data[d.line : end-1]) })
			}
			d.after = end
		case len(line) > 0:
			if d.lines++; d.lines > MaxFields {
				return d.refuse(had, func() { d.fail(fmt.Sprintf("more than %d field lines", MaxFields)) })
			}
		case d.state == inHead && d.start == nil:
			d.empty = true
			d.total.Framing += int64(end)
			d.clear()
			return end - had
		default:
			d.complete(data[d.after:end], end)
			return end - had
		}
		d.line = end
	}
	switch {
	case len(data) > MaxHead:
		return d.refuse(had, func() { d.fail(fmt.Sprintf("a head of more than %d bytes", MaxHead)) })
	case d.state == inHead && d.start == nil && (d.up || len(data) >= begins) && !d.plausible(data):
		return d.refuse(had, func() { d.stray(data) })
	case had == 0:
		d.buf = append(d.buf, data...)
	}
	return len(b)
}

// refuse leaves the bytes that were just fed, and does then: they are for the
// state that follows.
func (d *direction) refuse(had int, then func()) int {
	d.buf = d.buf[:had]
	then()
	return 0
}

// clear forgets the lines that have been read. Memory of an unusual size is not
// kept.
func (d *direction) clear() {
	if d.buf = d.buf[:0]; cap(d.buf) > 4096 {
		d.buf = nil
	}
	d.line, d.lines, d.after = 0, 0, 0
}

// plausible says whether a start line can begin so: there is no use in waiting
// for the end of a line that is none.
func (d *direction) plausible(data []byte) bool {
	if d.up {
		c := data[0]
		return c >= 0x20 && c < 0x7f || strings.IndexByte(lineSpace, c) >= 0
	}
	return beginsStatus(data)
}

func beginsStatus(data []byte) bool {
	first := string(data[:min(len(data), begins)])
	return httpmsg.SameName(first, "HTTP/"[:len(first)]) || strings.HasPrefix(first, "ICY ") || strings.HasPrefix("ICY ", first)
}

// startLine reads the line that a message begins with.
func (d *direction) startLine(line string) bool {
	if !d.plausible([]byte(line)) {
		return false
	}
	if d.up {
		d.start = requestLine(line, &d.found)
	} else {
		d.start = statusLine(line, &d.found)
	}
	return d.start != nil
}

// stray fails because of a line that is no start line.
func (d *direction) stray(line []byte) {
	what, n := "no status line", min(len(line), begins)
	if d.up {
		what = "no request line with a version"
		if !d.plausible(line) {
			n = 1 // as many as showed it, wherever they were cut
		}
	}
	why := fmt.Sprintf("%s begins with %q", what, line[:n])
	if d.count > 0 {
		if d.closes {
			d.found.add(AfterClose, "")
		}
		if d.bare {
			d.found.add(BodyNotAllowed, fmt.Sprintf("status %d", d.status))
		} else {
			d.found.add(StrayBytes, "")
		}
		d.tell(d.count)
	}
	d.fail(why)
}

// complete reads the field lines in text. The head, or the trailers, have size
// bytes.
func (d *direction) complete(text []byte, size int) {
	fields := d.fields(text)
	h := d.start
	d.clear()
	d.start = nil
	if d.state == inTrailers {
		d.total.Framing += int64(size)
		d.trailers(fields)
		return
	}
	d.total.Heads += int64(size)
	h.Fields, h.Bytes = fields, size
	if d.empty {
		d.empty = false
		d.found.add(EmptyLine, "")
	}
	if d.closes {
		d.closes = false
		d.found.add(AfterClose, "")
	}
	if d.up {
		d.request(h)
	} else {
		d.response(h)
	}
}

// request takes a request's head.
func (d *direction) request(h *httpmsg.Head) {
	a := survey(h.Fields, &d.found)
	checkHost(h, a.host, a.hosts, &d.found)
	how := a.request(h, &d.found)
	d.count++
	d.open, d.kind, d.closes = true, kindOf(h, &a), a.closes(h.Protocol)
	d.c.r.Head(d.count, true, h)
	d.tell(d.count)
	d.c.asks(d.count, d.kind)
	d.body(how, a.length)
}

// response takes a response's head.
func (d *direction) response(h *httpmsg.Head) {
	c, x := d.c, d.count+1
	final := !h.Informational()
	k := c.kindOf(x, final)
	a := survey(h.Fields, &d.found)
	how := a.response(h, k, &d.found)
	switch seen := x <= c.up.count; {
	case c.midway:
		if final {
			c.up.count = x
		}
	case !seen && c.up.state != failed && !c.up.pending() && h.Status != 408: // a server that has waited long enough says so unasked
		d.found.add(ResponseWithoutRequest, "")
	case seen && h.Status == 101 && k != upgrade && c.up.state != failed:
		d.found.add(SwitchUnasked, "")
	}
	if final {
		d.count, d.open, d.status, d.closes = x, true, h.Status, a.closes(h.Protocol)
		d.bare = how == noContent && (a.coded || a.badLength || a.length > 0)
	}
	c.r.Head(x, false, h)
	d.tell(x)
	switch {
	case !final:
		d.found.reset()
	case h.Status == 101:
		d.close(false)
		c.switchTo(x, httpmsg.Lower(a.upgrade))
	case k == connect && h.Status/100 == 2:
		d.close(false)
		c.switchTo(x, "")
	default:
		d.body(how, a.length)
		if c.up.state == held && c.up.count <= x {
			c.up.release()
		}
	}
}

// trailers takes the field lines after the last chunk.
func (d *direction) trailers(fields httpmsg.Fields) {
	for i := range fields {
		if name := httpmsg.Lower(fields[i].Name); notInTrailers[name] {
			d.found.quote(TrailerForbidden, fields[i].Name)
		}
	}
	if len(fields) > 0 {
		d.c.r.Trailers(d.count, d.up, fields)
	}
	d.finish()
}

// notInTrailers are fields that say how a message is framed, routed, changed,
// authenticated or processed (RFC 9110, section 6.5.1).
var notInTrailers = map[string]bool{
	"transfer-encoding": true, "content-length": true, "trailer": true, "te": true, "connection": true, "upgrade": true,
	"host": true, "expect": true, "cache-control": true, "max-forwards": true, "range": true,
	"authorization": true, "proxy-authorization": true, "www-authenticate": true, "proxy-authenticate": true,
	"cookie": true, "set-cookie": true, "content-encoding": true, "content-type": true, "content-range": true,
}
