package explain

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"tlsmitm/inspect"
	"tlsmitm/inspect/tlswire"
)

// probe is a value that must come through a sentence as it is.
const probe = "qQ7"

// TestCatalogues holds the languages against each other: every sentence is
// there in both, differs where it has words, and keeps its values.
func TestCatalogues(t *testing.T) {
	en, zh := reflect.ValueOf(english()).Elem(), reflect.ValueOf(chinese()).Elem()
	for i := range en.NumField() {
		compareSentences(t, en.Type().Field(i).Name, opened(en.Field(i)), opened(zh.Field(i)))
	}
}

// opened makes a field that is not exported one that can be called.
func opened(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
}

func compareSentences(t *testing.T, name string, en, zh reflect.Value) {
	t.Helper()
	switch en.Kind() {
	case reflect.Func:
		if en.IsNil() || zh.IsNil() {
			t.Errorf("%s: missing", name)
			return
		}
		compareText(t, name, callSentence(t, name, en), callSentence(t, name, zh))
	case reflect.String:
		compareText(t, name, en.String(), zh.String())
	case reflect.Struct:
		for i := range en.NumField() {
			a, b := en.Field(i), zh.Field(i)
			if a.CanAddr() {
				a, b = opened(a), opened(b)
			}
			compareSentences(t, name+"."+en.Type().Field(i).Name, a, b)
		}
	case reflect.Map:
		if name == "reasons" {
			return // English says them as the events do
		}
		if en.Len() == 0 || en.Len() != zh.Len() {
			t.Errorf("%s: %d sentences in English, %d in Chinese", name, en.Len(), zh.Len())
		}
		for _, key := range en.MapKeys() {
			if v := zh.MapIndex(key); v.IsValid() {
				compareSentences(t, name+"["+key.String()+"]", en.MapIndex(key), v)
			} else {
				t.Errorf("%s[%v]: missing in Chinese", name, key)
			}
		}
	default:
		t.Errorf("%s: what is a %s?", name, en.Kind())
	}
}

var (
	han         = regexp.MustCompile(`\p{Han}`)
	placeholder = regexp.MustCompile(`\{[^}]*\}`)
	// known are the placeholders that something is filled in for.
	known = map[string]bool{"{from}": true, "{to}": true, "{subject}": true, "{target}": true, "{host}": true, "{reason}": true}
)

func compareText(t *testing.T, name, en, zh string) {
	t.Helper()
	// Only a client's rejection has its own words for what is probable; where
	// the reason is all there is to say, it has none.
	if strings.HasSuffix(name, ".probable") && en == "" && zh == "" {
		return
	}
	if en == "" || zh == "" {
		t.Errorf("%s: %q in English, %q in Chinese", name, en, zh)
		return
	}
	if han.MatchString(en) {
		t.Errorf("%s: Chinese in the English sentence %q", name, en)
	}
	words := regexp.MustCompile(`\p{L}{2,}`).MatchString(strings.ReplaceAll(en, probe, ""))
	if words && (en == zh || !han.MatchString(zh)) {
		t.Errorf("%s: not translated: %q", name, zh)
	}
	for _, s := range []string{en, zh} {
		for _, p := range placeholder.FindAllString(s, -1) {
			if !known[p] {
				t.Errorf("%s: nothing is filled in for %s in %q", name, p, s)
			}
		}
		if strings.TrimSpace(s) != s && name != "probably" {
			t.Errorf("%s: blanks around %q", name, s)
		}
	}
	if strings.Contains(en, "{subject}") != strings.Contains(zh, "{subject}") {
		t.Errorf("%s: names its subject in one language alone", name)
	}
}

// callSentence calls a sentence with values, and checks that they are in it.
func callSentence(t *testing.T, name string, f reflect.Value) string {
	t.Helper()
	var args []reflect.Value
	for i := range f.Type().NumIn() {
		switch in := f.Type().In(i); in.Kind() {
		case reflect.String:
			args = append(args, reflect.ValueOf(probe).Convert(in))
		default:
			args = append(args, reflect.ValueOf(731).Convert(in))
		}
	}
	s := f.Call(args)[0].String()
	want := strings.Count(s, probe) + strings.Count(s, "731")
	if want != len(args) {
		t.Errorf("%s: %d values given, %d in %q", name, len(args), want, s)
	}
	return s
}

// TestEverythingHasASentence walks the registries.
func TestEverythingHasASentence(t *testing.T) {
	for _, say := range []*catalogue{english(), chinese()} {
		lang := say.columns.Note
		for v := range 256 {
			if ht := tlswire.HandshakeType(v); !strings.HasPrefix(ht.String(), "unknown") && say.handshake[ht] == "" {
				t.Errorf("%s: no sentence for the message %s", lang, ht)
			}
			if a := tlswire.AlertDescription(v); !strings.HasPrefix(a.String(), "unknown") && say.alerts[a] == "" {
				t.Errorf("%s: no sentence for the alert %s", lang, a)
			}
		}
		for _, cause := range causes(t) {
			if words := say.causes[cause]; words.closed == "" || words.title == "" || words.advice == "" {
				t.Errorf("%s: no sentences for the cause %s", lang, cause)
			}
		}
		for _, code := range checks {
			if words := say.checks[code]; words.failed == "" || words.advice == "" {
				t.Errorf("%s: no sentences for the check %s", lang, code)
			}
		}
		for _, kind := range []inspect.ProofKind{
			inspect.ProofFinished, inspect.ProofSignature, inspect.ProofChain, inspect.ProofBinder, inspect.ProofHelloRetry,
			inspect.ProofExtendedMasterSecret, inspect.ProofDelegatedCredential, inspect.ProofRenegotiation,
		} {
			if words := say.proofs[kind]; words.name == "" || words.verified == "" || words.failed == "" || words.unchecked == "" {
				t.Errorf("%s: no sentences for the proof %s", lang, kind)
			}
		}
		for _, e := range effects(t) {
			if say.effects[e] == "" {
				t.Errorf("%s: no sentence for the effect %s", lang, e)
			}
		}
		for _, reason := range []inspect.LossReason{inspect.LossQueueFull, inspect.LossPanic, inspect.LossNotCaptured, inspect.LossFilter} {
			if say.lost[reason] == "" {
				t.Errorf("%s: no sentence for the loss %s", lang, reason)
			}
		}
	}
}

// TestReasons: why something was not opened, read or checked has words in Chinese;
// in English the events say it.
func TestReasons(t *testing.T) {
	say := chinese()
	found := 0
	for _, name := range []string{"../flow.go", "../proof.go", "../notary.go", "../ssl2.go", "../tlscrypt/proof.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range file.Decls {
			gen, ok := decl.(*ast.GenDecl)
			if !ok || gen.Tok != token.CONST {
				continue
			}
			for _, spec := range gen.Specs {
				v := spec.(*ast.ValueSpec)
				if len(v.Values) == 0 {
					continue
				}
				lit, ok := v.Values[0].(*ast.BasicLit)
				if !ok || !strings.HasPrefix(strings.ToLower(v.Names[0].Name), "reason") {
					continue
				}
				found++
				if why := strings.Trim(lit.Value, `"`); say.reasons[why] == "" {
					t.Errorf("%s: no words for %q", name, why)
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d reasons found in the source", found)
	}
}

// effects returns all of inspect's, read from its source.
func effects(t *testing.T) (out []inspect.Effect) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../difference.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if _, ok := n.(*ast.ImportSpec); ok {
			return false
		}
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			out = append(out, inspect.Effect(strings.Trim(lit.Value, `"`)))
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("only %d effects found in the source", len(out))
	}
	return out
}

// causes returns all of inspect's, read from its source: a new one must not go
// without words.
func causes(t *testing.T) (out []inspect.Cause) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../cause.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			out = append(out, inspect.Cause(strings.Trim(lit.Value, `"`)))
		}
		return true
	})
	if len(out) < 20 {
		t.Fatalf("only %d causes found in the source", len(out))
	}
	return out
}

// checks are the codes of verification that docs/events.md lists.
var checks = []string{
	"unknown_authority", "expired", "not_yet_valid", "name_mismatch", "incompatible_usage", "self_signed",
	"constraint_violation", "other",
}
