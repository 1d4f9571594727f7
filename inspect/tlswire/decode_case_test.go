package tlswire

import "testing"

// treeCases are messages and forms that today's peers hardly send, each built
// by hand from its specification, and input that breaks it.
var treeCases = []struct {
	name string
	ctx  Context
	ct   ContentType
	raw  string // hexadecimal
	want string // the JSON form
}{}

func TestDecodeCases(t *testing.T) {
	for _, c := range treeCases {
		t.Run(c.name, func(t *testing.T) {
			raw := treeHex(t, c.raw)
			tree := Decode(c.ctx, c.ct, raw)
			checkTree(t, raw, &tree)
			if got := string(tree.AppendJSON(nil)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}
