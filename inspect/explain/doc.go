// Package explain says what TLS events mean, in English and in Chinese.
//
//	words := explain.New(explain.English)
//	talk := words.Conversation() // one for every connection
//	for e := range events {
//		fmt.Println(e.Body.(*inspect.Message).Name, "-", talk.Note(e))
//		// Server Hello - chose TLS 1.3 · TLS_AES_128_GCM_SHA256 · x25519
//	}
//
// It lays nothing out, colours nothing and writes nowhere: that is for sinks. It
// does not translate values: names of messages, suites, groups and alerts stay
// as the registries have them.
//
// Promises: all sentences of a language are in one file, and a test fails where
// one is missing; every message type, alert, cause and check has its sentence;
// nothing that came from the network reaches a note unclean (see Clean) or
// unbounded; what is remembered of a connection is bounded.
package explain
