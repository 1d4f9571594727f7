package config

import (
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// Settings is a Config that remembers where each value came from.
type Settings struct {
	Config
	sources map[string]Source
}

// Source tells where the field of that path got its value; the entries of a
// list have paths of their own when they come from the file, as
// "policy.tunnel[0]".
func (s *Settings) Source(path string) Source {
	if src, ok := s.sources[path]; ok {
		return src
	}
	list, _, isEntry := strings.Cut(path, "[")
	if isEntry {
		return s.sources[list]
	}
	return Source{}
}

// Input is where settings come from.
type Input struct {
	// Options are those that may be given by flag and environment.
	Options []Option
	// Flags holds the values of the flags that were given, by name.
	Flags map[string][]string
	// OfFile are the beginnings of the fields that count of the file, such as
	// "secrets."; nil means all of them. The others keep their defaults.
	OfFile []string
	// LookupEnv reads the environment; nil is an empty one.
	LookupEnv func(string) (string, bool)
}

const (
	maxFile  = 1 << 20 // a settings file of more is a mistake
	minQueue = ByteSize(64 << 10)
)

// Load reads the settings: flags before environment before file before
// defaults. An error is a Problems, with all that is wrong.
func Load(in Input) (*Settings, error) {
	s := &Settings{Config: Default(), sources: map[string]Source{}}
	var problems Problems
	for _, o := range in.Options {
		if texts, src := in.texts(o); o.Flag == FlagConfig && len(texts) > 0 {
			problems = append(problems, s.readFile(texts[len(texts)-1], src)...)
			s.restrict(in.OfFile)
		}
	}
	for _, o := range in.Options {
		texts, src := in.texts(o)
		if o.Field == "" || len(texts) == 0 {
			continue
		}
		if err := setTexts(field(&s.Config, o.Field), texts); err != nil {
			problems = append(problems, Problem{src, err.Error()})
			continue
		}
		s.sources[o.Field] = src
	}
	s.imply()
	problems = append(problems, s.check()...)
	if len(problems) > 0 {
		slices.SortStableFunc(problems, func(a, b Problem) int { return a.Source.Line - b.Source.Line })
		return nil, problems
	}
	return s, nil
}

// texts returns what the flag or else the environment says of an option.
func (in Input) texts(o Option) ([]string, Source) {
	if texts, ok := in.Flags[o.Flag]; ok && len(texts) > 0 {
		return texts, Source{Flag: o.Flag}
	}
	if in.LookupEnv == nil {
		return nil, Source{}
	}
	text, _ := in.LookupEnv(o.Env())
	if text == "" { // empty counts as unset
		return nil, Source{}
	}
	src := Source{Env: o.Env()}
	if o.Field == "" || field(new(Config), o.Field).Kind() != reflect.Slice {
		return []string{text}, src
	}
	var texts []string
	for _, t := range filepath.SplitList(text) {
		if t != "" {
			texts = append(texts, t)
		}
	}
	return texts, src
}

// readFile reads the file that src names as path.
func (s *Settings) readFile(path string, src Source) Problems {
	var p Path
	if err := p.UnmarshalText([]byte(path)); err != nil {
		return Problems{{src, err.Error()}}
	}
	text, err := readAll(string(p))
	var isDir bool
	if st, statErr := os.Stat(string(p)); statErr == nil {
		isDir = st.IsDir()
	}
	switch {
	case err != nil:
		return Problems{{src, unreadable(path, err, errors.Is(err, fs.ErrNotExist), isDir)}}
	case len(text) > maxFile:
		return Problems{{src, tooLong(path, maxFile)}}
	}
	f := file{name: path, sources: s.sources}
	f.read(text, &s.Config)
	return f.problems
}

// restrict leaves out what a file says of other fields than those that count.
func (s *Settings) restrict(to []string) {
	counts := func(path string) bool {
		return to == nil || slices.ContainsFunc(to, func(begin string) bool { return strings.HasPrefix(path, begin) })
	}
	c := Default()
	Fields(&s.Config, func(path string, v reflect.Value) {
		if !counts(path) {
			v.Set(field(&c, path))
		}
	})
	maps.DeleteFunc(s.sources, func(path string, _ Source) bool { return !counts(path) })
}

// readAll reads one byte more than a settings file may have, at most.
func readAll(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxFile+1))
}

// check finds values that are well-formed and make no sense.
func (s *Settings) check() Problems {
	var ps Problems
	bad := func(path, text string) {
		src := s.Source(path)
		if src.File != "" || !src.Given() {
			text = "`" + path + "` " + text
		}
		ps = append(ps, Problem{src, text})
	}
	Fields(&s.Config, func(path string, v reflect.Value) {
		// A grace of 0 is no grace; every other limit of 0 would let nothing pass.
		if strings.HasPrefix(path, "limits.") && path != "limits.shutdown_grace" && v.Int() <= 0 {
			bad(path, tooSmall)
		}
	})
	if s.Inspect.QueueBytes < minQueue {
		bad("inspect.queue_bytes", queueTooSmall(minQueue))
	}
	if s.KeyLog == "-" {
		bad("keylog", keyLogOut)
	}
	s.checkObserve(bad)
	if s.HAR == "-" {
		bad("har", harOut)
	}
	written := map[string]string{} // the file's name: its field
	for _, o := range []struct {
		path string
		file Path
	}{{"keylog", s.KeyLog}, {"pcap", s.PCAP}, {"har", s.HAR}, {"json", s.JSON}} {
		name := filepath.Clean(string(o.file))
		switch other, twice := written[name]; {
		case o.file == "" || o.file == "-":
		case twice:
			bad(o.path, bothFiles(other))
		default:
			written[name] = o.path
		}
	}
	if other, twice := written[filepath.Clean(string(s.ClientKeyLog))]; twice && s.ClientKeyLog != "" {
		bad("client_keylog", sameAsWritten(other))
	}
	if s.JSON == "-" && s.PCAP == "-" {
		bad("json", bothOutputs)
	}
	return ps
}

// imply sets what follows from other settings: a client that tells its secrets is
// to be observed, unless something else is said of whom.
func (s *Settings) imply() {
	if s.ClientKeyLog != "" && len(s.Policy.Observe) == 0 && !s.Source("policy.default").Given() {
		s.Policy.Default = ActionObserve
		s.sources["policy.default"] = s.Source("client_keylog")
	}
}

// checkObserve finds clients that are to be observed without their secrets, and
// secrets that nothing uses.
func (s *Settings) checkObserve(bad func(path, text string)) {
	switch file := s.ClientKeyLog; {
	case file == "-":
		bad("client_keylog", keyLogIn)
	case file == "" && s.Policy.Default == ActionObserve:
		bad("policy.default", noClientKeyLog)
	case file == "" && len(s.Policy.Observe) > 0:
		bad("policy.observe", hostsWithoutKeyLog)
	case file != "" && s.Policy.Default != ActionObserve && len(s.Policy.Observe) == 0:
		bad("client_keylog", nothingObserved)
	}
}
