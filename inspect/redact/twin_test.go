package redact

import (
	"bytes"
	"strings"
	"testing"
)

// shownBy feeds pieces to one of two twins, and returns what that showed.
func shownBy(s *Stream, pieces [][]byte) (all []byte) {
	for _, p := range pieces {
		dst := make([]byte, len(p))
		s.Mask(dst, p)
		all = append(all, dst...)
	}
	return all
}

// TestTwinsShowTheSame holds that both of two twins show what a stream by itself
// shows of the same pieces, whichever is ahead, and however far.
func TestTwinsShowTheSame(t *testing.T) {
	r := newDefault(t)
	r.stars = true
	for seed := range uint64(2000) {
		c := newCutter(seed)
		b := []byte("POST / HTTP/1.1\r\n")
		for range 1 + c.IntN(40) {
			b = append(b, fragments[c.IntN(len(fragments))]...)
		}
		pieces := c.pieces(b, 1+c.IntN(20))
		want := masked(r.Stream(HTTP1), pieces)
		var pair [2]*Stream
		pair[0], pair[1] = r.Twins(HTTP1)
		// The one ahead takes whole pieces, so that both ways are cut alike; which of
		// the two it is changes only where both are at the same place.
		var got [2][]byte
		for next := 0; next < len(pieces); {
			ahead := c.IntN(2)
			from := next
			next = min(len(pieces), next+1+c.IntN(3))
			got[ahead] = append(got[ahead], shownBy(pair[ahead], pieces[from:next])...)
			rest := bytes.Join(pieces[from:next], nil)
			got[1-ahead] = append(got[1-ahead], shownBy(pair[1-ahead], c.pieces(rest, 1+c.IntN(5)))...)
		}
		for i := range got {
			if !bytes.Equal(got[i], want) {
				t.Fatalf("seed %d, twin %d\nof   %q\ngot  %q\nwant %q", seed, i, b, got[i], want)
			}
		}
	}
}

const secretHead = "GET / HTTP/1.1\r\nAuthorization: Bearer abcdefghijklmnop\r\n\r\n"

func TestTwinWithOtherBytes(t *testing.T) {
	r := newDefault(t)
	r.stars = true
	hidden := one(r.Stream(HTTP1), secretHead)
	a, b := r.Twins(HTTP1)
	one(a, "PUT /"+secretHead[5:])
	if got := one(b, secretHead); got != hidden {
		t.Errorf("from its first byte: %q", got)
	}
	if got := one(a, secretHead); got != hidden {
		t.Errorf("the one that was ahead: %q", got)
	}

	a, b = r.Twins(HTTP1)
	one(a, secretHead+secretHead)
	one(b, secretHead)
	if got := one(b, "GET / HTTP/1.1\r\nAuthorization: Bearer qqqqqqqqqqqqqqqq\r\n"); strings.Contains(got, "q") {
		t.Errorf("from its second message on: %q", got)
	}
}

func TestTwinThatLost(t *testing.T) {
	r := newDefault(t)
	r.stars = true
	hidden := one(r.Stream(HTTP1), secretHead)
	head, tail := secretHead[:45], secretHead[45:] // within the credentials
	cut := string(shownBy(r.Stream(HTTP1), [][]byte{[]byte(head), []byte(tail)}))
	for name, ahead := range map[string]bool{"ahead": true, "behind": false} {
		a, b := r.Twins(HTTP1)
		one(a, head)
		lost, whole := a, b
		if !ahead {
			lost, whole = b, a
		}
		lost.Lose()
		if got := one(lost, tail); strings.ContainsAny(got, "mnop") {
			t.Errorf("the one %s lost its place, and shows %q", name, got)
		}
		rest := secretHead
		if whole == a {
			rest = tail
		}
		if got := one(whole, rest); got != cut[len(cut)-len(rest):] {
			t.Errorf("the one %s lost its place, and the other shows %q", name, got)
		}
		if got := one(whole, secretHead); got != hidden {
			t.Errorf("the one %s lost its place, and the other shows %q later", name, got)
		}
	}
}

// TestTwinsOverGaps holds that what one did not see is hidden where the other did,
// but in what has nothing to hide.
func TestTwinsOverGaps(t *testing.T) {
	r := newDefault(t)
	for media, want := range map[string]string{"application/json": "{*****}", "image/png": "{12345}"} {
		head := "HTTP/1.1 200 OK\r\nContent-Type: " + media + "\r\nContent-Length: 7\r\n\r\n{"
		a, b := r.Twins(HTTP1)
		one(a, head)
		a.Skip(5)
		first := one(a, "}HTTP/1.1 200 OK\r\n")
		if got := one(b, head+"12345}HTTP/1.1 200 OK\r\n"); got[len(head)-1:len(head)+5]+"}" != want || got[len(head)+5:] != first {
			t.Errorf("%s: %q", media, got[len(head)-1:])
		}
		b.Skip(5)
		a.Skip(2)
		if got := one(a, "abcdef"); got[:3] != "***" {
			t.Errorf("%s: the second gap shows %q", media, got)
		}
	}
}

// TestTwinsAreBounded holds that what one is ahead of the other costs no more than so
// much memory, and that the one left behind shows no secret.
func TestTwinsAreBounded(t *testing.T) {
	r := newDefault(t)
	a, b := r.Twins(HTTP1)
	one(a, "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
	piece := bytes.Repeat([]byte("x "), 4<<10)
	for range 100 {
		shownBy(a, [][]byte{piece})
	}
	if b.twins != nil || cap(a.twins.room) > 2*roomSize+4*len(piece) || len(a.twins.between) != 0 {
		t.Errorf("%d bytes are kept of one that is far ahead", cap(a.twins.room))
	}
	if got := one(b, secretHead); strings.Contains(got, "abcdef") {
		t.Errorf("the one left behind shows %q", got)
	}

	a, b = r.Twins(HTTP1)
	one(a, "POST / HTTP/1.1\r\nContent-Length: 1000000000\r\n\r\n")
	one(b, "POST / HTTP/1.1\r\nContent-Len")
	one(b, "gth: 1000000000\r\n")
	left := "\r\n"
	for range 10000 { // never quite together
		one(a, "0123456789")
		one(b, left+"01234567")
		left = "89"
	}
	if b.twins == nil {
		t.Error("two that stay together were parted")
	}
	if n := len(a.twins.between); n > 2*maxStretches || cap(a.twins.room) > roomSize {
		t.Errorf("%d pieces and %d bytes are kept between two that stay together", n, cap(a.twins.room))
	}
}
