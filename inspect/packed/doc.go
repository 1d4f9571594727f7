// Package packed reads the heads of the values of CBOR and MessagePack: of which kind a
// value is, and the number that it is or how long its content.
//
//	for len(b) > 0 {
//		h, n, err := packed.CBOR.Head(b)
//		if err != nil {
//			return err
//		}
//		if b = b[n:]; h.Kind == packed.Text && !h.Indefinite { … b[:h.Arg] … }
//	}
//
// It does not go into values: who has read the head of an array, a map or a tag reads
// the heads of what is in it next. It takes no content, and so does not look at whether
// there is as much as a head says.
//
// It promises never to panic, never to copy, and to read no further than the head.
package packed
