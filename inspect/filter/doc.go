// Package filter decides by an expression which exchanges and connections are
// shown.
//
//	f, err := filter.Compile(`host.endsWith(".example.com") && status >= 500`)
//	// err is an *Error that points at the column
//	ok, err := f.Match(&filter.Facts{Host: "api.example.com", Status: 502}) // true
//
//	sink := filter.NewSink(table, f) // shows the table what matches, and nothing else
//
// Expressions are those of github.com/expr-lang/expr, and both ways to write an
// operation on text: host endsWith ".com" and host.endsWith(".com"). Fields lists
// what they are about; docs/filter.md describes it for people.
//
// It parses no traffic and sees no more than the events say: where secrets are
// hidden, it is their masks that an expression compares.
//
// Promises: an expression is checked for names and types when it is compiled, and
// then cannot fail for lack of a field: what is not known of an exchange is empty;
// Uses says which fields an expression looks at, so that nobody collects others; a
// Sink holds a bounded amount of undecided events, and tells what it gave up.
package filter
