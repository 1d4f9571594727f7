package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// flushed compresses, and holds nothing back when it is flushed.
type flushed interface {
	io.WriteCloser
	Flush() error
}

// TestCodedEventsShowAsTheyArrive has a server that sends an event only once the one
// before has been told of.
func TestCodedEventsShowAsTheyArrive(t *testing.T) {
	o := makeOrigin(t)
	const events = 3
	told := make(chan int, events)
	base := webOrigin(t, o, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		coding := r.URL.Path[1:]
		w.Header().Set("Content-Type", "text/event-stream")
		w.Header().Set("Content-Encoding", coding)
		var z flushed
		switch coding {
		case "gzip":
			z = gzip.NewWriter(w)
		case "br":
			z = brotli.NewWriter(w)
		case "zstd":
			z, _ = zstd.NewWriter(w) // it has no option that it could not take
		}
		for i := range events {
			fmt.Fprintf(z, "event: tick\ndata: {\"n\":%d,\"token\":\"s3cr3t-0a1b2c3d4e5f\"}\n\n", i)
			z.Flush()
			w.(http.Flusher).Flush()
			select {
			case <-told:
			case <-r.Context().Done():
				return
			}
		}
		z.Close()
	}))
	p := startProxy(t, "--upstream-ca", o.ca)
	seen := 0
	for _, coding := range []string{"gzip", "br", "zstd"} {
		for _, protocol := range []string{"http/1.1", "h2"} {
			client := &http.Client{Transport: p.webTransport(t, protocol), Timeout: patience}
			resp, err := client.Get(base + "/" + coding)
			check(t, err)
			for i := range events {
				seen++
				want := seen
				n := 0
				var last string
				p.until(func(e event) bool {
					if e.Event == "run.start" {
						n = 0 // the file is read from its beginning each time
					}
					if e.Event == "sse.event" {
						n, last = n+1, e.line
					}
					return n >= want
				})
				var v struct{ Data, EventType string }
				check(t, json.Unmarshal(bytes.ReplaceAll([]byte(last), []byte("event_type"), []byte("eventType")), &v))
				if !strings.HasPrefix(v.Data, fmt.Sprintf(`{"n":%d,"token":"‹token, 19 bytes, #`, i)) || v.EventType != "tick" {
					t.Errorf("%s over %s: event %d is %s", coding, protocol, i, last)
				}
				told <- i
			}
			_, err = io.ReadAll(resp.Body)
			check(t, err)
			resp.Body.Close()
		}
	}
	for _, x := range p.awaitExchanges(6) {
		if b := x.Response.Body; b == nil || strings.Count(x.Response.content(), "event: tick\n") != events || b.Size == b.DecodedSize {
			t.Errorf("the body %+v", b)
		}
	}
}
