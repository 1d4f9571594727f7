package sse

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"tlsmitm/inspect/internal/outside"
)

// dispatched is what EventSource makes of an event.
type dispatched struct {
	Type string `json:"type"`
	Data string `json:"data"`
	ID   string `json:"id"`
}

// page opens each stream, and sends what was dispatched when all have ended.
const page = `<!doctype html><script>
const types = ["message", "foo", "bar", "x"];
async function one(i) {
  return new Promise(done => {
    const seen = [], source = new EventSource("/stream/" + i);
    for (const t of types) source.addEventListener(t, e => seen.push({type: e.type, data: e.data, id: e.lastEventId}));
    source.onerror = () => { source.close(); done(seen); };
  });
}
(async () => {
  const all = [];
  for (let i = 0; i < COUNT; i++) all.push(await one(i));
  await fetch("/done", {method: "POST", body: JSON.stringify(all)});
})();
</script>`

// TestChromium has Chromium's EventSource read the streams of the other tests, and
// holds that it dispatches the messages that are told here, and no others.
func TestChromium(t *testing.T) {
	chromium := outside.Program(t, "chromium", "nothing to compare with")
	result := make(chan []byte, 1)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, strings.ReplaceAll(page, "COUNT", strconv.Itoa(len(streams))))
	})
	mux.HandleFunc("GET /stream/{i}", func(w http.ResponseWriter, r *http.Request) {
		i, err := strconv.Atoi(r.PathValue("i"))
		if err != nil || i >= len(streams) {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for b := []byte(streams[i].stream); len(b) > 0; b = b[min(3, len(b)):] {
			w.Write(b[:min(3, len(b))])
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("POST /done", func(_ http.ResponseWriter, r *http.Request) {
		var b bytes.Buffer
		b.ReadFrom(r.Body)
		result <- b.Bytes()
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	// What is left of the browser may still write while it ends.
	dir, err := os.MkdirTemp("", "sse")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	browser := exec.CommandContext(ctx, chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--user-data-dir="+dir, "--remote-debugging-port=0", "--no-proxy-server", server.URL)
	browser.Env = append(os.Environ(), "HOME="+dir)
	browser.WaitDelay = 5 * time.Second
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	defer browser.Wait()
	defer cancel()

	var all [][]dispatched
	select {
	case b := <-result:
		if err := json.Unmarshal(b, &all); err != nil {
			t.Fatal(err)
		}
	case <-ctx.Done():
		t.Fatal("chromium has not read the streams within 90 s")
	}
	if len(all) != len(streams) {
		t.Fatalf("%d streams were read, of %d", len(all), len(streams))
	}
	for i, c := range streams {
		if !utf8.ValidString(c.stream) {
			continue // a browser replaces what is not UTF-8
		}
		want := []dispatched{}
		for _, e := range c.want {
			if e.Kind == Message && !e.Unfinished {
				want = append(want, dispatched{e.Type, e.Data, e.ID})
			}
		}
		if got := append([]dispatched{}, all[i]...); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: Chromium dispatches %+v, not %+v", c.name, got, want)
		}
	}
}
