package protobuf

import (
	"strings"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"
)

// Schema is a set of files with messages and services.
type Schema struct {
	files *protoregistry.Files
	order []protoreflect.FileDescriptor
	types *dynamicpb.Types
}

// newSchema holds files and all that they import.
func newSchema(files []protoreflect.FileDescriptor) (*Schema, error) {
	s := &Schema{files: new(protoregistry.Files)}
	for _, f := range files {
		if err := s.add(f); err != nil {
			return nil, err
		}
	}
	s.types = dynamicpb.NewTypes(s.files)
	return s, nil
}

func (s *Schema) add(f protoreflect.FileDescriptor) error {
	if _, err := s.files.FindFileByPath(f.Path()); err == nil {
		return nil
	}
	for imports, i := f.Imports(), 0; i < imports.Len(); i++ {
		if err := s.add(imports.Get(i).FileDescriptor); err != nil {
			return err
		}
	}
	s.order = append(s.order, f)
	return s.files.RegisterFile(f)
}

// MessageType is the type of a message.
type MessageType struct {
	schema *Schema
	desc   protoreflect.MessageDescriptor
}

// Name returns the full name, such as "greeter.v1.HelloRequest".
func (t *MessageType) Name() string { return string(t.desc.FullName()) }

// Method returns the types of what a method takes and gives. path is that of a gRPC
// request: "/greeter.v1.Greeter/SayHello".
func (s *Schema) Method(path string) (in, out *MessageType, ok bool) {
	service, method, ok := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	if !ok {
		return nil, nil, false
	}
	d, err := s.files.FindDescriptorByName(protoreflect.FullName(service))
	if err != nil {
		return nil, nil, false
	}
	sd, ok := d.(protoreflect.ServiceDescriptor)
	if !ok {
		return nil, nil, false
	}
	md := sd.Methods().ByName(protoreflect.Name(method))
	if md == nil {
		return nil, nil, false
	}
	return &MessageType{s, md.Input()}, &MessageType{s, md.Output()}, true
}

// Message returns the type of that full name.
func (s *Schema) Message(name string) (*MessageType, bool) {
	d, err := s.files.FindDescriptorByName(protoreflect.FullName(strings.TrimPrefix(name, ".")))
	if err != nil {
		return nil, false
	}
	md, ok := d.(protoreflect.MessageDescriptor)
	if !ok {
		return nil, false
	}
	return &MessageType{s, md}, true
}

// Methods returns the paths of all methods, in the order of the files.
func (s *Schema) Methods() []string {
	var paths []string
	for _, f := range s.order {
		for services, i := f.Services(), 0; i < services.Len(); i++ {
			sd := services.Get(i)
			for methods, j := sd.Methods(), 0; j < methods.Len(); j++ {
				paths = append(paths, "/"+string(sd.FullName())+"/"+string(methods.Get(j).Name()))
			}
		}
	}
	return paths
}
