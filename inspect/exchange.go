package inspect

import (
	"time"

	"tlsmitm/inspect/application"
	"tlsmitm/inspect/tlswire"
)

// carried is what the data of a connection mean: exchanges, where it speaks HTTP.
// Both legs carry the same bytes, so each direction is read on the leg on which it
// came first, and the other leg's only to be compared, if that is asked for.
type carried struct {
	d       *Dissector
	options application.Options
	main    *application.Conversation // nil before the first data
	other   *application.Conversation // the same as the other leg saw it; nil unless asked for
	tls     bool                      // main is inside TLS
	legs    [2]*conversation          // where each direction is read: down, up
	ended   [2]bool
	told    []*Event          // wait for the data that they are about to be told of
	sums    map[string][2]sum // of exchanges that one of the two has told of
	count   int               // exchanges of earlier conversations on this connection
}

// sum is an exchange as one leg saw it.
type sum struct {
	known bool
	of    [2]uint32
}

func index(up bool) int {
	if up {
		return 1
	}
	return 0
}

// reads says whether f is the flow that its direction is read on.
func (k *carried) reads(f *flow) bool { return k.main != nil && k.legs[index(f.up)] == f.conv }

// open begins to read what the connection carries, anew where it turns to TLS.
func (k *carried) open(f *flow, at time.Time) {
	if k.main != nil && k.tls == !f.raw {
		return
	}
	if k.main != nil {
		k.close(at)
		k.count += k.main.Exchanges()
	}
	k.tls, k.legs, k.ended = !f.raw, [2]*conversation{}, [2]bool{}
	origin := application.Origin{Conn: k.d.conn, TLS: k.tls, Target: k.d.meta.Target, ALPN: f.conv.alpn, Exchanges: k.count}
	k.main = application.New(k.options, origin, k.tell)
	if k.options.Sums {
		k.other = application.New(k.options, origin, k.compare)
		k.sums = make(map[string][2]sum)
	}
}

// data takes application data that could be opened.
func (k *carried) data(f *flow, seg segment, b []byte) {
	k.open(f, seg.at)
	way := index(f.up)
	if k.legs[way] == nil {
		k.legs[way] = f.conv
	}
	to := k.main
	if !k.reads(f) {
		if to = k.other; to == nil {
			return
		}
	}
	to.Feed(application.Direction(f.up), seg.at, seg.row, b)
}

// skippable says whether n bytes of data need not be opened for what they carry.
func (k *carried) skippable(f *flow, n int) bool {
	switch {
	case k.main == nil:
		return true
	case k.reads(f):
		return k.main.Over() || k.main.Skippable(application.Direction(f.up)) >= int64(n)
	}
	return k.other == nil || k.other.Over()
}

// skip tells of n bytes of data that were not opened.
func (k *carried) skip(f *flow, seg segment, n int) {
	if k.reads(f) && !k.main.Over() {
		k.main.Skip(application.Direction(f.up), seg.at, seg.row, int64(n))
	}
}

// lost tells that data of a flow could not be seen.
func (k *carried) lost(f *flow, at time.Time) {
	switch {
	case k.reads(f):
		k.main.Lost(application.Direction(f.up), at)
	case k.other != nil:
		k.other.Lost(application.Direction(f.up), at)
	}
}

// end tells that a flow's data are over: a body without a length ends here.
func (k *carried) end(f *flow, at time.Time) {
	if k.reads(f) && !k.ended[index(f.up)] {
		k.ended[index(f.up)] = true
		k.main.End(application.Direction(f.up), at)
	}
}

// close tells that the connection is over.
func (k *carried) close(at time.Time) {
	if k.other != nil {
		k.other.Close(at)
	}
	if k.main != nil {
		k.main.Close(at)
	}
}

// tell keeps an event until the data that it is about have been told of.
func (k *carried) tell(a application.Event) {
	e := k.event(a.At, a.Body)
	e.No = a.Row
	if c := k.legs[index(bool(a.Direction))]; c != nil {
		f := c.flow(bool(a.Direction))
		e.Leg, e.From, e.To = c.name, f.from, f.to
	}
	if x, ok := a.Body.(*application.Exchange); ok {
		e.From, e.To = "", ""
		k.check(0, x)
	}
	k.told = append(k.told, e)
}

func (k *carried) event(at time.Time, body any) *Event {
	return &Event{Time: at, Kind: kindOf(body), Conn: k.d.conn, Body: body}
}

// compare takes what the other leg has to tell: only that it differs is news.
func (k *carried) compare(a application.Event) {
	if x, ok := a.Body.(*application.Exchange); ok {
		k.check(1, x)
	}
}

// maxSums bounds the exchanges that wait to be compared.
const maxSums = 1024

// check compares an exchange with what the other leg saw of it.
func (k *carried) check(which int, x *application.Exchange) {
	if k.sums == nil {
		return
	}
	both := k.sums[x.Exchange]
	both[which] = sum{true, x.Sums}
	if !both[1-which].known {
		if len(k.sums) < maxSums {
			k.sums[x.Exchange] = both
		}
		return
	}
	delete(k.sums, x.Exchange)
	for i, what := range []string{"request", "response"} {
		if both[0].of[i] != both[1].of[i] {
			k.told = append(k.told, k.event(x.Timings.Started, &application.Difference{Ref: x.Ref, What: what}))
		}
	}
}

// maxTold is how many events wait for their data before these are told of early: few
// bytes can be many events.
const maxTold = 1024

// full says that more events wait than should.
func (k *carried) full() bool { return k != nil && len(k.told) >= maxTold }

// flush emits what waited for its data.
func (k *carried) flush() {
	for i, e := range k.told {
		k.told[i] = nil
		k.d.emit(e)
	}
	k.told = k.told[:0]
}

// kindOf names the event that tells of something.
func kindOf(body any) Kind {
	switch b := body.(type) {
	case *application.Request:
		return KindHTTPRequest
	case *application.Response:
		return KindHTTPResponse
	case *application.MessageEnd:
		if b.Request {
			return KindHTTPRequestEnd
		}
		return KindHTTPResponseEnd
	case *application.Exchange:
		return KindHTTPExchange
	case *application.WebSocketMessage:
		return KindWSMessage
	case *application.ServerSentEvent:
		return KindSSEEvent
	case *application.GRPCMessage:
		return KindGRPCMessage
	case *application.Frame:
		return KindH2Frame
	case *application.Difference:
		return KindHTTPDifference
	case *application.Trouble:
		if b.Failed {
			return KindHTTPFailed
		}
	}
	return KindHTTPAnomaly
}

// isEnd says whether an alert announces the end of its direction's data.
func isEnd(a tlswire.Alert) bool { return a.Description == tlswire.AlertCloseNotify }
