package body

import (
	"fmt"
	"strings"
)

// Kind is what a body is, as far as showing it goes.
type Kind uint8

// The kinds.
const (
	Empty  Kind = iota
	Binary      // nothing else, and no text
	Text        // text of no other kind
	JSON
	NDJSON // JSON values one after another: lines, or RFC 7464
	XML
	HTML
	CSS
	JavaScript
	Form // application/x-www-form-urlencoded
	Multipart
	Protobuf
	GRPC // messages in gRPC's framing
	CBOR
	MessagePack
	Image // SVG too
	Audio
	Video
	Font
	PDF
	Archive // of files, or one compressed
)

var kindNames = [...]string{
	Empty: "empty", Binary: "binary", Text: "text", JSON: "json", NDJSON: "ndjson", XML: "xml", HTML: "html", CSS: "css",
	JavaScript: "javascript", Form: "form", Multipart: "multipart", Protobuf: "protobuf", GRPC: "grpc", CBOR: "cbor",
	MessagePack: "msgpack", Image: "image", Audio: "audio", Video: "video", Font: "font", PDF: "pdf", Archive: "archive",
}

// String returns the name that events use.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Textual says that a body of that kind is text in some charset.
func (k Kind) Textual() bool {
	switch k {
	case Text, JSON, NDJSON, XML, HTML, CSS, JavaScript, Form:
		return true
	}
	return false
}

// KindOf says what a body is by its Content-Type, and where that says little, by
// the content. The body must be free of content codings; its beginning is enough.
func KindOf(contentType string, b []byte) Kind {
	if len(b) == 0 {
		return Empty
	}
	typ := mediaType(contentType)
	if k, ok := declared(typ); ok {
		return k
	}
	k := sniff(b)
	if typ == "text/plain" && (k == HTML || k == XML) {
		return Text // who says so wants to have it shown as it stands
	}
	return k
}

// declaredKinds are the types that say enough. Those that say too little, such as
// text/plain and application/octet-stream, are not among them.
var declaredKinds = map[string]Kind{
	"application/json": JSON, "text/json": JSON, "application/x-json": JSON, "text/x-json": JSON,
	"application/csp-report": JSON, "application/jsonrequest": JSON, "application/json5": JSON,
	"application/x-ndjson": NDJSON, "application/ndjson": NDJSON, "application/jsonl": NDJSON, "application/x-jsonl": NDJSON,
	"application/jsonlines": NDJSON, "application/x-jsonlines": NDJSON, "application/json-seq": NDJSON,
	"application/stream+json": NDJSON, "text/x-ndjson": NDJSON,
	"application/xml": XML, "text/xml": XML, "application/xml-dtd": XML, "application/x-xml": XML,
	"text/html": HTML,
	"text/css":  CSS,

	"text/javascript": JavaScript, "application/javascript": JavaScript, "application/x-javascript": JavaScript,
	"text/x-javascript": JavaScript, "application/ecmascript": JavaScript, "text/ecmascript": JavaScript,
	"application/x-ecmascript": JavaScript, "text/jscript": JavaScript,

	"application/x-www-form-urlencoded": Form,

	"application/protobuf": Protobuf, "application/x-protobuf": Protobuf, "application/vnd.google.protobuf": Protobuf,
	"application/x-google-protobuf": Protobuf, "application/proto": Protobuf, "application/x-protobuffer": Protobuf,

	"application/cbor": CBOR, "application/cbor-seq": CBOR, "application/cose": CBOR, "application/cose-key": CBOR,
	"application/cwt": CBOR,

	"application/msgpack": MessagePack, "application/x-msgpack": MessagePack, "application/vnd.msgpack": MessagePack,
	"application/messagepack": MessagePack, "application/x-messagepack": MessagePack, "application/vnd.messagepack": MessagePack,

	"application/graphql": Text, "application/yaml": Text, "application/x-yaml": Text, "application/toml": Text,
	"application/sql": Text, "application/x-sh": Text, "application/sdp": Text, "application/jwt": Text, "application/jose": Text,
	"application/http": Text, "message/http": Text, "message/rfc822": Text, "application/x-pem-file": Text,
	"application/pem-certificate-chain": Text, "application/vnd.apple.mpegurl": Text, "application/x-mpegurl": Text,
	"audio/mpegurl": Text, "audio/x-mpegurl": Text, "application/x-httpd-php": Text, "application/typescript": Text,

	"application/ogg": Audio, "application/mp4": Video,
	"application/vnd.ms-fontobject": Font, "application/font-woff": Font, "application/font-woff2": Font,
	"application/x-font-woff": Font, "application/x-font-ttf": Font, "application/x-font-otf": Font, "application/font-sfnt": Font,
	"application/x-font-opentype": Font, "application/x-font-truetype": Font,
	"application/pdf": PDF, "application/x-pdf": PDF,

	"application/zip": Archive, "application/x-zip-compressed": Archive, "application/gzip": Archive, "application/x-gzip": Archive,
	"application/x-tar": Archive, "application/x-gtar": Archive, "application/x-7z-compressed": Archive, "application/vnd.rar": Archive,
	"application/x-rar-compressed": Archive, "application/x-bzip2": Archive, "application/x-bzip": Archive, "application/x-xz": Archive,
	"application/zstd": Archive, "application/java-archive": Archive, "application/vnd.android.package-archive": Archive,
	"application/x-compress": Archive, "application/epub+zip": Archive,
}

// suffixKinds are the structured syntax suffixes, RFC 6839 and later.
var suffixKinds = map[string]Kind{
	"json": JSON, "json-seq": NDJSON, "xml": XML, "cbor": CBOR, "cbor-seq": CBOR, "cwt": CBOR, "cose": CBOR, "msgpack": MessagePack,
	"zip": Archive, "gzip": Archive, "protobuf": Protobuf, "proto": Protobuf, "yaml": Text,
}

// declared returns the kind that a type in lower case means.
func declared(typ string) (Kind, bool) {
	if k, ok := declaredKinds[typ]; ok {
		return k, true
	}
	top, sub, _ := strings.Cut(typ, "/")
	if top == "application" && isGRPC(sub) {
		return GRPC, true
	}
	switch top {
	case "image":
		return Image, true
	case "audio":
		return Audio, true
	case "video":
		return Video, true
	case "font":
		return Font, true
	case "multipart":
		return Multipart, true
	}
	if i := strings.LastIndexByte(sub, '+'); i >= 0 && !strings.HasPrefix(sub, "connect+") {
		if k, ok := suffixKinds[sub[i+1:]]; ok {
			return k, true
		}
	}
	if top == "text" && sub != "plain" && sub != "" {
		return Text, true
	}
	return Empty, false
}

// isGRPC says whether a subtype means gRPC or gRPC-Web, with or without a message
// format.
func isGRPC(sub string) bool {
	sub, _, _ = strings.Cut(sub, "+")
	return sub == "grpc" || sub == "grpc-web" || sub == "grpc-web-text"
}
