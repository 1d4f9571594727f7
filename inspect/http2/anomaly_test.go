package http2

import (
	"slices"
	"strings"
	"testing"

	"tlsmitm/inspect/internal/codes"
)

// with returns get with fields added.
func with(fields ...string) []string { return append(slices.Clone(get), fields...) }

// request returns the fields of a request; "" leaves a pseudo-header field out.
func request(method, scheme, authority, path string, fields ...string) (all []string) {
	for i, v := range []string{method, scheme, authority, path} {
		if v != "" {
			all = append(all, pseudoNames[i], v)
		}
	}
	return append(all, fields...)
}

// TestRequestAnomalies sends requests that break a rule each.
func TestRequestAnomalies(t *testing.T) {
	for name, c := range map[string]struct {
		fields []string
		want   string // codes and details
	}{
		"a good one":             {with("te", "trailers", "content-length", "0", "x", "", "host", "EXAMPLE.com"), ""},
		"OPTIONS *":              {request("OPTIONS", "https", "a", "*"), ""},
		"Host alone":             {request("GET", "https", "", "/", "host", "a"), ""},
		"another scheme":         {request("GET", "coap+tcp", "", "rel"), ""},
		"uppercase name":         {with("X-Upper", "1"), `field_name_uppercase: "X-Upper"`},
		"space in a name":        {with("a b", "1"), `field_name_invalid: "a b"`},
		"colon in a name":        {with("a:b", "1"), `field_name_invalid: "a:b"`},
		"line in a name":         {with("a\r\nb", "1"), `field_name_invalid: "a\r\nb"`},
		"empty name":             {with("", "1"), `field_name_invalid: ""`},
		"CR in a value":          {with("a", "secret\rb"), `field_value_invalid: "a": "\r" at 6`},
		"LF in a value":          {with("a", "b\nc"), `field_value_invalid: "a": "\n" at 1`},
		"NUL in a value":         {with("a", "\x00"), `field_value_invalid: "a": "\x00" at 0`},
		"space before a value":   {with("a", " b"), `field_value_space: "a"`},
		"tab after a value":      {with("a", "b\t"), `field_value_space: "a"`},
		"Connection":             {with("connection", "close"), `field_connection_specific: "connection"`},
		"Keep-Alive":             {with("keep-alive", "1"), `field_connection_specific: "keep-alive"`},
		"Transfer-Encoding":      {with("transfer-encoding", "chunked"), `field_connection_specific: "transfer-encoding"`},
		"Upgrade":                {with("upgrade", "h2c"), `field_connection_specific: "upgrade"`},
		"Proxy-Connection":       {with("proxy-connection", "close"), `field_connection_specific: "proxy-connection"`},
		"TE":                     {with("te", "gzip"), `field_connection_specific: "te"`},
		"no method":              {request("", "https", "a", "/"), `pseudo_field_missing: :method`},
		"no scheme":              {request("GET", "", "a", "/"), `pseudo_field_missing: :scheme`},
		"no path":                {request("GET", "https", "a", ""), `pseudo_field_missing: :path`},
		"no authority":           {request("GET", "https", "", "/"), `pseudo_field_missing: :authority, and Host`},
		"nothing at all":         {nil, `pseudo_field_missing: :method, :scheme, :path`},
		"two methods":            {with(":method", "POST"), `pseudo_field_repeated: ":method"`},
		"late pseudo field":      {append(request("GET", "https", "a", ""), "x", "1", ":path", "/"), `pseudo_field_late: ":path"`},
		"unknown pseudo field":   {with(":secret", "1"), `pseudo_field_unknown: ":secret"`},
		"status in a request":    {with(":status", "200"), `pseudo_field_unknown: ":status"`},
		"method no token":        {request("GET /x HTTP/1.1\r\n", "https", "a", "/"), `field_value_invalid: ":method": "\r" at 15, method_invalid: "GET /x HTTP/1.1\r\n"`},
		"scheme no name":         {request("GET", "1http", "a", "/"), `pseudo_field_invalid: :scheme "1http"`},
		"path of nothing":        {append(request("GET", "https", "a", ""), ":path", ""), `target_invalid: no slash in front`},
		"path without a slash":   {request("GET", "https", "a", "x"), `target_invalid: no slash in front`},
		"space in a path":        {request("GET", "https", "a", "/ HTTP/1.1"), `target_invalid: " " at 1`},
		"fragment in a path":     {request("GET", "https", "a", "/#x"), `target_invalid: "#" at 1`},
		"GET *":                  {request("GET", "https", "a", "*"), `target_invalid: no slash in front`},
		"password in authority":  {request("GET", "https", "a:b@c", "/"), `authority_invalid`},
		"another host":           {with("host", "me:pass@evil"), `host_differs: "example.com" and "evil"`},
		"two hosts":              {request("GET", "https", "a", "/", "host", "a", "host", "b"), `host_repeated: "a" and "b", host_differs: "a" and "b"`},
		"no number":              {with("content-length", "1 "), `field_value_space: "content-length", content_length_invalid`},
		"signed number":          {with("content-length", "+0"), `content_length_invalid`},
		"negative number":        {with("content-length", "-1"), `content_length_invalid`},
		"no length":              {with("content-length", ""), `content_length_invalid`},
		"length of 2^63":         {with("content-length", "9223372036854775808"), `content_length_invalid`},
		"two lengths":            {with("content-length", "0", "content-length", "5"), `content_length_differs: 0 and 5`},
		"a length twice":         {with("content-length", "0", "content-length", "0"), `content_length_repeated: 0`},
		"escape in a value":      {with("a", "\x1b[0m"), `control_character: "a": "\x1b" at 0`},
		"tab and UTF-8":          {with("a", "b\tü"), ""},
		"protocol no token":      {request("CONNECT", "https", "a", "/", ":protocol", "a b"), `pseudo_field_invalid: :protocol "a b", connect_protocol_disabled`},
		"another length":         {with("content-length", "5"), `content_length_mismatch: content-length is 5, the content 0 bytes`},
		"CONNECT with a path":    {request("CONNECT", "https", "a", "/"), `pseudo_field_unexpected: :scheme, :path`},
		"CONNECT to nowhere":     {request("CONNECT", "", "", ""), `pseudo_field_missing: :authority`},
		"extended CONNECT":       {request("CONNECT", "https", "a", "/", ":protocol", "websocket"), `connect_protocol_disabled`},
		"extended, with nothing": {request("CONNECT", "", "", "", ":protocol", "x"), `pseudo_field_missing: :scheme, :authority, :path, connect_protocol_disabled`},
		"protocol of a GET":      {with(":protocol", "websocket"), `pseudo_field_unexpected: :protocol, connect_protocol_disabled`},
	} {
		c2 := begun(t)
		c2.up.headers(1, true, c.fields...)
		c2.down.headers(1, true, ":status", "403")
		var got []string
		r := c2.read(Options{}, 1, false)
		for _, line := range r.about("> 1 anomaly ") {
			got = append(got, strings.TrimSuffix(strings.TrimPrefix(line, "> 1 anomaly "), ":"))
		}
		if got := strings.Join(got, ", "); got != c.want {
			t.Errorf("%s: %s\nnot %s", name, got, c.want)
		}
		if len(r.about("> 1 head")) != 1 || len(r.codes()) != len(got) {
			t.Errorf("%s: %q", name, r.lines)
		}
	}
}

// TestPseudoFieldsStay holds that what a head has no place for is not lost.
func TestPseudoFieldsStay(t *testing.T) {
	c := begun(t)
	c.up.headers(1, true, with(":path", "/two", ":x", "1", "y", "2", ":status", "200")...)
	r := c.read(Options{}, 1, true)
	if got, want := r.about("> 1 head"), `> 1 head GET https://example.com/ :path="/two" :x="1" y="2" :status="200"`; len(got) != 1 || got[0] != want {
		t.Errorf("%q", got)
	}
}

func TestResponseAnomalies(t *testing.T) {
	for name, c := range map[string]struct {
		say  func(s *side)
		want string
	}{
		"a good one":         {func(s *side) { s.headers(1, true, ":status", "200", "content-length", "0") }, ""},
		"304 with a length":  {func(s *side) { s.headers(1, true, ":status", "304", "content-length", "9") }, ""},
		"204 with a length":  {func(s *side) { s.headers(1, true, ":status", "204", "content-length", "0") }, "content_length_not_allowed"},
		"no status":          {func(s *side) { s.headers(1, true, "server", "x") }, "pseudo_field_missing"},
		"status of 2 digits": {func(s *side) { s.headers(1, true, ":status", "20") }, "status_odd"},
		"status of words":    {func(s *side) { s.headers(1, true, ":status", "200 OK") }, "status_odd"},
		"status +20":         {func(s *side) { s.headers(1, true, ":status", "+20") }, "status_odd"},
		"status 700":         {func(s *side) { s.headers(1, true, ":status", "700") }, "status_odd"},
		"path in a response": {func(s *side) { s.headers(1, true, ":status", "200", ":path", "/") }, "pseudo_field_unknown"},
		"101":                {func(s *side) { s.headers(1, true, ":status", "101") }, "status_101"},
		"103 at the end":     {func(s *side) { s.headers(1, true, ":status", "103") }, "informational_end"},
		"103 and nothing":    {func(s *side) { s.headers(1, false, ":status", "103"); s.data(1, true, "x") }, "data_before_head"},
		"DATA first":         {func(s *side) { s.data(1, false, "x"); s.headers(1, true, ":status", "200") }, "data_before_head"},
		"content of 204":     {func(s *side) { s.headers(1, false, ":status", "204"); s.data(1, true, "x") }, "body_not_allowed"},
		"content too short": {func(s *side) {
			s.headers(1, false, ":status", "200", "content-length", "2")
			s.data(1, true, "x")
		}, "content_length_mismatch"},
		"content too long": {func(s *side) {
			s.headers(1, false, ":status", "200", "content-length", "2")
			s.data(1, false, "xyz")
			s.headers(1, true, "x", "y")
		}, "content_length_mismatch"},
		"trailers in the middle": {func(s *side) {
			s.headers(1, false, ":status", "200")
			s.headers(1, false, "x", "y")
			s.data(1, true, "x")
		}, "trailers_not_last"},
		"status in trailers": {func(s *side) {
			s.headers(1, false, ":status", "200")
			s.headers(1, true, ":status", "200")
		}, "pseudo_field_unknown"},
		"length in trailers": {func(s *side) {
			s.headers(1, false, ":status", "200")
			s.headers(1, true, "content-length", "0")
		}, "trailer_forbidden"},
		"Host in trailers": {func(s *side) {
			s.headers(1, false, ":status", "200")
			s.headers(1, true, "host", "a")
		}, "trailer_forbidden"},
	} {
		talk := begun(t)
		talk.up.headers(1, true, get...)
		c.say(talk.down)
		r := talk.read(Options{}, 1, false)
		if got := strings.Join(r.codes(), ", "); got != c.want {
			t.Errorf("%s: %s, not %s\n%s", name, got, c.want, strings.Join(r.lines, "\n"))
		}
	}
}

// TestFrameAnomalies breaks the rules of frames, streams and the connection, in a
// talk in which stream 1 is open and stream 3 is over.
func TestFrameAnomalies(t *testing.T) {
	nine := []byte("123456789")
	for name, c := range map[string]struct {
		say    func(c *talk)
		want   string
		failed bool // one of the directions
	}{
		"nothing":                        {func(*talk) {}, "", false},
		"unknown type, flags and stream": {func(c *talk) { c.up.frame(0xef, 0xff, 77, nine...); c.down.frame(0xb, 0xff, 0) }, "", false},
		"priority of an idle stream":     {func(c *talk) { c.up.frame(FramePriority, 0, 99, 0, 0, 0, 1, 0) }, "", false},
		"frames on a closed stream": {func(c *talk) {
			c.up.frame(FrameWindowUpdate, 0, 3, 0, 0, 0, 1)
			c.down.RST(3, 8)
			c.up.frame(FramePriority, 0, 3, 0, 0, 0, 1, 0)
		}, "", false},
		"server's window for what is not seen": {func(c *talk) { c.down.frame(FrameWindowUpdate, 0, 9, 0, 0, 0, 1) }, "", false},

		"SETTINGS of 5 bytes":        {func(c *talk) { c.up.frame(FrameSettings, 0, 0, nine[:5]...) }, "frame_size", false},
		"SETTINGS ACK with settings": {func(c *talk) { c.up.frame(FrameSettings, flagAck, 0, nine[:6]...) }, "frame_size", false},
		"PING of 9 bytes":            {func(c *talk) { c.up.frame(FramePing, 0, 0, nine...) }, "frame_size", false},
		"RST_STREAM of 5 bytes":      {func(c *talk) { c.up.frame(FrameRSTStream, 0, 1, nine[:5]...) }, "frame_size", false},
		"PRIORITY of 4 bytes":        {func(c *talk) { c.up.frame(FramePriority, 0, 1, nine[:4]...) }, "frame_size", false},
		"WINDOW_UPDATE of nothing":   {func(c *talk) { c.up.frame(FrameWindowUpdate, 0, 1) }, "frame_size", false},
		"GOAWAY of 7 bytes":          {func(c *talk) { c.down.frame(FrameGoAway, 0, 0, nine[:7]...) }, "frame_size", false},
		"ALTSVC of 1 byte":           {func(c *talk) { c.down.frame(FrameAltSvc, 0, 0, 1) }, "frame_size", false},
		"PRIORITY_UPDATE of 3 bytes": {func(c *talk) { c.up.frame(FramePriorityUpdate, 0, 0, nine[:3]...) }, "frame_size", false},
		"padded DATA of nothing":     {func(c *talk) { c.up.frame(FrameData, flagPadded, 1) }, "frame_size", false},
		"padded HEADERS of nothing":  {func(c *talk) { c.up.frame(FrameHeaders, flagPadded|flagEndHeaders, 5) }, "frame_size", true},
		"HEADERS without priority":   {func(c *talk) { c.up.frame(FrameHeaders, flagPriority|flagEndHeaders, 5, nine[:4]...) }, "frame_size", true},
		"PUSH_PROMISE of 3 bytes":    {func(c *talk) { c.down.frame(FramePushPromise, flagEndHeaders, 1, nine[:3]...) }, "frame_size", true},
		"frame too large":            {func(c *talk) { c.up.frame(0xfa, 0, 0, make([]byte, 1<<14+1)...) }, "frame_too_large", false},
		"content of a GET":           {func(c *talk) { c.up.headers(5, false, get...); c.up.data(5, true, "x") }, "content_unexpected", false},
		"content of a promise": {func(c *talk) {
			c.down.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, 0, 0, 8}, c.down.encode(with("content-length", "1")...)...)...)
		}, "push_unsafe", false},
		"padding of a whole DATA":    {func(c *talk) { c.up.frame(FrameData, flagPadded, 1, 9, 0, 0) }, "padding_too_long", false},
		"padding of DATA, just":      {func(c *talk) { c.up.frame(FrameData, flagPadded, 1, 2, 0, 0) }, "", false},
		"padding of a whole HEADERS": {func(c *talk) { c.up.frame(FrameHeaders, flagPadded|flagEndHeaders, 5, 9, 0x82) }, "padding_too_long", true},
		"padding of a PUSH_PROMISE":  {func(c *talk) { c.down.frame(FramePushPromise, flagPadded|flagEndHeaders, 1, 9, 0, 0, 0, 2) }, "padding_too_long", true},
		"padding with something":     {func(c *talk) { c.up.frame(FrameData, flagPadded, 1, 3, 'a', 0, 1, 2) }, "padding_not_zero", false},
		"DATA on stream 0":           {func(c *talk) { c.up.frame(FrameData, 0, 0, nine...) }, "stream_zero", false},
		"HEADERS on stream 0":        {func(c *talk) { c.up.headers(0, true, get...) }, "stream_zero", false},
		"RST_STREAM on stream 0":     {func(c *talk) { c.up.RST(0, 0) }, "stream_zero", false},
		"PRIORITY on stream 0":       {func(c *talk) { c.up.frame(FramePriority, 0, 0, nine[:5]...) }, "stream_zero", false},
		"PING on a stream":           {func(c *talk) { c.up.frame(FramePing, 0, 1, nine[:8]...) }, "stream_not_zero", false},
		"SETTINGS on a stream":       {func(c *talk) { c.up.frame(FrameSettings, 0, 1) }, "stream_not_zero", false},
		"GOAWAY on a stream":         {func(c *talk) { c.down.frame(FrameGoAway, 0, 1, nine...) }, "stream_not_zero", false},
		"client's even stream":       {func(c *talk) { c.up.headers(2, true, get...) }, "stream_parity", false},
		"promised odd stream":        {func(c *talk) { c.down.frame(FramePushPromise, flagEndHeaders, 1, 0, 0, 0, 9) }, "stream_parity", false},
		"promised stream 0":          {func(c *talk) { c.down.frame(FramePushPromise, flagEndHeaders, 1, 0, 0, 0, 0) }, "stream_parity", false},
		"promised twice": {func(c *talk) {
			for range 2 {
				c.down.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, 0, 0, 8}, c.down.encode(get...)...)...)
			}
		}, "stream_order", false},
		"a skipped stream":              {func(c *talk) { c.up.headers(9, true, get...); c.up.headers(7, true, get...) }, "stream_order", false},
		"HEADERS on a closed stream":    {func(c *talk) { c.up.headers(3, true, get...) }, "stream_closed", false},
		"DATA on a closed stream":       {func(c *talk) { c.up.data(3, true, "x") }, "stream_closed", false},
		"more of a response":            {func(c *talk) { c.down.headers(3, true, ":status", "200") }, "stream_closed", false},
		"DATA after END_STREAM":         {func(c *talk) { c.up.data(1, true, ""); c.up.data(1, true, "") }, "stream_closed", false},
		"HEADERS after END_STREAM":      {func(c *talk) { c.up.data(1, true, ""); c.up.headers(1, true, "a", "b") }, "stream_closed", false},
		"DATA after one's own reset":    {func(c *talk) { c.up.RST(1, 0); c.up.data(1, true, "") }, "stream_closed", false},
		"DATA after the other's reset":  {func(c *talk) { c.down.RST(1, 0); c.up.data(1, true, "") }, "", false},
		"HEADERS after another's reset": {func(c *talk) { c.down.RST(1, 0); c.up.headers(1, true, "a", "b") }, "", false},
		"promise on a closed stream": {func(c *talk) {
			c.down.frame(FramePushPromise, flagEndHeaders, 3, append([]byte{0, 0, 0, 8}, c.down.encode(get...)...)...)
		}, "stream_closed", false},
		"DATA on an idle stream":          {func(c *talk) { c.up.data(99, true, "x") }, "stream_idle", false},
		"server's DATA on an idle stream": {func(c *talk) { c.down.data(98, true, "x") }, "stream_idle", false},
		"RST_STREAM on an idle stream":    {func(c *talk) { c.up.RST(99, 0) }, "stream_idle", false},
		"server's RST_STREAM on one":      {func(c *talk) { c.down.RST(98, 0) }, "stream_idle", false},
		"window of an idle stream":        {func(c *talk) { c.up.frame(FrameWindowUpdate, 0, 99, 0, 0, 0, 1) }, "stream_idle", false},
		"response that nobody wants":      {func(c *talk) { c.down.headers(98, true, ":status", "200") }, "stream_not_promised, response_without_request", false},
		"window of nothing":               {func(c *talk) { c.up.frame(FrameWindowUpdate, 0, 1, 0x80, 0, 0, 0) }, "window_update_zero", false},
		"connection's window of 2^31":     {func(c *talk) { c.up.frame(FrameWindowUpdate, 0, 0, 0x7f, 0xff, 0xff, 0xff) }, "window_overflow", false},
		"connection's window of 2^31-1":   {func(c *talk) { c.up.frame(FrameWindowUpdate, 0, 0, 0x7f, 0xff, 0, 0) }, "", false},
		"stream's window of 2^31":         {func(c *talk) { c.down.frame(FrameWindowUpdate, 0, 1, 0x7f, 0xff, 0, 1) }, "window_overflow", false},
		"more than the window": {func(c *talk) {
			for range 5 {
				c.up.data(1, false, strings.Repeat("x", 1<<14))
			}
		}, "window_exceeded, window_exceeded", false},
		"as much as the window": {func(c *talk) {
			c.down.frame(FrameWindowUpdate, 0, 1, 0, 0, 0, 1)
			c.down.frame(FrameWindowUpdate, 0, 0, 0, 0, 0, 1)
			for range 4 {
				c.up.data(1, false, strings.Repeat("x", 1<<14))
			}
		}, "", false},
		"a stream that waits for itself": {func(c *talk) { c.up.frame(FramePriority, 0, 5, 0, 0, 0, 5, 0) }, "self_dependency", false},
		"request that waits for itself": {func(c *talk) {
			c.up.frame(FrameHeaders, flagPriority|flagEndHeaders|flagEndStream, 5, append([]byte{0, 0, 0, 5, 0}, c.up.encode(get...)...)...)
		}, "self_dependency", false},
		"promise by the client": {func(c *talk) {
			c.up.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, 0, 0, 8}, c.up.encode(get...)...)...)
		}, "push_by_client", false},
		"promise that is not wanted": {func(c *talk) {
			c.up.frame(FrameSettings, 0, 0, 0, 2, 0, 0, 0, 0)
			c.down.frame(FrameSettings, flagAck, 0)
			c.down.frame(FramePushPromise, flagEndHeaders, 1, append([]byte{0, 0, 0, 8}, c.down.encode(get...)...)...)
		}, "push_disabled", false},
		"SETTINGS of 11,000 settings": {func(c *talk) { c.up.frame(FrameSettings, 0, 0, make([]byte, 66_000)...) }, "frame_too_large, settings_too_many", false},
		"ENABLE_PUSH 2":               {func(c *talk) { c.up.frame(FrameSettings, 0, 0, 0, 2, 0, 0, 0, 2) }, "setting_invalid", false},
		"ENABLE_PUSH of a server":     {func(c *talk) { c.down.frame(FrameSettings, 0, 0, 0, 2, 0, 0, 0, 1) }, "setting_invalid", false},
		"INITIAL_WINDOW_SIZE 2^31":    {func(c *talk) { c.up.frame(FrameSettings, 0, 0, 0, 4, 0x80, 0, 0, 0) }, "setting_invalid", false},
		"MAX_FRAME_SIZE 16383":        {func(c *talk) { c.up.frame(FrameSettings, 0, 0, 0, 5, 0, 0, 0x3f, 0xff) }, "setting_invalid", false},
		"MAX_FRAME_SIZE 2^24":         {func(c *talk) { c.up.frame(FrameSettings, 0, 0, 0, 5, 1, 0, 0, 0) }, "setting_invalid", false},
		"ENABLE_CONNECT_PROTOCOL 2":   {func(c *talk) { c.down.frame(FrameSettings, 0, 0, 0, 8, 0, 0, 0, 2) }, "setting_invalid", false},
		"GOAWAY that goes back":       {func(c *talk) { c.down.goAway(5, 0, ""); c.down.goAway(7, 0, "") }, "goaway_increased", false},
		"CONTINUATION alone":          {func(c *talk) { c.up.frame(FrameContinuation, flagEndHeaders, 1) }, "continuation_unexpected", true},
		"PING within a field block":   {func(c *talk) { c.up.frame(FrameHeaders, 0, 5, 0x82); c.up.frame(FramePing, 0, 0, nine[:8]...) }, "continuation_missing", true},
		"another block within one":    {func(c *talk) { c.up.frame(FrameHeaders, 0, 5, 0x82); c.up.frame(FrameContinuation, 0, 7) }, "continuation_missing", true},
		"field block cut":             {func(c *talk) { c.up.frame(FrameHeaders, 0, 5, 0x82) }, "frame_unfinished", false},
		"frame cut":                   {func(c *talk) { c.up.raw(0, 0, 2, 0, 0, 0, 0, 0, 1, 'a') }, "frame_unfinished", false},
		"frame's header cut":          {func(c *talk) { c.up.raw(0, 0) }, "frame_unfinished", false},
		"index that is not there":     {func(c *talk) { c.up.frame(FrameHeaders, flagEndHeaders, 5, 0xff, 0x7f) }, "hpack_invalid", true},
		"field cut":                   {func(c *talk) { c.up.frame(FrameHeaders, flagEndHeaders, 5, 0x40, 9, 'a') }, "hpack_invalid", true},
		"table of 4097":               {func(c *talk) { c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, 1, 0x3f, 0xe2, 0x1f) }, "hpack_table_size", false},
		"table of 4096":               {func(c *talk) { c.up.frame(FrameHeaders, flagEndHeaders|flagEndStream, 1, 0x3f, 0xe1, 0x1f) }, "", false},
		"a stream more than allowed": {func(c *talk) {
			c.down.frame(FrameSettings, 0, 0, 0, 3, 0, 0, 0, 2)
			c.up.headers(5, true, get...)
			c.up.headers(7, true, get...) // not acknowledged yet
			c.up.frame(FrameSettings, flagAck, 0)
			c.up.headers(9, true, get...)
		}, "streams_too_many", false},
	} {
		talk := begun(t)
		talk.up.headers(1, false, request("POST", "https", "a", "/")...)
		talk.up.headers(3, true, get...)
		talk.down.headers(3, true, ":status", "200")
		c.say(talk)
		r := talk.read(Options{}, 3, false)
		if got := strings.Join(r.codes(), ", "); got != c.want {
			t.Errorf("%s: %s, not %s\n%s", name, got, c.want, strings.Join(r.lines, "\n"))
		}
		if failed := len(r.about("failed: ")) > 0; failed != c.failed {
			t.Errorf("%s: failed: %t\n%s", name, failed, strings.Join(r.lines, "\n"))
		}
	}
}

func TestFirstFrame(t *testing.T) {
	for name, c := range map[string]struct {
		up, down, want string
	}{
		"another preface":     {"GET / HTTP/1.1\r\n", "", "> failed: it does not begin with the client's preface"},
		"a preface cut":       {preface[:9], "", "> 0 anomaly frame_unfinished: 9 bytes of the preface"},
		"PING first":          {preface + "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678", "", "> 0 anomaly settings_missing: PING is first"},
		"an acknowledgement":  {"", "\x00\x00\x00\x04\x01\x00\x00\x00\x00", "< 0 anomaly settings_missing: SETTINGS is first"},
		"a server of HTTP/1":  {"", "HTTP/1.1 400 Bad Request\r\n", "< failed: it does not begin with SETTINGS"},
		"nothing":             {"", "", ""},
		"GOAWAY is all":       {"", "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01", "< 0 anomaly settings_missing: GOAWAY is first"},
		"a client's preface?": {"", preface, "< failed: it does not begin with SETTINGS"},
	} {
		talk := bare(t)
		talk.up.raw([]byte(c.up)...)
		talk.down.raw([]byte(c.down)...)
		var got []string
		for _, line := range talk.read(Options{}, 1, false).lines {
			if !strings.Contains(line, " frame GOAWAY") {
				got = append(got, line)
			}
		}
		if got := strings.Join(got, "\n"); got != c.want {
			t.Errorf("%s: %s\nnot %s", name, got, c.want)
		}
	}
}

func TestCodes(t *testing.T) { codes.Constants(t, Codes()) }

func TestDocumented(t *testing.T) { codes.Documented(t, "HTTP/2", Codes()) }
