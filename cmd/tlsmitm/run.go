package main

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"tlsmitm/cmd/tlsmitm/internal/config"
)

// run is the proxy's whole life, until a signal or the end of its listener.
func (p *app) run(ctx context.Context, s *config.Settings) error {
	// Whoever reads our output may go away: that switches a sink off, and does
	// not end the proxy.
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	defer holdBallast()()

	roots, err := roots(s)
	if err != nil {
		return err
	}
	door, err := listen(ctx, s)
	if err != nil {
		return err
	}
	defer door.Close() // until the engine owns it; twice does no harm
	outlets, err := p.open(s)
	if err != nil {
		return err
	}
	root, err := authority(s)
	if err != nil {
		return errors.Join(err, outlets.close())
	}
	log := p.logger(s, outlets.shown != nil)
	engine, err := start(parts{settings: s, log: log, door: door, outlets: outlets, root: root, roots: roots})
	if err != nil {
		return err
	}
	b := banner{address: reachAt(door.Addr()), root: root, say: phrasesIn(s.Lang)}
	if s.Policy.Default == config.ActionObserve {
		b.keylog = absolute(string(s.ClientKeyLog))
	}
	b.tell(p.stderr, log, s.LogFormat)
	if s.AllowRemote && !loopback(door.Addr()) {
		log.Warn().Str("listen", door.Addr().String()).Msg(openToAll)
	}

	var failed error
	select {
	case failed = <-engine.served:
	case sig := <-signals:
		log.Info().Str("signal", sig.String()).Msg(stopping(s.Limits.ShutdownGrace))
		go func() { os.Exit(killedBy(<-signals)) }()
	}
	return errors.Join(failed, engine.stop(ctx))
}

// killedBy is the exit status of a process that a signal has ended.
func killedBy(sig os.Signal) int {
	if s, ok := sig.(syscall.Signal); ok {
		return 128 + int(s)
	}
	return exitFailed
}

// absolute is a path as another program finds it that was started elsewhere.
func absolute(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
