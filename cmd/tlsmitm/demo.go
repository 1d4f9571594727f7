package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tlsmitm/ca"
	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
)

// demoPatience is how long a part of the demonstration may take; all of them
// together take a fraction of it.
const demoPatience = 10 * time.Second

func (p *app) demoCommand() *cobra.Command {
	c := &cobra.Command{Use: "demo", Short: shortDemo, Long: longDemo, Args: noArguments}
	load := p.options(c, c.Flags(), config.Only("view", "show", "bytes", "json", "raw-fingerprints", "har", "keylog", "pcap", "lang", "data-bytes", "log-level", "log-format"))
	// What goes wrong here is meant to, and the view tells it.
	c.Flags().Lookup("log-level").DefValue = string(config.LogError)
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := load()
		if err != nil {
			return err
		}
		if !s.Source("log_level").Given() {
			s.LogLevel = config.LogError
		}
		return p.demo(c.Context(), s)
	}
	return c
}

// demo plays the parts of the demonstration, one connection each, through a
// proxy like any other.
func (p *app) demo(ctx context.Context, s *config.Settings) error {
	signal.Ignore(syscall.SIGPIPE) // whatever happens, the throw-away files go
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()

	dir, err := os.MkdirTemp("", "tlsmitm-demo-")
	if err != nil {
		return noTempDir(err)
	}
	defer os.RemoveAll(dir)
	root, err := ca.Load(dir)
	if err != nil {
		return err
	}
	shop, err := newShop()
	if err != nil {
		return err
	}
	defer shop.close()
	outlets, err := p.open(s)
	if err != nil {
		return err
	}
	pace := outlets.paced()
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(noLoopback(err), outlets.close())
	}
	defer door.Close()
	engine, err := start(parts{
		settings: s, log: p.logger(s, outlets.shown != nil), door: door, outlets: outlets, root: root,
		roots: shop.roots, dial: shop.dial,
	})
	if err != nil {
		return err
	}
	to := p.stderr
	if outlets.shown != nil {
		to = outlets.shown
	}
	err = play(ctx, to, storyIn(s.Lang), &visitor{proxy: door.Addr().String(), root: root.Certificate()}, pace, s.View == config.ViewTable || s.View == config.ViewDetail)
	if ctx.Err() != nil {
		err = exitStatus(killedBy(syscall.SIGINT))
	}
	return errors.Join(err, engine.stop(context.WithoutCancel(ctx)))
}

// play tells the story: a few words, then a connection and what is shown of it.
// spaced says that the view puts an empty line before a connection itself.
func play(ctx context.Context, to io.Writer, tell *story, v *visitor, pace *pacer, spaced bool) error {
	parts := []struct {
		words string
		visit func(context.Context) error
	}{
		{tell.modern, v.readPage},
		{tell.older, v.sendForm},
		{tell.distrust, v.distrust},
	}
	fmt.Fprintf(to, "%s\n", tell.beginning)
	for _, part := range parts {
		fmt.Fprintf(to, "\n%s\n", part.words)
		if !spaced {
			fmt.Fprintln(to)
		}
		ctx, cancel := context.WithTimeout(ctx, demoPatience)
		err := part.visit(ctx)
		if err == nil {
			err = pace.wait(ctx)
		}
		cancel()
		if err != nil {
			return demoFailed(err)
		}
	}
	fmt.Fprintf(to, "\n%s\n", tell.end)
	return nil
}

// pacer is a view that tells when all of a connection has been shown, so that
// what is said next comes after it. A nil *pacer waits for nothing.
type pacer struct {
	inspect.Sink
	ended int           // connections whose end was written, but maybe not all before it
	shown chan struct{} // gets one value for each connection; closed with the sink
}

// paced puts a pacer around the view, nil if there is none.
func (o *outlets) paced() *pacer {
	if o.shown == nil {
		return nil
	}
	pace := &pacer{Sink: o.sinks[0], shown: make(chan struct{}, 16)}
	o.sinks[0] = pace
	return pace
}

// Write implements inspect.Sink.
func (p *pacer) Write(batch []*inspect.Event) error {
	for _, e := range batch {
		if e.Kind == inspect.KindConnClose {
			p.ended++
		}
	}
	return p.Sink.Write(batch)
}

// Flush implements inspect.Sink.
func (p *pacer) Flush(now time.Time) (pending bool, err error) {
	pending, err = p.Sink.Flush(now)
	for ; !pending && p.ended > 0; p.ended-- {
		p.shown <- struct{}{}
	}
	return pending, err
}

// Close implements inspect.Sink.
func (p *pacer) Close() error {
	close(p.shown)
	return p.Sink.Close()
}

func (p *pacer) wait(ctx context.Context) error {
	if p == nil {
		return nil
	}
	select {
	case <-p.shown:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
