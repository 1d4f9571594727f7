package inspect

// Cause says why a connection ended. The values are part of the event contract.
type Cause string

const (
	CauseOK                      Cause = "ok"
	CausePolicy                  Cause = "refused_by_policy"
	CauseLoop                    Cause = "loop"
	CauseDialFailed              Cause = "dial_failed"
	CauseDialTimeout             Cause = "dial_timeout"
	CauseSniffTimeout            Cause = "sniff_timeout"
	CauseClientHelloMalformed    Cause = "client_hello_malformed"
	CauseClientHelloTooLarge     Cause = "client_hello_too_large"
	CauseUpstreamUnverified      Cause = "upstream_unverified"
	CauseUpstreamHandshakeFailed Cause = "upstream_handshake_failed"
	CauseUpstreamClosed          Cause = "upstream_closed_in_handshake"
	CauseUpstreamTimeout         Cause = "upstream_handshake_timeout"
	CauseClientRejected          Cause = "client_rejected_certificate"
	CauseClientHandshakeFailed   Cause = "client_handshake_failed"
	CauseClientClosed            Cause = "client_closed_in_handshake"
	CauseClientTimeout           Cause = "client_handshake_timeout"
	CauseClientReset             Cause = "client_reset"
	CauseServerReset             Cause = "server_reset"
	CauseClientTLS               Cause = "client_tls_error"
	CauseServerTLS               Cause = "server_tls_error"
	CauseIdleTimeout             Cause = "idle_timeout"
	CauseNotCaptured             Cause = "end_not_captured"
	CauseShutdown                Cause = "shutdown"
	CauseInternal                Cause = "internal_error"
)
