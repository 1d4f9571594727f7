package config

import (
	"slices"
	"testing"
)

func TestPatternForms(t *testing.T) {
	for _, ok := range []string{
		"example.com", "Example.COM.", "*.example.com", "*", "*:8443", "example.com:443", "10.0.0.1", "10.0.0.1:80",
		"::1", "[::1]", "[::1]:8443", "bücher.example", "my_host", "localhost",
	} {
		if err := new(Pattern).UnmarshalText([]byte(ok)); err != nil {
			t.Errorf("%q: %v", ok, err)
		}
	}
	for _, bad := range []string{
		"", ".", "*.", "a.*.b", "*example.com", "**", "https://a", "a/b", "a b", "a,b", "a:0", "a:99999", "a:b", "a:",
		".example.com", "user@host", "[::1", "[::1]x",
	} {
		if err := new(Pattern).UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestMoreSpecificPatternsCountMore(t *testing.T) {
	want := []Pattern{"a.b.example:443", "a.b.example", "*.b.example:443", "*.b.example", "*.example", "*:443", "*"}
	got := slices.Clone(want)
	slices.Reverse(got)
	slices.SortStableFunc(got, func(a, b Pattern) int { return b.Specificity() - a.Specificity() })
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if Pattern("10.0.0.1").Specificity() <= Pattern("*.example").Specificity() {
		t.Error("an address counts less than hosts under a name")
	}
}
