package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"time"

	"github.com/rs/zerolog"

	"tlsmitm/ca"
	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/keyfile"
	"tlsmitm/proxy"
)

// drainTime is how long inspection may take, once the traffic has ended, to get
// through what still waits.
const drainTime = 10 * time.Second

// parts are what an engine is put together from. It takes over door and outlets.
type parts struct {
	settings *config.Settings
	log      zerolog.Logger
	door     net.Listener
	outlets  *outlets
	root     *ca.Authority
	roots    *x509.CertPool // nil means the system's
	// dial reaches servers; nil means the network.
	dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// engine is the proxy with its inspection, at work.
type engine struct {
	parts
	proxy     *proxy.Proxy
	inspector *inspect.Inspector
	// What clients tell of their secrets; nil where none is observed.
	clientKeys *inspect.KeyStore
	follower   *keyfile.Follower
	started    time.Time
	served     chan error // gets the one result of Serve
}

// start puts an engine together and lets clients in.
func start(p parts) (*engine, error) {
	e := &engine{parts: p, started: time.Now(), served: make(chan error, 1)}
	s := p.settings
	e.inspector = inspect.New(p.outlets.inspection(inspect.Options{
		DataBytes:  dataBytes(s.DataBytes),
		QueueBytes: int64(s.Inspect.QueueBytes),
		Overflow:   inspect.Overflow(s.Inspect.Overflow),

		SignaturesPerSecond: signatures(s.Inspect.SignaturesPerSecond),

		OnSinkError: func(sink string, err error) { p.log.Error().Str("sink", sink).Msg(sinkFailed(sink, err)) },
		OnPanic: func(conn uint64, value any, stack []byte) {
			p.log.Error().Uint64("conn", conn).Interface("panic", value).Bytes("stack", stack).Msg(inspectionPanicked)
		},
	}))
	e.followClient()
	px, err := proxy.New(proxy.Config{
		Limits: proxy.Limits{
			Header: time.Duration(s.Limits.Header), Sniff: time.Duration(s.Limits.Sniff),
			Dial: time.Duration(s.Limits.Dial), Handshake: time.Duration(s.Limits.Handshake),
			Idle: time.Duration(s.Limits.Idle), Connections: s.Limits.Connections,
			ShutdownGrace: time.Duration(s.Limits.ShutdownGrace),
		},
		TLS:      proxy.TLS{MinVersion: tlsVersion(s.TLS.MinVersion)},
		Upstream: proxy.Upstream{RootCAs: p.roots, InsecureHosts: plain(s.Upstream.InsecureHosts)},
		Policy:   rules(s.Policy),
		Dial:     p.dial,
	}, proxy.Deps{Authority: p.root, Inspector: e.inspector, ClientKeys: e.clientKeys, Logger: p.log, Hide: p.outlets.redact.URL, Version: version()})
	if err != nil {
		e.unfollowClient()
		return nil, errors.Join(err, e.inspector.Close(context.Background()))
	}
	e.proxy = px
	e.emit(inspect.KindRunStart, &inspect.RunStart{
		Version: version(), PID: os.Getpid(), Listen: p.door.Addr().String(), CASHA256: p.root.FingerprintHex(),
	})
	go func() { e.served <- px.Serve(context.Background(), p.door) }()
	return e, nil
}

// followClient begins to read the key log file that the client writes.
func (e *engine) followClient() {
	path := string(e.settings.ClientKeyLog)
	if path == "" {
		return
	}
	e.clientKeys = inspect.NewKeyStore()
	e.follower = keyfile.Follow(path, e.clientKeys, keyfile.Options{OnProblem: func(err error) {
		e.log.Warn().Str("file", path).Msg(unreadableKeyLog(path, err))
	}})
}

// unfollowClient reads what the file has in the end. Nothing waits for more.
func (e *engine) unfollowClient() {
	if e.follower != nil {
		e.follower.Stop()
		e.clientKeys.Complete()
	}
}

// stop ends the doors, the relays, the sessions and the sinks, in this order.
func (e *engine) stop(ctx context.Context) error {
	// The proxy takes a grace of 0 for its default; here it means none.
	grace, cancel := context.WithTimeout(ctx, time.Duration(e.settings.Limits.ShutdownGrace))
	defer cancel()
	err := e.proxy.Shutdown(grace)
	e.unfollowClient()
	drain, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	e.inspector.Drain(drain) // Close says what is left
	e.emit(inspect.KindRunEnd, &inspect.RunEnd{
		Connections: e.inspector.Connections(), Duration: time.Since(e.started),
	})
	if cerr := e.inspector.Close(drain); errors.Is(cerr, context.DeadlineExceeded) {
		err = errors.Join(err, unfinished(drainTime))
	} // what else a sink failed of was logged when it happened
	return err
}

func (e *engine) emit(kind inspect.Kind, body any) {
	e.inspector.Emit(&inspect.Event{Time: time.Now(), Kind: kind, Body: body})
}

func tlsVersion(v config.Version) uint16 {
	return map[config.Version]uint16{
		config.VersionTLS10: tls.VersionTLS10, config.VersionTLS11: tls.VersionTLS11,
		config.VersionTLS12: tls.VersionTLS12, config.VersionTLS13: tls.VersionTLS13,
	}[v]
}

func plain(patterns []config.Pattern) []string {
	var list []string
	for _, p := range patterns {
		list = append(list, string(p))
	}
	return list
}
