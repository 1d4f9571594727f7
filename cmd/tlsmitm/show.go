package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"github.com/spf13/cobra"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/saved"
	"tlsmitm/inspect/sink"
)

// standardInput is the file name that means it.
const standardInput = "-"

func (p *app) showCommand() *cobra.Command {
	c := &cobra.Command{
		Use: "show FILE… | -", Short: shortShow, Long: longShow, Example: exampleShow, Args: someFile,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveDefault
		},
	}
	load := p.options(c, c.Flags(), config.Only(config.FlagConfig, "view", "show", "bytes", "filter", "json", "raw-fingerprints", "har", "lang", "data-bytes", "show-secrets"), "secrets.")
	as := c.Flags().String("as", "", usageAs)
	cobra.CheckErr(c.RegisterFlagCompletionFunc("as", cobra.FixedCompletions([]string{"curl"}, cobra.ShellCompDirectiveNoFileComp)))
	c.RunE = func(c *cobra.Command, files []string) error {
		s, err := load()
		if err != nil {
			return err
		}
		switch *as {
		case "":
			return p.show(c.Context(), s, files)
		case "curl":
			if s.Source("view").Given() || s.JSON == "-" {
				return notUnderstood{asAndMore()}
			}
			s.View = config.ViewNone
			return p.show(c.Context(), s, files, sink.NewCurl(p.stdout))
		}
		return notUnderstood{wrongAs(*as)}
	}
	return c
}

// someFile rejects a command line that names nothing to read.
func someFile(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return notUnderstood{nothingToShow(c.CommandPath())}
	}
	return nil
}

// show replays saved events, file after file, to what the settings ask for and to
// more sinks.
func (p *app) show(ctx context.Context, s *config.Settings, files []string, more ...inspect.Sink) error {
	for _, name := range files {
		if err := showable(name, s); err != nil {
			return err
		}
	}
	outlets, err := p.open(s)
	if err != nil {
		return err
	}
	if outlets.filtered != nil {
		for i, to := range more {
			more[i] = outlets.filtered(to)
		}
	}
	r := &replay{sinks: append(outlets.sinks, more...), tell: func(err error) { fmt.Fprintln(p.stderr, failure(err)) }, unknown: map[inspect.Kind]int{}}
	n := -1
	if s.Source("data_bytes").Given() {
		n = dataBytes(s.DataBytes)
	}
	secrets := inspect.NewHider(outlets.redact)
	r.change = func(e *inspect.Event) *inspect.Event { return saved.Shorten(secrets.Hide(e), n) }
	for _, name := range files {
		if err = r.file(ctx, name, p.stdin); err != nil {
			break
		}
	}
	err = errors.Join(err, r.close())
	if len(r.unknown) > 0 && outlets.shown != nil {
		r.tell(unknownKinds(r.unknown))
	}
	if err == nil && r.failed {
		return exitStatus(exitFailed) // it has been told
	}
	return err
}

// showable says what is wrong with a file before anything of another is shown,
// or written over it.
func showable(name string, s *config.Settings) error {
	if name == standardInput {
		return nil
	}
	st, err := os.Stat(name)
	switch {
	case err != nil:
		return unreadable(name, err)
	case st.IsDir():
		return unreadable(name, errIsDirectory)
	}
	return spared(name, s)
}

// spared says if something is to be written over a file that is to be read.
func spared(name string, s *config.Settings) error {
	st, err := os.Stat(name)
	if err != nil {
		return nil // what there is to say of that is said when it is read
	}
	for field, path := range map[string]config.Path{"json": s.JSON, "har": s.HAR, "pcap": s.PCAP} {
		if out, err := os.Stat(string(path)); err == nil && os.SameFile(st, out) {
			return notUnderstood{ontoItself(s.Source(field), name)}
		}
	}
	return nil
}

var errIsDirectory = &fs.PathError{Op: "open", Err: syscall.EISDIR}
