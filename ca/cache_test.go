package ca

import (
	"context"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLeavesAreKeyedByWhatTheyDependOn(t *testing.T) {
	a := newAuthority(t)
	wild := func(c *x509.Certificate) { c.DNSNames = []string{"*.example.com"} }
	one, two := serverCert(t, wild), serverCert(t, wild)
	base := leafOf(t, a, LeafRequest{Upstream: one, Name: "a.example.com"})
	for _, same := range []LeafRequest{
		{Upstream: one, Name: "a.example.com"}, {Upstream: one, Name: "B.example.com."}, {Upstream: one},
	} {
		if leafOf(t, a, same) != base {
			t.Errorf("another leaf for %q, which the upstream certificate covers", same.Name)
		}
	}
	for _, other := range []LeafRequest{
		{Upstream: two, Name: "a.example.com"}, {Upstream: one, Name: "example.org"},
		{Upstream: one, Name: "a.example.com", RSA: true}, {Name: "a.example.com"},
	} {
		if leafOf(t, a, other) == base {
			t.Errorf("the same leaf for %q, RSA %v", other.Name, other.RSA)
		}
	}
}

func TestLeavesOfOneKindShareAKey(t *testing.T) {
	a := newAuthority(t)
	for _, rsa := range []bool{false, true} {
		x, y := leafOf(t, a, LeafRequest{Name: "x.example", RSA: rsa}), leafOf(t, a, LeafRequest{Name: "y.example", RSA: rsa})
		if x.PrivateKey != y.PrivateKey {
			t.Errorf("RSA %v: two keys", rsa)
		}
		if x.Leaf.SerialNumber.Cmp(y.Leaf.SerialNumber) == 0 {
			t.Error("two leaves with one serial number")
		}
	}
}

func TestCallersAtOnceShareOneLeaf(t *testing.T) {
	a := newAuthority(t)
	var wg sync.WaitGroup
	var got [64]*tls.Certificate
	for i := range got {
		wg.Go(func() { got[i], _ = a.Leaf(context.Background(), LeafRequest{Name: "example.com", RSA: i%2 == 0}) })
	}
	wg.Wait()
	for i := range got {
		if got[i] == nil || got[i] != got[i%2] {
			t.Fatalf("caller %d got another leaf", i)
		}
	}
}

func TestSingleFlight(t *testing.T) {
	var c cache
	var made atomic.Int32
	started, release := make(chan struct{}), make(chan struct{})
	leaf := &tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().Add(time.Hour)}}
	mint := func() (*tls.Certificate, error) {
		if made.Add(1) == 1 {
			close(started)
		}
		<-release
		return leaf, nil
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.get(context.Background(), leafID{}, time.Now(), mint) })
	<-started
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.get(ctx, leafID{}, time.Now(), mint); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller that gave up got %v", err)
	}
	for range 8 {
		wg.Go(func() {
			if got, err := c.get(context.Background(), leafID{}, time.Now(), mint); got != leaf || err != nil {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
	close(release)
	wg.Wait()
	if made.Load() != 1 {
		t.Errorf("made %d times", made.Load())
	}
}

func TestCacheIsBounded(t *testing.T) {
	var c cache
	now := time.Now()
	made := 0
	get := func(i int) {
		c.get(context.Background(), leafID{host: host{dns: fmt.Sprint(i)}}, now, func() (*tls.Certificate, error) {
			made++
			return &tls.Certificate{Leaf: &x509.Certificate{NotAfter: now.Add(time.Hour)}}, nil
		})
	}
	for i := range maxLeaves {
		get(i)
	}
	get(0)         // used again, so 1 is the oldest
	get(maxLeaves) // which goes
	if len(c.entries) != maxLeaves || c.order.Len() != maxLeaves || len(c.flights) != 0 {
		t.Fatalf("%d entries, %d in order, %d flights", len(c.entries), c.order.Len(), len(c.flights))
	}
	before := made
	if get(0); made != before {
		t.Error("the leaf used last is gone")
	}
	if get(1); made != before+1 {
		t.Error("the leaf used longest ago is still there")
	}
}

func TestLeafIsReplacedWellBeforeItEnds(t *testing.T) {
	a := newAuthority(t)
	start := time.Now()
	a.now = func() time.Time { return start }
	first := leafOf(t, a, LeafRequest{Name: "example.com"})
	a.now = func() time.Time { return start.Add(20 * 24 * time.Hour) }
	if leafOf(t, a, LeafRequest{Name: "example.com"}) != first {
		t.Error("replaced while more than half of its time is left")
	}
	a.now = func() time.Time { return start.Add(22 * 24 * time.Hour) }
	second := leafOf(t, a, LeafRequest{Name: "example.com"})
	if second == first {
		t.Error("still handed out in the second half of its time")
	}
	if len(a.leaves.entries) != 1 || a.leaves.order.Len() != 1 {
		t.Errorf("%d entries", len(a.leaves.entries))
	}
}

func TestErrorsAreNotKept(t *testing.T) {
	var c cache
	fail := func() (*tls.Certificate, error) { return nil, errors.New("no") }
	if _, err := c.get(context.Background(), leafID{}, time.Now(), fail); err == nil {
		t.Fatal("no error")
	}
	want := &tls.Certificate{Leaf: &x509.Certificate{NotAfter: time.Now().Add(time.Hour)}}
	got, err := c.get(context.Background(), leafID{}, time.Now(), func() (*tls.Certificate, error) { return want, nil })
	if got != want || err != nil {
		t.Errorf("after an error: %v, %v", got, err)
	}
}

func TestCallerGivesUpWaitingForTheKey(t *testing.T) {
	a := newAuthority(t)
	release := make(chan struct{})
	a.rsa.generate = func() (crypto.Signer, error) { <-release; return newRSAKey() }
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if _, err := a.Leaf(ctx, LeafRequest{Name: "example.com", RSA: true}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	leafOf(t, a, LeafRequest{Name: "example.com"}) // the other kind does not wait
	close(release)
	leafOf(t, a, LeafRequest{Name: "example.com", RSA: true})
}

func BenchmarkLeaf(b *testing.B) {
	a := newAuthority(b)
	upstream := serverCert(b, func(c *x509.Certificate) {
		for i := range 20 {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("host%d.example.com", i))
		}
	})
	leafOf(b, a, LeafRequest{Name: "warm.example"})
	b.Run("new", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			leafOf(b, a, LeafRequest{Upstream: upstream, Name: fmt.Sprintf("n%d.example", i)})
		}
	})
	b.Run("cached", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			leafOf(b, a, LeafRequest{Upstream: upstream, Name: "host19.example.com"})
		}
	})
}
