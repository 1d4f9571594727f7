package inspect

import (
	"bytes"
	"io"
)

// keyLogChunk is how much of a key log is read at once, and so the longest line
// that can hold a secret; a real one has some 200 bytes.
const keyLogChunk = 64 << 10

// AddAll adds the secrets of a whole key log and returns how many lines held one.
func (k *KeyStore) AddAll(r io.Reader) (secrets int, err error) {
	b := make([]byte, keyLogChunk)
	for have := 0; ; {
		n, err := r.Read(b[have:])
		have += n
		if err != nil {
			secrets += k.AddText(b[:have])
			if err == io.EOF {
				err = nil
			}
			return secrets, err
		}
		lines := bytes.LastIndexAny(b[:have], "\n\r") + 1
		if lines == 0 && have == len(b) {
			lines = have // no secret is so long
		}
		secrets += k.AddText(b[:lines])
		have = copy(b, b[lines:have])
	}
}
