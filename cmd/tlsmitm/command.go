package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect/nearest"
)

// The exit statuses that are this program's own; a second signal has the shell's.
const (
	exitDone          = 0
	exitFailed        = 1
	exitNotUnderstood = 2
)

// notUnderstood marks an error as one of what was asked for, not of doing it.
type notUnderstood struct{ error }

func (e notUnderstood) Unwrap() error { return e.error }

// exitStatus is an error that has been told already.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }

// main runs the command line and returns the exit status.
func (p *app) main(args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	err := root.ExecuteContext(context.Background())
	var status exitStatus
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &status):
		return int(status)
	}
	fmt.Fprintln(p.stderr, failure(err))
	var problems config.Problems
	var question notUnderstood
	if errors.As(err, &problems) || errors.As(err, &question) {
		return exitNotUnderstood
	}
	return exitFailed
}

func (p *app) root() *cobra.Command {
	root := &cobra.Command{
		Use: "tlsmitm", Short: shortRoot, Long: longRoot, Example: exampleRoot,
		Version:       version(),
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArguments,
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.PersistentFlags().SortFlags = false
	p.isRun(root)

	run := &cobra.Command{Use: "run", Short: shortRun, Long: longRun, Args: noArguments}
	p.isRun(run)
	root.AddCommand(run, p.readCommand(), p.demoCommand(), p.showCommand(), p.caCommand(), p.versionCommand())
	root.InitDefaultHelpCmd()
	for _, c := range root.Commands() {
		if c.Name() == "help" {
			c.Run, c.RunE = nil, help
		}
	}
	return root
}

// isRun makes c the command that runs the proxy: the root is it, too.
func (p *app) isRun(c *cobra.Command) {
	load := p.options(c, c.Flags(), config.Options())
	c.RunE = func(c *cobra.Command, _ []string) error {
		s, err := load()
		if err != nil {
			return err
		}
		return p.run(c.Context(), s)
	}
}

func (p *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: shortVersion, Args: noArguments,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(p.stdout, version())
			return err
		},
	}
}

// options adds the flags to c and returns what reads the settings once they
// are parsed: of a file of settings the fields that begin as ofFile says, or all.
func (p *app) options(c *cobra.Command, to *pflag.FlagSet, options []config.Option, ofFile ...string) (load func() (*config.Settings, error)) {
	to.SortFlags = false
	all := map[string]*texts{}
	for _, o := range options {
		t := &texts{kind: o.Value}
		all[o.Flag] = t
		f := to.VarPF(t, o.Flag, "", o.Usage)
		f.DefValue = config.DefaultText(o)
		switch {
		case o.Value == "":
			f.NoOptDefVal = "true"
		case o.Choices != nil:
			cobra.CheckErr(c.RegisterFlagCompletionFunc(o.Flag, cobra.FixedCompletions(o.Choices, cobra.ShellCompDirectiveNoFileComp)))
		}
	}
	return func() (*config.Settings, error) {
		in := config.Input{Options: options, Flags: map[string][]string{}, OfFile: ofFile, LookupEnv: p.lookupEnv}
		for name, t := range all {
			in.Flags[name] = t.given
		}
		return config.Load(in)
	}
}

// texts is a flag's value as it was typed, each time that it was given. What
// it means is for config to say, which reads the other sources, too.
type texts struct {
	given []string
	kind  string
}

// Set implements pflag.Value.
func (t *texts) Set(s string) error { t.given = append(t.given, s); return nil }

// String implements pflag.Value.
func (t *texts) String() string { return "" }

// Type implements pflag.Value: what the help calls the value.
func (t *texts) Type() string {
	if t.kind == "" {
		return "bool" // which the help leaves out
	}
	return t.kind
}

// noArguments rejects words that are no command.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	return unknownWord(c, args[0])
}

func unknownWord(c *cobra.Command, word string) error {
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	return notUnderstood{unknownCommand(c.CommandPath(), word, nearest.Name(word, names), len(names) > 0)}
}

// flagError says what is wrong with a flag.
func flagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var lacking *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown) && unknown.GetSpecifiedShortnames() != "":
		return notUnderstood{unknownFlag("-"+unknown.GetSpecifiedShortnames(), c.CommandPath(), "")}
	case errors.As(err, &unknown):
		var names []string
		c.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
		return notUnderstood{unknownFlag("--"+unknown.GetSpecifiedName(), c.CommandPath(), nearest.Name(unknown.GetSpecifiedName(), names))}
	case errors.As(err, &lacking):
		return notUnderstood{flagWithoutValue(lacking.GetSpecifiedName(), lacking.GetFlag().Value.Type())}
	default:
		return notUnderstood{err}
	}
}

// help shows a command's help.
func help(c *cobra.Command, args []string) error {
	of, rest, err := c.Root().Find(args)
	if err != nil || len(rest) > 0 {
		if of == nil {
			of, rest = c.Root(), args
		}
		return unknownWord(of, rest[0])
	}
	of.InitDefaultHelpFlag()
	of.InitDefaultVersionFlag()
	return of.Help()
}
