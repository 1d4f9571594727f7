package main

import (
	"os"
	"path/filepath"
	"testing"
)

func TestWidthIsThatOfColumnsOrAGuess(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for columns, want := range map[string]int{"": 120, "77": 77, "0": 120, "-3": 120, "wide": 120} {
		p := &app{lookupEnv: func(name string) (string, bool) { return columns, name == "COLUMNS" }}
		if got := p.width(f); got != want {
			t.Errorf("COLUMNS=%q: width %d, want %d", columns, got, want)
		}
	}
}

func TestOnlyTerminalsAreColoured(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "f"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := &app{lookupEnv: func(string) (string, bool) { return "", false }}
	if p.colourful(f) {
		t.Error("a file gets colours")
	}
}
