package main

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"tlsmitm/ca"
	"tlsmitm/cmd/tlsmitm/internal/config"
)

// authority loads the CA of the settings, or makes it.
func authority(s *config.Settings) (*ca.Authority, error) {
	dir := string(s.CADir)
	if dir == "" {
		base, err := os.UserConfigDir()
		if err != nil {
			return nil, noConfigDir()
		}
		dir = filepath.Join(base, "tlsmitm")
	}
	// What is shown of it is pasted elsewhere, where another directory is current.
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	return ca.Load(dir)
}

func (p *app) caCommand() *cobra.Command {
	c := &cobra.Command{Use: "ca", Short: shortCA, Long: longCA, Args: noArguments}
	load := p.options(c, c.PersistentFlags(), config.Only(config.FlagConfig, "ca-dir"))
	open := func() (*ca.Authority, error) {
		s, err := load()
		if err != nil {
			return nil, err
		}
		a, err := authority(s)
		if err == nil && a.Created() {
			fmt.Fprintln(p.stderr, madeCA)
		}
		return a, err
	}
	c.RunE = func(*cobra.Command, []string) error {
		a, err := open()
		if err != nil {
			return err
		}
		_, err = fmt.Fprint(p.stdout, aboutCA(a, time.Now()))
		return err
	}
	c.AddCommand(p.exportCommand(open))
	return c
}

func (p *app) exportCommand(open func() (*ca.Authority, error)) *cobra.Command {
	c := &cobra.Command{Use: "export", Short: shortExport, Long: longExport, Example: exampleExport, Args: noArguments}
	format := c.Flags().String("format", "pem", usageFormat)
	out := c.Flags().String("out", "", usageOut)
	cobra.CheckErr(c.RegisterFlagCompletionFunc("format",
		cobra.FixedCompletions([]string{"pem", "der"}, cobra.ShellCompDirectiveNoFileComp)))
	c.RunE = func(*cobra.Command, []string) error {
		toStdout := *out == "" || *out == "-"
		switch {
		case *format != "pem" && *format != "der":
			return notUnderstood{wrongFormat(*format)}
		case *format == "der" && toStdout && term.IsTerminal(int(p.stdout.Fd())):
			return notUnderstood{derToTerminal()}
		}
		a, err := open()
		if err != nil {
			return err
		}
		cert := a.PEM()
		if *format == "der" {
			cert = a.DER()
		}
		if toStdout {
			_, err := p.stdout.Write(cert)
			return err
		}
		return export(a, cert, *out)
	}
	return c
}

// export writes the certificate to a file, but never over the CA's own.
func export(a *ca.Authority, cert []byte, path string) error {
	if at, err := os.Stat(path); err == nil {
		for _, own := range []string{a.CertPath(), a.KeyPath()} {
			if it, err := os.Stat(own); err == nil && os.SameFile(at, it) {
				return exportOverCA(path)
			}
		}
	}
	if err := os.WriteFile(path, cert, 0o644); err != nil {
		return unwritable("flag --out", path, err)
	}
	return nil
}
