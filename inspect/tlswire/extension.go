package tlswire

import "golang.org/x/crypto/cryptobyte"

// Extension is an element of a message's list of extensions, RFC 8446 section 4.2.
type Extension struct {
	Type ExtensionType
	Data []byte // without type and length; aliases the message
}

// KeyShare is a KeyShareEntry, RFC 8446 section 4.2.8.
type KeyShare struct {
	Group       NamedGroup
	KeyExchange []byte // aliases the message; nil in a Hello Retry Request
}

// extensions reads a list of extensions with its length, and hands each one's
// content to content, which may be nil. What breaks a rule inside of the list is
// noted in malformed and doesn't fail r: only the list's own structure does.
func (r *reader) extensions(malformed *[]ParseError, content func(t ExtensionType, r *reader)) []Extension {
	list := r.sub16("extensions")
	n := countExtensions(list.rest)
	all := make([]Extension, 0, n)
	var index map[ExtensionType]bool
	if n > maxSearched {
		index = make(map[ExtensionType]bool, n)
	}
	var data reader // here, as it escapes to content
	for list.more() {
		offset := list.offset()
		t := ExtensionType(list.uint16("extension_type"))
		data = list.sub16("extension_data")
		if list.failed {
			break
		}
		ext := Extension{Type: t, Data: data.rest}
		if index[t] || index == nil && findExtension(all, t) != nil {
			// RFC 8446 section 4.2: there must not be more than one of a type.
			note(malformed, ParseError{r.message, t.String(), offset, "is there twice"})
		} else if content != nil {
			content(t, &data)
			if data.failed {
				note(malformed, data.bad)
			}
		}
		if index != nil {
			index[t] = true
		}
		all = append(all, ext)
	}
	r.join(&list)
	return all
}

// maxSearched is up to how many extensions searching the list for duplicates is
// cheaper than an index. Real messages have less.
const maxSearched = 48

// maxNoted is how many faults of one message are worth keeping.
const maxNoted = 16

// note appends a fault to malformed unless that has enough of them.
func note(malformed *[]ParseError, fault ParseError) {
	if len(*malformed) < maxNoted {
		*malformed = append(*malformed, fault)
	}
}

// countExtensions says how many extensions s holds.
func countExtensions(s cryptobyte.String) (n int) {
	var data cryptobyte.String
	for s.Skip(2) && s.ReadUint16LengthPrefixed(&data) {
		n++
	}
	return n
}

// findExtension returns the first extension of type t, or nil.
func findExtension(list []Extension, t ExtensionType) *Extension {
	for i := range list {
		if list[i].Type == t {
			return &list[i]
		}
	}
	return nil
}

// typesOf returns the types of a list of extensions, in its order.
func typesOf(list []Extension) []ExtensionType {
	types := make([]ExtensionType, len(list))
	for i := range list {
		types[i] = list[i].Type
	}
	return types
}

// empty reads the content of an extension that says all by being there.
func (r *reader) empty(t ExtensionType) bool {
	r.end(t.String())
	return true
}

// protocolNames reads a ProtocolNameList, RFC 7301 section 3.1.
func (r *reader) protocolNames() []string {
	list := r.sub16("protocol_name_list")
	n := 0
	for s := list.rest; ; n++ {
		var name cryptobyte.String
		if !s.ReadUint8LengthPrefixed(&name) {
			break
		}
	}
	names := make([]string, 0, n)
	for list.more() {
		offset := list.offset()
		name := list.vector8("protocol_name")
		if len(name) == 0 {
			list.fail("protocol_name", offset, reasonEmpty)
			break
		}
		names = append(names, string(name))
	}
	if len(names) == 0 {
		list.fail("protocol_name_list", list.offset(), reasonEmpty)
	}
	r.join(&list)
	r.end("protocol_name_list")
	return names
}

// protocolName reads the answer to such a list: the one name that was chosen.
func (r *reader) protocolName() string {
	names := r.protocolNames()
	switch len(names) {
	case 0:
		return ""
	case 1:
	default:
		r.fail("protocol_name_list", r.offset(), "has more than one name")
	}
	return names[0]
}
