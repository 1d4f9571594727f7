package http1_test

import (
	"fmt"

	"tlsmitm/inspect/http1"
	"tlsmitm/inspect/httpmsg"
)

type log struct{ httpmsg.Ignore }

func (log) Head(x httpmsg.Exchange, up bool, h *httpmsg.Head) {
	if up {
		fmt.Println(x, h.Method, h.Target)
	} else {
		fmt.Println(x, h.Status, h.Reason)
	}
}

func (log) Anomaly(x httpmsg.Exchange, up bool, a httpmsg.Anomaly) {
	fmt.Println(x, a.Code, a.Detail)
}

func Example() {
	c := http1.New(log{})
	c.Feed(true, []byte("GET / HTTP/1.1\r\nHost : example.com\r\n\r\n"))
	c.Feed(false, []byte("HTTP/1.1 204 No Content\r\n\r\n"))
	c.End(false)
	c.End(true)
	// Output:
	// 1 GET /
	// 1 space_before_colon "Host"
	// 1 204 No Content
}
