package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/capture"
	"tlsmitm/inspect/keyfile"
)

// readQueueBytes bounds the events that wait for each sink: a file can wait, so
// there is no use in reading far ahead.
const readQueueBytes = 16 << 20

func (p *app) readCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "read FILE… | -", Short: shortRead, Long: longRead, Example: exampleRead, Args: someCapture,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	load := p.options(c, c.Flags(), config.Only(config.FlagConfig, "view", "bytes", "show", "filter", "json", "raw-fingerprints", "har", "pcap", "lang", "data-bytes", "body-bytes", "h2-frames", "show-secrets", "proto", "log-level", "log-format"), "secrets.", "http.")
	var keyLogs []string
	c.Flags().StringArrayVar(&keyLogs, "keylog", nil, usageReadKeyLog)
	c.RunE = func(c *cobra.Command, files []string) error {
		s, err := load()
		if err != nil {
			return err
		}
		return p.read(c.Context(), s, keyLogs, files)
	}
	return c
}

// someCapture rejects a command line that names nothing to read, or standard input
// twice.
func someCapture(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return notUnderstood{nothingToRead(c.CommandPath())}
	}
	seen := false
	for _, name := range args {
		if name == standardInput && seen {
			return notUnderstood{errStandardInputTwice}
		}
		seen = seen || name == standardInput
	}
	return nil
}

// read shows what captures hold, one after the other.
func (p *app) read(ctx context.Context, s *config.Settings, keyLogs, files []string) error {
	for _, name := range files {
		if err := showable(name, s); err != nil {
			return err
		}
	}
	for _, name := range keyLogs {
		if err := spared(name, s); err != nil {
			return err
		}
	}
	keys := inspect.NewKeyStore()
	live := p.grows(files)
	for _, name := range keyLogs {
		if live {
			break // it is followed
		}
		if err := p.readKeyLog(keys, name); err != nil {
			return err
		}
	}
	signals, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	go func() { <-signals.Done(); stop() }() // a second signal ends at once
	defer holdBallast()()

	p.meter = &meter{to: p.stderr, shown: isTerminal(p.stderr), say: phrasesIn(s.Lang)}
	outlets, err := p.open(s)
	if err != nil {
		return err
	}
	r := p.reading(s, outlets, keys)
	r.live = live
	r.start(files)
	if live {
		r.follow(keyLogs)
	}
	err = r.all(signals, files)
	return errors.Join(err, r.end(ctx))
}

// reading is one run of the command.
type reading struct {
	p         *app
	keys      *inspect.KeyStore
	inspector *inspect.Inspector
	reader    *capture.Reader
	followers []*keyfile.Follower
	log       zerolog.Logger
	started   time.Time
	live      bool // standard input is read as it grows
	failed    bool // something has been told that is reason for a status of failure
}

func (p *app) reading(s *config.Settings, o *outlets, keys *inspect.KeyStore) *reading {
	log := p.logger(s, o.shown != nil)
	r := &reading{p: p, keys: keys, log: log, started: time.Now()}
	if len(o.sinks) == 0 {
		o.sinks = []inspect.Sink{nowhere{}} // to see whether it can be read
	}
	clock := new(capture.Clock)
	r.inspector = inspect.New(o.inspection(inspect.Options{
		DataBytes: dataBytes(s.DataBytes), QueueBytes: readQueueBytes, Clock: clock.Now,
		SignaturesPerSecond: -1, // nobody waits, and what is read twice is told alike
		OnSinkError: func(sink string, err error) {
			r.failed = true
			log.Error().Str("sink", sink).Msg(sinkBrokeOff(sink, err))
		},
		OnPanic: func(conn uint64, value any, stack []byte) {
			r.failed = true
			log.Error().Uint64("conn", conn).Interface("panic", value).Bytes("stack", stack).Msg(inspectionPanicked)
		},
	}))
	r.reader = capture.NewReader(capture.Options{Inspector: r.inspector, Keys: keys, Clock: clock, OnProgress: p.meter.at})
	return r
}

func (r *reading) start(files []string) {
	r.inspector.Emit(&inspect.Event{Time: time.Now(), Kind: inspect.KindRunStart, Body: &inspect.RunStart{
		Version: version(), PID: os.Getpid(), Files: files,
	}})
}

// all reads the files. What is wrong with one is told, and the next is read.
func (r *reading) all(ctx context.Context, files []string) error {
	if !r.live {
		r.secrets(ctx, files)
		r.keys.Complete()
	}
	for _, name := range files {
		if err := r.file(ctx, name); err != nil && ctx.Err() == nil {
			r.failed = true
			r.p.meter.clear()
			fmt.Fprintln(r.p.stderr, failure(err))
		}
		if ctx.Err() != nil {
			return exitStatus(killedBy(os.Interrupt))
		}
	}
	return nil
}

// follow reads key logs as they grow.
func (r *reading) follow(keyLogs []string) {
	for _, name := range keyLogs {
		r.followers = append(r.followers, keyfile.Follow(name, r.keys, keyfile.Options{OnProblem: func(err error) {
			r.log.Warn().Str("file", name).Msg(unreadable(name, err).Error())
		}}))
	}
}

// grows tells whether one of the files is standard input that may still grow.
func (p *app) grows(files []string) bool {
	for _, name := range files {
		if name == standardInput && !regular(p.stdin) {
			return true
		}
	}
	return false
}

// secrets reads the secrets of all captures, since they may stand behind what they
// open. What is wrong with a file is told when it is read for its frames.
func (r *reading) secrets(ctx context.Context, files []string) {
	for _, name := range files {
		f, err := r.p.input(name)
		if err != nil {
			continue
		}
		if from, err := f.Seek(0, io.SeekCurrent); err == nil {
			capture.Secrets(ctx, f, r.keys)
			f.Seek(from, io.SeekStart) // standard input is read on from where it was
		}
		if f != r.p.stdin {
			f.Close()
		}
	}
}

func (p *app) input(name string) (*os.File, error) {
	if name == standardInput {
		return p.stdin, nil
	}
	return os.Open(name)
}

// file reads one capture.
func (r *reading) file(ctx context.Context, name string) error {
	f, err := r.p.input(name)
	if err != nil {
		return unreadable(name, err)
	}
	if f != r.p.stdin {
		defer f.Close()
	}
	before := r.reader.Counts()
	if regular(f) {
		if st, err := f.Stat(); err == nil {
			r.p.meter.begin(name, st.Size())
			defer r.p.meter.clear()
		}
		err = r.reader.ReadFile(ctx, f)
	} else {
		err = r.reader.ReadLive(ctx, f)
	}
	if err != nil {
		return unreadableCapture(titled(name), err)
	}
	return r.judge(name, before)
}

// judge says what is odd about a capture that could be read.
func (r *reading) judge(name string, before capture.Counts) error {
	now := r.reader.Counts()
	frames := now.Frames - before.Frames
	switch {
	case frames == 0:
		return nothingCaptured(titled(name))
	case now.Unsupported-before.Unsupported == frames:
		return unsupportedLinks(titled(name), r.reader.Links())
	case now.Segments == before.Segments:
		fmt.Fprintln(r.p.stderr, failure(noTCP(titled(name), frames)))
	}
	return nil
}

// end lets everything that was read be shown.
func (r *reading) end(ctx context.Context) error {
	for _, f := range r.followers {
		f.Stop()
	}
	r.reader.Close()
	r.inspector.Emit(&inspect.Event{Time: time.Now(), Kind: inspect.KindRunEnd, Body: &inspect.RunEnd{
		Connections: r.inspector.Connections(), Duration: time.Since(r.started),
	}})
	r.inspector.Close(ctx) // what a sink failed of was logged when it happened
	r.p.meter.clear()
	if r.failed {
		return exitStatus(exitFailed)
	}
	return nil
}

// readKeyLog adds the secrets of a key log file. One without any is told of, and no
// reason to stop: a handshake that failed leaves no secret.
func (p *app) readKeyLog(keys *inspect.KeyStore, name string) error {
	f, err := os.Open(name)
	if err != nil {
		return unreadable(name, err)
	}
	defer f.Close()
	found, err := keys.AddAll(f)
	switch {
	case err != nil:
		return unreadable(name, err)
	case found == 0:
		fmt.Fprintln(p.stderr, failure(noKeys(name)))
	}
	return nil
}

// nowhere is a sink for those who want no event.
type nowhere struct{}

func (nowhere) Name() string                  { return "none" }
func (nowhere) Write([]*inspect.Event) error  { return nil }
func (nowhere) Flush(time.Time) (bool, error) { return false, nil }
func (nowhere) Close() error                  { return nil }
