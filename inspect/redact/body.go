package redact

import (
	"mime"
	"strings"
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
	s := newScanner(r, modeHead)
	s.total, s.long = 1, true // the name was before
	if rule := r.names.find([]byte(name), placeField); rule != nil {
		s.rule, s.sep, s.lineStart = rule, ':', true
		s.fieldValue()
	}
	b := []byte(value)
	return string(r.replace(b, s.scan(b, true)))
}

// Body hides the secrets in the content of a message, all of it or the beginning
// of it, with all content codings taken off. It returns b itself if there are
// none, and never alters b.
func (r *Redactor) Body(contentType string, b []byte) []byte {
	if r == nil || len(b) == 0 {
		return b
	}
	m, boundary, scan := content(contentType)
	if !scan {
		return b
	}
	s := newScanner(r, m)
	if boundary != "" {
		s.boundary([]byte(boundary))
	}
	return r.replace(b, s.scan(b, true))
}

// Text hides the secrets in any text. It returns b itself if there are none, and
// never alters b.
func (r *Redactor) Text(b []byte) []byte { return r.Body("", b) }

// content says how the content of a media type is read; scan is false for those
// in which there are no names.
func content(contentType string) (m mode, boundary string, scan bool) {
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		media, _, _ = strings.Cut(contentType, ";")
		media = strings.ToLower(strings.TrimSpace(media))
	}
	kind, sub, _ := strings.Cut(media, "/")
	switch {
	case media == "application/x-www-form-urlencoded":
		return modeForm, "", true
	case kind == "multipart":
		return modeText, params["boundary"], true
	case sub == "xml", strings.HasSuffix(sub, "+xml"), sub == "html":
		return modeMarkup, "", true
	case kind == "image", kind == "video", kind == "audio", kind == "font":
		return modeText, "", false
	}
	return modeText, "", true
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
