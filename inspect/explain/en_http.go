package explain

import (
	"fmt"

	"tlsmitm/inspect/application"
)

// englishHTTP holds what is said about HTTP in English.
func englishHTTP() exchangeWords {
	return exchangeWords{
		columns: ExchangeColumns{
			Exchange: "Exchange", Method: "Method", Status: "Status", Type: "Type", Size: "Size", Time: "Time",
		},
		waiting: func(elapsed string) string { return "no response yet, after " + elapsed },
		cut: map[string]string{
			application.CutConnection: "the connection ended first",
			application.CutStream:     "the stream was ended first",
			application.CutNoAnswer:   "no response came",
		},
		cutRequest: func(why string) string { return "request: " + why },
		cutAnswer:  func(why string) string { return "response: " + why },
		anomaly: func(code, detail string) string {
			if detail == "" {
				return "anomaly " + code
			}
			return "anomaly " + code + ": " + detail
		},
		undecoded:  func(why string) string { return "not decoded: " + why },
		promised:   "pushed by the server",
		switched:   func(protocol string) string { return "goes on as " + protocol },
		failed:     func(why string) string { return "cannot be followed as HTTP any further: " + why },
		differs:    map[string]string{"request": "the request was not the same on both legs", "response": "the response was not the same on both legs"},
		interim:    func(statuses string) string { return "after " + statuses },
		noHTTP:     "not HTTP",
		trailers:   "trailers",
		message:    func(index int) string { return fmt.Sprintf("gRPC message %d", index) },
		event:      func(name string) string { return "event " + name },
		closing:    func(code int) string { return fmt.Sprintf("code %d", code) },
		compressed: func(amount string) string { return amount + " decompressed" },
		noResponse: "no response",
	}
}
