package redact

import (
	"mime"
	"slices"
	"strings"

	"tlsmitm/inspect/runes"
)

// Header hides the secrets in the value of a header field. Of credentials the
// scheme stays, of cookies their names and attributes, and in the value of a
// field that is no secret all but the secrets in it, such as parameters of URLs.
func (r *Redactor) Header(name, value string) string {
	if r == nil || value == "" {
		return value
	}
	if strings.HasPrefix(name, ":") { // of HTTP/2
		if name == ":path" {
			return r.URL(value)
		}
		name = name[1:]
	}
	s := r.scanner(modeHead)
	defer s.done()
	s.total, s.long = 1, true // the name was before
	s.input = append(s.input[:0], name...)
	if rule := r.names.find(s.input, placeField); rule != nil {
		s.rule, s.sep, s.lineStart = rule, ':', true
		s.fieldValue()
	}
	s.input = append(s.input[:0], value...)
	spans := s.scan(s.input, true)
	if len(spans) == 0 {
		return value
	}
	return string(r.replace(s.input, spans))
}

// scanner returns a scanner to use and put back.
func (r *Redactor) scanner(m mode) *scanner {
	s, _ := r.scanners.Get().(*scanner)
	if s == nil {
		return newScanner(r, m)
	}
	s.reset(m)
	return s
}

// done makes a scanner that Redactor.scanner returned available again.
func (s *scanner) done() {
	const keep = 16 << 10
	if cap(s.input) <= keep && cap(s.spans)+cap(s.found) <= keep/64 {
		s.r.scanners.Put(s)
	}
}

// Body hides the secrets in the content of a message, all of it or the beginning
// of it, with all content codings taken off. It returns b itself if there are
// none, and never alters b.
func (r *Redactor) Body(contentType string, b []byte) []byte {
	if r == nil || len(b) == 0 {
		return b
	}
	media := mediaType(contentType)
	m, boundary, scan := content(media, contentType)
	if !scan {
		return b
	}
	if f := formatIn(media, b).packed(); f != 0 {
		return r.packed(f, b, 0)
	}
	return r.scanned(m, boundary, b)
}

// scanned hides the secrets in text, or in what may be one.
func (r *Redactor) scanned(m mode, boundary string, b []byte) []byte {
	s := r.scanner(m)
	defer s.done()
	if boundary != "" {
		s.boundary([]byte(boundary))
	}
	spans := s.scan(b, true)
	if len(spans) > 0 && hasControls(b) {
		spans = slices.DeleteFunc(slices.Clone(spans), func(sp span) bool { return isNoise(b[sp.from:sp.to]) })
	}
	return r.replace(b, spans)
}

// fewText is how few bytes of text before something else are no secret: in as many
// bytes of noise as a picture has, there is every name of three letters before
// every separator.
const fewText = 3

// isNoise says whether what was taken for a secret in content that is no text does
// not begin as a text does, either.
func isNoise(value []byte) bool {
	return !isText(value[:min(len(value), fewText)], false)
}

// hasControls says whether b has bytes that no text has, whatever its charset.
func hasControls(b []byte) bool {
	for _, c := range b {
		if c < ' ' && !runes.Files.Has(c) {
			return true
		}
	}
	return false
}

// Text hides the secrets in any text. It returns b itself if there are none, and
// never alters b.
func (r *Redactor) Text(b []byte) []byte { return r.Body("", b) }

// content says how the content of a media type, in lower case, is read; scan is false for those
// in which there are no names.
func content(media, contentType string) (m mode, boundary string, scan bool) {
	kind, sub, _ := strings.Cut(media, "/")
	switch {
	case media == "application/x-www-form-urlencoded":
		return modeForm, "", true
	case kind == "multipart":
		_, params, _ := mime.ParseMediaType(contentType)
		return modeText, params["boundary"], true
	case sub == "xml", strings.HasSuffix(sub, "+xml"), sub == "html":
		return modeMarkup, "", true
	case kind == "image", kind == "video", kind == "audio", kind == "font":
		return modeText, "", false
	}
	return modeText, "", true
}

func mediaType(contentType string) string {
	media, _, _ := strings.Cut(contentType, ";")
	return strings.ToLower(strings.TrimSpace(media))
}

// formatIn says what content is that is no text: by its type, or if that says nothing
// by itself.
func formatIn(media string, b []byte) format {
	if media == "" || media == "application/octet-stream" {
		if isText(b[:min(len(b), decideWithin)], false) {
			return formatNone
		}
		return guess(b)
	}
	return formatOf(media)
}

// replace puts masks in the place of secrets.
func (r *Redactor) replace(b []byte, spans []span) []byte {
	if len(spans) == 0 {
		return b
	}
	out := make([]byte, 0, len(b)+32*len(spans))
	done := 0
	for _, sp := range spans {
		out = append(out, b[done:sp.from]...)
		out = r.mask(out, sp.kind, b[sp.from:sp.to], sp.how, sp.form)
		done = sp.to
	}
	return append(out, b[done:]...)
}
