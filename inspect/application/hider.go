package application

import "slices"

// Hider hides the secrets in what was told with them, as it would have been told
// without: of a saved run. It remembers of each exchange what later events do not
// say again. It is used from one goroutine.
type Hider struct {
	redact    Redactor
	exchanges map[string]*hiding
}

// hiding is what is known of an exchange: of its response and its request.
type hiding struct {
	mediaType [2]string
	whole     [2]bool // the content is hidden whole
}

// maxHiding bounds the exchanges that are remembered.
const maxHiding = 10_000

// NewHider returns a Hider that asks r what is secret.
func NewHider(r Redactor) *Hider { return &Hider{redact: r, exchanges: make(map[string]*hiding)} }

// Forget drops what is remembered: of exchanges that are over, or of another run.
func (h *Hider) Forget() { clear(h.exchanges) }

// Hide returns the body of an event, as Event has them, with the secrets in it
// hidden. It leaves what it is given as it is.
func (h *Hider) Hide(d Direction, told any) any {
	r := h.redact
	switch b := told.(type) {
	case *Request:
		v := *b
		v.Message = h.message(b.Ref, Up, b.Message)
		return &v
	case *Response:
		v := *b
		v.Message = h.message(b.Ref, Down, b.Message)
		return &v
	case *MessageEnd:
		v := *b
		v.Trailers = hideFields(r, b.Trailers)
		v.Body = h.body(b.Ref, Direction(b.Request), b.Body)
		return &v
	case *Exchange:
		return h.exchange(b)
	case *WebSocketMessage:
		v := *b
		v.hide(r)
		return &v
	case *ServerSentEvent:
		v := *b
		v.hide(r)
		return &v
	case *GRPCMessage:
		v := *b
		v.hide(r)
		if v.Hidden {
			h.of(b.Exchange).whole[index(d)] = true
		}
		return &v
	case *Frame:
		v := *b
		v.hide(r)
		return &v
	case *Trouble:
		v := *b
		v.Anomalies = slices.Clone(b.Anomalies)
		v.hide(r)
		return &v
	}
	return told
}

func (h *Hider) exchange(b *Exchange) *Exchange {
	x := *b
	x.Request = h.message(b.Ref, Up, b.Request)
	if b.Response != nil {
		m := h.message(b.Ref, Down, *b.Response)
		x.Response = &m
	}
	if b.GRPC != nil {
		s := *b.GRPC
		s.hide(h.redact)
		x.GRPC = &s
	}
	delete(h.exchanges, b.Exchange)
	return &x
}

func (h *Hider) message(ref Ref, d Direction, m Message) Message {
	r := h.redact
	h.of(ref.Exchange).mediaType[index(d)] = m.Headers.Get("Content-Type")
	m.URL, m.Reason = r.URL(m.URL), hideLabel(r, m.Reason)
	m.Headers, m.Trailers = hideFields(r, m.Headers), hideFields(r, m.Trailers)
	m.Interim = slices.Clone(m.Interim)
	for i := range m.Interim {
		m.Interim[i].Headers = hideFields(r, m.Interim[i].Headers)
	}
	m.Anomalies = slices.Clone(m.Anomalies)
	for i, a := range m.Anomalies {
		m.Anomalies[i] = hideAnomaly(r, a)
	}
	m.Body = h.body(ref, d, m.Body)
	return m
}

func (h *Hider) body(ref Ref, d Direction, told *Body) *Body {
	if told == nil {
		return nil
	}
	b, of := *told, h.of(ref.Exchange)
	b.hide(h.redact, of.mediaType[index(d)], of.whole[index(d)])
	return &b
}

func (h *Hider) of(exchange string) *hiding {
	known := h.exchanges[exchange]
	if known == nil {
		if len(h.exchanges) >= maxHiding {
			clear(h.exchanges)
		}
		known = new(hiding)
		h.exchanges[exchange] = known
	}
	return known
}

func index(d Direction) int {
	if d == Up {
		return 1
	}
	return 0
}
