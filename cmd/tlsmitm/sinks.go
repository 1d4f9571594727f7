package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"sync"

	"golang.org/x/term"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/application"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/filter"
	"tlsmitm/inspect/protobuf"
	"tlsmitm/inspect/redact"
	"tlsmitm/inspect/sink"
)

// unknownWidth is how wide a line may be where there is no terminal to ask.
const unknownWidth = 120

// outlets are where the events of a run go.
type outlets struct {
	sinks []inspect.Sink
	// shown is where the view is, nil where there is none.
	shown *os.File
	files []*os.File
	// exchanges says how much of HTTP is kept and told.
	exchanges application.Options
	redact    *redact.Redactor // hides secrets; nil hides none
	told      bool             // some sink takes more than packets and keys
	// filtered puts the filter before a sink; nil if there is none.
	filtered func(inspect.Sink) inspect.Sink
}

// open opens what the settings want written, and makes the sinks.
func (p *app) open(s *config.Settings) (*outlets, error) {
	exchanges, err := exchanges(s)
	if err != nil {
		return nil, err
	}
	hide, err := redactor(s)
	if err != nil {
		return nil, err
	}
	o := &outlets{exchanges: exchanges, redact: hide}
	p.openView(s, o)
	if err := p.openFiles(s, o); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// openView adds the sink of the view, if there is to be one.
func (p *app) openView(s *config.Settings, o *outlets) {
	view, to := s.View, p.stdout
	if s.JSON == "-" || s.PCAP == "-" {
		to = p.stderr
		if !s.Source("view").Given() {
			return
		}
	}
	style := sink.Style{
		Width:     func() int { return p.width(to) },
		Color:     p.colourful(to),
		Words:     explain.New(explain.Lang(s.Lang)),
		DataBytes: dataBytes(s.DataBytes),
	}
	switch view {
	case config.ViewTable:
		o.shown, o.sinks = to, append(o.sinks, sink.NewTable(p.meter.before(to), style))
	case config.ViewDetail:
		o.shown, o.sinks = to, append(o.sinks, sink.NewDetail(p.meter.before(to), style, s.Bytes))
	case config.ViewLines:
		o.shown, o.sinks = to, append(o.sinks, sink.NewLines(p.meter.before(to), style))
	case config.ViewHTTP:
		o.shown, o.sinks = to, append(o.sinks, sink.NewHTTP(p.meter.before(to), style, sink.Show(s.Show)))
	}
}

// openFiles adds the sinks of files, and of standard output. The filter comes between
// those that it is for and those that hold everything.
func (p *app) openFiles(s *config.Settings, o *outlets) error {
	more := sink.JSONLOptions{RawFingerprints: s.RawFingerprints}
	if s.JSON == "-" {
		o.sinks = append(o.sinks, sink.NewJSONL(unclosed{p.stdout}, more))
	} else if err := o.write(s.Source("json"), s.JSON, sink.OpenJSON, func(f *os.File) inspect.Sink { return sink.NewJSONL(f, more) }); err != nil {
		return err
	}
	if err := o.write(s.Source("har"), s.HAR, sink.OpenJSON, func(f *os.File) inspect.Sink { return sink.NewHAR(f, version()) }); err != nil {
		return err
	}
	if err := p.filter(s, o); err != nil {
		return err
	}
	o.told = len(o.sinks) > 0
	if err := o.write(s.Source("keylog"), s.KeyLog, sink.OpenPrivate, func(f *os.File) inspect.Sink { return sink.NewKeyLog(f) }); err != nil {
		return err
	}
	if s.PCAP != "-" {
		return o.write(s.Source("pcap"), s.PCAP, sink.OpenCapture, func(f *os.File) inspect.Sink { return sink.NewCapture(f) })
	}
	if term.IsTerminal(int(p.stdout.Fd())) {
		return captureOnTerminal(s.Source("pcap").String())
	}
	o.sinks = append(o.sinks, sink.NewCapture(unclosed{p.stdout}))
	return nil
}

// write adds the sink of a file, if one is named.
func (o *outlets) write(from config.Source, path config.Path, open func(string) (*os.File, error), made func(*os.File) inspect.Sink) error {
	if path == "" {
		return nil
	}
	f, err := open(string(path))
	if err != nil {
		return unwritable(from.String(), string(path), err)
	}
	o.files, o.sinks = append(o.files, f), append(o.sinks, made(f))
	return nil
}

// inspection leaves out what nobody is told of: packets and keys take what is on the
// wire, and not what it means or whether it is right.
func (o *outlets) inspection(opts inspect.Options) inspect.Options {
	if opts.Sinks = o.sinks; !o.told {
		opts.NoExchanges, opts.DataBytes, opts.SignaturesPerSecond = true, dataBytes(0), signatures(0)
		return opts
	}
	opts.Exchanges, opts.Redact = o.exchanges, o.redact
	return opts
}

// filteredBytes is what all sinks together may hold until their filter has decided.
const filteredBytes = 64 << 20

// filter puts the filter, if one is wanted, before the sinks so far: those that
// show events. The files of keys and packets hold everything.
func (p *app) filter(s *config.Settings, o *outlets) error {
	if s.Filter == "" {
		return nil
	}
	f, err := filter.Compile(string(s.Filter))
	if err != nil {
		return err // config has compiled it before
	}
	var once sync.Once
	o.filtered = func(to inspect.Sink) inspect.Sink {
		return filter.NewSink(to, f, filter.Options{
			TotalBytes: int64(filteredBytes / max(1, len(o.sinks))),
			OnError:    func(err error) { once.Do(func() { fmt.Fprintln(p.stderr, failure(filterFailed(err))) }) },
		})
	}
	for i, to := range o.sinks {
		o.sinks[i] = o.filtered(to)
	}
	return nil
}

// exchanges is what the settings want kept and told of HTTP.
func exchanges(s *config.Settings) (application.Options, error) {
	o := application.Options{BodyBytes: int(s.HTTP.BodyBytes), Frames: s.HTTP.Frames, Sums: s.HTTP.BothLegs}
	if o.BodyBytes == 0 || s.DataBytes == 0 && !s.Source("http.body_bytes").Given() {
		o.BodyBytes = -1 // to the package below, 0 is its default
	}
	var files []string
	for _, f := range s.HTTP.Proto {
		files = append(files, string(f))
	}
	if len(files) == 0 {
		return o, nil
	}
	var err error
	if o.Schema, err = protobuf.Load(files); err != nil {
		return o, badSchema(s.Source("http.proto").String(), err)
	}
	return o, nil
}

// redactor is what hides the secrets; nil if they are to be shown.
func redactor(s *config.Settings) (*redact.Redactor, error) {
	if s.Secrets.Show {
		return nil, nil
	}
	rules := redact.Default()
	for _, l := range []struct {
		to   *[]string
		more []config.Text
	}{{&rules.Headers, s.Secrets.Headers}, {&rules.Fields, s.Secrets.Fields}, {&rules.Patterns, s.Secrets.Patterns}} {
		for _, t := range l.more {
			*l.to = append(*l.to, string(t))
		}
	}
	r, err := redact.New(rules)
	var bad *redact.RuleError
	if errors.As(err, &bad) {
		return nil, badRule(s.Source("secrets."+bad.List).String(), bad)
	}
	return r, err
}

// close closes the files of sinks that were never used; those that were close
// their own.
func (o *outlets) close() error {
	var errs []error
	for _, f := range o.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// unclosed is standard output, which is not the sink's to close.
type unclosed struct{ io.Writer }

func (unclosed) Close() error { return nil }

// dataBytes is the settings' count in the words of the packages below, to which
// 0 is their default.
func dataBytes(n config.DataBytes) int {
	switch n {
	case config.All:
		return -1
	case 0:
		return -2
	default:
		return int(n)
	}
}

// signatures gives the inspector's number for how many signatures to check a second.
func signatures(n config.Count) int {
	switch n {
	case config.Unbounded:
		return -1
	case 0:
		return -2
	default:
		return int(n)
	}
}

// width returns how many cells fit on a line of f now: terminals are resized.
func (p *app) width(f *os.File) int {
	if n, err := strconv.Atoi(p.env("COLUMNS")); err == nil && n > 0 {
		return n
	}
	if n, _, err := term.GetSize(int(f.Fd())); err == nil && n > 0 {
		return n
	}
	return unknownWidth
}
