package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// meterPatience is how long something takes before it is worth a line that says
	// how far it is, and meterEvery how often the line changes.
	meterPatience = 2 * time.Second
	meterEvery    = 200 * time.Millisecond
)

// meter shows on a terminal how much of a file is read, in a line that gives way to
// whatever else is written there.
type meter struct {
	to    *os.File
	shown bool // there is a terminal
	say   *phrases

	mu    sync.Mutex
	name  string
	size  int64
	since time.Time
	last  time.Time
	drawn bool
}

// begin says what is read from now on.
func (m *meter) begin(name string, size int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.name, m.size, m.since, m.last = name, size, time.Now(), time.Time{}
}

// at says how far it is.
func (m *meter) at(read int64) {
	if !m.shown {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	if m.size <= 0 || now.Sub(m.since) < meterPatience || now.Sub(m.last) < meterEvery {
		return
	}
	m.last = now
	m.erase()
	left := time.Duration(float64(now.Sub(m.since)) * (float64(m.size)/float64(max(read, 1)) - 1))
	fmt.Fprintf(m.to, m.say.progress, titled(m.name), 100*min(read, m.size)/m.size, max(0, left).Round(time.Second))
	m.drawn = true
}

// clear takes the line away.
func (m *meter) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.erase()
	m.size = 0
}

func (m *meter) erase() {
	if m.drawn {
		io.WriteString(m.to, "\r\x1b[K")
		m.drawn = false
	}
}

// before returns a writer to w before whose writes the line is taken away.
func (m *meter) before(w io.Writer) io.Writer {
	if m == nil || !m.shown {
		return w
	}
	return givingWay{m, w}
}

type givingWay struct {
	m *meter
	io.Writer
}

// Write implements io.Writer.
func (g givingWay) Write(b []byte) (int, error) {
	g.m.mu.Lock()
	defer g.m.mu.Unlock()
	g.m.erase()
	return g.Writer.Write(b)
}
