package tlswire

import (
	"crypto/sha256"
	"encoding/hex"
)

// Notes are leaves that cover no bytes: they tell what the leaf before them
// means, or what its being there means. Nothing is noted in a structure that
// has failed.

// note adds a note. Its value is lost if the structure has failed.
func (s *treeScope) note(name string, kind FieldKind) *Field {
	if s.broken {
		return new(Field)
	}
	return s.push(name, kind, 0)
}

// flag notes that a structure without content is there.
func (s *treeScope) flag(name string) { s.noteBool(name, true) }

func (s *treeScope) noteBool(name string, v bool) {
	f := s.note(name, KindBool)
	if v {
		f.Uint = 1
	}
}

func (s *treeScope) noteText(name, text string) { s.note(name, KindText).Text = text }

// noteTexts notes a list of texts, if there are any.
func (s *treeScope) noteTexts(name string, texts []string) {
	if len(texts) == 0 {
		return
	}
	list := s.begin()
	for _, text := range texts {
		list.noteText(name, text)
	}
	s.end(name, KindList, &list)
}

// noteHex notes bytes in hexadecimal, if there are any.
func (s *treeScope) noteHex(name string, b []byte) {
	if len(b) > 0 {
		s.noteText(name, hex.EncodeToString(b))
	}
}

// noteDigest notes the SHA-256 of b.
func (s *treeScope) noteDigest(b []byte) {
	sum := sha256.Sum256(b)
	s.noteHex("sha256", sum[:])
}

func (s *treeScope) noteCode(name string, value uint64, text string) {
	f := s.note(name, KindCode)
	f.Uint, f.Text = value, text
}

// noteMalformed notes why the leaf before it, whose name it bears, means nothing.
func (s *treeScope) noteMalformed(name, why string) {
	s.note(name, KindMalformed).Text = name + ": " + why
}

// settle makes f and all below it cover no bytes, at the given offset: they
// were read from bytes that another leaf covers.
func (f *Field) settle(offset int) {
	f.Offset, f.Length = offset, 0
	for i := range f.Fields {
		f.Fields[i].settle(offset)
	}
}
