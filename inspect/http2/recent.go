package http2

// recent remembers something of the last streams that were put into it.
type recent[V any] struct {
	of    map[uint32]V
	order []uint32 // a ring, once it is full
	next  int
}

// put remembers v. It returns what had to be forgotten for it.
func (r *recent[V]) put(id uint32, v V) (forgotten V, forgot bool) {
	if r.of == nil {
		r.of = make(map[uint32]V)
	}
	if _, ok := r.of[id]; ok {
		r.of[id] = v
		return forgotten, false
	}
	if len(r.order) < maxRecent {
		r.order = append(r.order, id)
	} else {
		forgotten, forgot = r.take(r.order[r.next])
		r.order[r.next] = id
		r.next = (r.next + 1) % maxRecent
	}
	r.of[id] = v
	return forgotten, forgot
}

func (r *recent[V]) get(id uint32) (v V, ok bool) {
	v, ok = r.of[id]
	return v, ok
}

// take returns what is remembered of the stream, and forgets it.
func (r *recent[V]) take(id uint32) (v V, ok bool) {
	v, ok = r.of[id]
	delete(r.of, id)
	return v, ok
}
