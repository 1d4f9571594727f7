package keyfile

import (
	"time"

	"tlsmitm/inspect"
)

const (
	// While a conversation waits for a secret the file is looked at again and
	// again, at first after soonest and then ever less often, down to latest.
	soonest = 2 * time.Millisecond
	latest  = 50 * time.Millisecond
	// Otherwise it is enough to keep up.
	seldom = time.Second
)

// Options configure a Follower. The zero value works.
type Options struct {
	// OnProblem is told, once, why the file cannot be read; that it does not
	// exist is none. It is called from the Follower's goroutine.
	OnProblem func(error)
}

// Follower reads a key log file into a store until it is stopped.
type Follower struct {
	tail tail
	keys *inspect.KeyStore
	opts Options
	told string // the problem that was told last
	quit chan struct{}
	done chan struct{}
}

// Follow begins to read the file at path into keys. It must be stopped.
func Follow(path string, keys *inspect.KeyStore, opts Options) *Follower {
	f := &Follower{
		tail: tail{path: path}, keys: keys, opts: opts,
		quit: make(chan struct{}), done: make(chan struct{}),
	}
	go f.run()
	return f
}

// Stop reads what the file holds by now, and ends. It must be called once.
func (f *Follower) Stop() {
	close(f.quit)
	<-f.done
}

func (f *Follower) run() {
	defer close(f.done)
	defer f.tail.close()
	f.look()
	pause := soonest
	timer := time.NewTimer(seldom)
	defer timer.Stop()
	for {
		select {
		case <-f.keys.Wanted():
			pause = soonest
		case <-timer.C:
		case <-f.quit:
			f.look()
			f.keys.AddText(f.tail.part) // the last line may lack its end
			return
		}
		f.look()
		if f.keys.Waiting() == 0 {
			timer.Reset(seldom)
			continue
		}
		timer.Reset(pause)
		pause = min(2*pause, latest)
	}
}

// look reads what is new, and tells of a problem unless it is an old one.
func (f *Follower) look() {
	err := f.tail.read(func(lines []byte) { f.keys.AddText(lines) })
	if err == nil {
		f.told = ""
		return
	}
	if err.Error() != f.told && f.opts.OnProblem != nil {
		f.opts.OnProblem(err)
	}
	f.told = err.Error()
}
