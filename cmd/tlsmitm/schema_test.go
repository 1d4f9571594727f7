package main

import (
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// publishedSchema is docs/events.schema.json, compiled once.
var publishedSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	f, err := os.Open("../../docs/events.schema.json")
	if err != nil {
		return nil, err
	}
	defer f.Close()
	doc, err := jsonschema.UnmarshalJSON(f)
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("events.json", doc); err != nil {
		return nil, err
	}
	return c.Compile("events.json")
})

// fitsSchema holds what was written of real traffic against what is published
// of it. It tells the first few misfits: the others are of the same kind.
func fitsSchema(t *testing.T, events []event) {
	t.Helper()
	schema, err := publishedSchema()
	check(t, err)
	misfits := 0
	for _, e := range events {
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(e.line))
		if err == nil {
			err = schema.Validate(v)
		}
		if err == nil {
			continue
		}
		if misfits++; misfits <= 3 {
			t.Errorf("%v\n%s", err, e.line)
		}
	}
	if misfits > 3 {
		t.Errorf("%d lines of %d do not fit the schema", misfits, len(events))
	}
}
