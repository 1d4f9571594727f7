package protobuf

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/dynamicpb"

	"tlsmitm/inspect/runes"
)

// Decoded is what a message says, by names.
type Decoded struct {
	// Text is the message as JSON, indented. The members of fields that the schema
	// does not know are their numbers, with the likeliest reading of their values;
	// "0" is of bytes that are no field.
	Text string
	// JSON says that Text is JSON. It is not where the limit cut it, which a last
	// line "…" tells, nor where it is a tree.
	JSON bool
	// Cut says that the message ends early, or has more than is read.
	Cut bool
	// Misfit says that something is not what the schema says.
	Misfit bool
}

// Decode reads a message of the type, and writes it in at most limit bytes. Where
// the message is cut, that is all that there is of it; what is wrong in it does not
// keep the rest from being shown.
//
// The layout is that of the protobuf JSON mapping, with what is unset left out.
func (t *MessageType) Decode(b []byte, limit int) Decoded {
	limit = max(limit, 0)
	f := &fitter{schema: t.schema, weight: maxWeight}
	m := dynamicpb.NewMessage(t.desc)
	fitted := f.message(b, t.desc, 0, true)
	err := proto.UnmarshalOptions{AllowPartial: true, Resolver: t.schema.types}.Unmarshal(fitted, m)
	if err != nil { // what the decoder is stricter about than the fitter
		return Decoded{Text: Tree(Parse(b), limit), Misfit: true}
	}
	w := &jsonWriter{fit: f, limit: limit}
	w.message(m, 0)
	d := Decoded{Text: string(w.out), JSON: true, Cut: f.cut, Misfit: f.fault}
	if len(w.out) > limit {
		d.Text, d.JSON = strings.TrimRight(runes.Whole(d.Text[:limit]), " \n")+"\n…", false
	}
	return d
}
