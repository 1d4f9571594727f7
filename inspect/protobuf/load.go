package protobuf

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/parser/fastscan"
	"github.com/bufbuild/protocompile/reporter"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
)

// maxFile bounds a file of a schema.
const maxFile = 64 << 20

// Load reads a schema from .proto files, from descriptor sets (what `protoc
// --include_imports -o FILE` and `buf build -o FILE` write), and from directories,
// whose .proto files it reads.
//
// An import is looked for in the directories that were given and in those of the
// files, then in the directories above the file that imports it, and in the working
// directory. Those that come with protoc need not be there. A mistake in a file is
// reported with its line and column.
func Load(files []string) (*Schema, error) {
	l := &loader{paths: map[string]string{}, names: map[string]string{}, hints: map[string]string{}, sets: map[string]*descriptorpb.FileDescriptorProto{}}
	for _, file := range files {
		if err := l.add(file); err != nil {
			return nil, fmt.Errorf("protobuf: %w", err)
		}
	}
	if len(l.sources) == 0 && len(l.sets) == 0 {
		return nil, fmt.Errorf("protobuf: no .proto file in %s", strings.Join(files, ", "))
	}
	schema, err := l.compile()
	if err != nil {
		return nil, fmt.Errorf("protobuf: %w", err)
	}
	return schema, nil
}

// loader knows a source file by the name under which it is imported.
type loader struct {
	roots   []string          // where imports are looked for
	sources []string          // paths of the files to read
	paths   map[string]string // by name
	names   map[string]string // by path
	hints   map[string]string // by path, the names of those that nobody imports
	sets    map[string]*descriptorpb.FileDescriptorProto
	setFile string // where the last set was
}

// add takes a file or a directory.
func (l *loader) add(file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if info.IsDir() {
		l.root(file)
		return filepath.WalkDir(file, func(p string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(p, ".proto") {
				return err
			}
			l.source(p)
			if name, err := filepath.Rel(file, p); err == nil {
				l.hints[filepath.Clean(p)] = filepath.ToSlash(name)
			}
			return nil
		})
	}
	if strings.HasSuffix(file, ".proto") {
		l.root(filepath.Dir(file))
		l.source(file)
		return nil
	}
	return l.set(file)
}

func (l *loader) root(dir string) {
	if !slices.Contains(l.roots, dir) {
		l.roots = append(l.roots, dir)
	}
}

// source remembers a file to read.
func (l *loader) source(file string) {
	if file = filepath.Clean(file); !slices.Contains(l.sources, file) {
		l.sources = append(l.sources, file)
	}
}

func readFile(file string) ([]byte, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxFile {
		return nil, fmt.Errorf("%s: larger than %d MiB", file, maxFile>>20)
	}
	return os.ReadFile(file)
}

// set reads a descriptor set.
func (l *loader) set(file string) error {
	b, err := readFile(file)
	if err != nil {
		return err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(b, &set); err != nil || len(set.File) == 0 || len(set.ProtoReflect().GetUnknown()) > 0 {
		return fmt.Errorf("%s: neither a .proto file nor a descriptor set", file)
	}
	for _, f := range set.File {
		if _, ok := l.sets[f.GetName()]; !ok {
			l.sets[f.GetName()] = f
		}
	}
	l.setFile = file
	return nil
}

// nameAll finds out by which names the sources import each other, so that each is
// compiled once. What nobody imports is known by the end of its path.
func (l *loader) nameAll() {
	for queue := slices.Clone(l.sources); len(queue) > 0; queue = queue[1:] {
		b, err := readFile(queue[0])
		if err != nil {
			continue // is reported when it is compiled
		}
		scanned, err := fastscan.Scan(queue[0], bytes.NewReader(b))
		if err != nil {
			continue
		}
		for _, imported := range scanned.Imports {
			if _, known := l.paths[imported.Path]; known || l.sets[imported.Path] != nil {
				continue
			}
			if file, ok := l.find(imported.Path, filepath.Dir(queue[0])); ok {
				l.paths[imported.Path] = file
				if _, named := l.names[file]; !named {
					l.names[file] = imported.Path
					queue = append(queue, file)
				}
			}
		}
	}
	for _, file := range l.sources {
		if _, ok := l.names[file]; ok {
			continue
		}
		name := l.freeName(file)
		l.names[file], l.paths[name] = name, file
	}
}

// freeName makes a name for a file that nobody imports.
func (l *loader) freeName(file string) string {
	parts := strings.Split(filepath.ToSlash(file), "/")
	for n := 1; n <= len(parts); n++ { // a set may have an older version of the file
		if name := path.Join(parts[len(parts)-n:]...); l.sets[name] != nil && l.paths[name] == "" {
			delete(l.sets, name)
			return name
		}
	}
	name := l.hints[file]
	for n := 1; name == "" || l.paths[name] != "" || l.sets[name] != nil; n++ {
		if n <= len(parts) {
			name = path.Join(parts[len(parts)-n:]...)
		} else {
			name = "./" + name
		}
	}
	return name
}

// find looks for an import of a file in dir.
func (l *loader) find(name, dir string) (string, bool) {
	dirs := slices.Clone(l.roots)
	if abs, err := filepath.Abs(dir); err == nil {
		for d := abs; ; d = filepath.Dir(d) {
			if rel, err := filepath.Rel(abs, d); err == nil {
				dirs = append(dirs, filepath.Join(dir, rel)) // as the user writes it
			}
			if d == filepath.Dir(d) {
				break
			}
		}
	}
	for _, d := range append(dirs, ".") {
		file := filepath.Join(d, filepath.FromSlash(name))
		if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
			return file, true
		}
	}
	return "", false
}

var errNotFound = errors.New("it is neither beside the files, nor above the one that imports it, nor in a directory that was given")

// FindFileByPath is protocompile's way to ask for a file.
func (l *loader) FindFileByPath(name string) (protocompile.SearchResult, error) {
	if f := l.sets[name]; f != nil {
		return protocompile.SearchResult{Proto: f}, nil
	}
	file, ok := l.paths[name]
	if !ok {
		return protocompile.SearchResult{}, errNotFound
	}
	b, err := readFile(file)
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	return protocompile.SearchResult{Source: bytes.NewReader(b)}, nil
}

func (l *loader) compile() (*Schema, error) {
	l.nameAll()
	names := slices.Sorted(maps.Keys(l.sets))
	for _, file := range l.sources {
		names = append(names, l.names[file])
	}
	c := protocompile.Compiler{Resolver: protocompile.WithStandardImports(l), MaxParallelism: 1}
	linked, err := c.Compile(context.Background(), names...)
	if err != nil {
		if len(l.sources) == 0 {
			if schema, err := l.link(); err == nil {
				return schema, nil
			}
		}
		return nil, l.explain(err)
	}
	files := make([]protoreflect.FileDescriptor, len(linked))
	for i := range linked {
		files[i] = linked[i]
	}
	return newSchema(files)
}

// link makes a schema of descriptor sets alone, of editions too that the compiler
// does not know yet.
func (l *loader) link() (*Schema, error) {
	set := new(descriptorpb.FileDescriptorSet)
	for _, name := range slices.Sorted(maps.Keys(l.sets)) {
		set.File = append(set.File, l.sets[name])
	}
	files, err := protodesc.NewFiles(set)
	if err != nil {
		return nil, err
	}
	var all []protoreflect.FileDescriptor
	files.RangeFiles(func(f protoreflect.FileDescriptor) bool {
		all = append(all, f)
		return true
	})
	return newSchema(all)
}

// explain says where a mistake is, by the file's path instead of its name.
func (l *loader) explain(err error) error {
	var at reporter.ErrorWithPos
	if !errors.As(err, &at) {
		return err
	}
	pos := at.GetPosition()
	err = at.Unwrap()
	file, ok := l.paths[pos.Filename]
	if !ok { // of a descriptor set, which has no lines
		return fmt.Errorf("%s: %s: %w; protoc puts imports into the set with --include_imports", l.setFile, pos.Filename, err)
	}
	return fmt.Errorf("%s:%d:%d: %w", file, pos.Line, pos.Col, err)
}
