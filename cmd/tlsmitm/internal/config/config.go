package config

import "time"

// Config is every setting, named as in the file. The yaml tags are the one
// place where names are written down: the loader, the documentation's test and
// the example's test walk them.
type Config struct {
	Listen          Address   `yaml:"listen"`
	AllowRemote     bool      `yaml:"allow_remote"`
	CADir           Path      `yaml:"ca_dir"` // "" is the user's configuration directory
	View            View      `yaml:"view"`
	Bytes           bool      `yaml:"bytes"`
	Show            Show      `yaml:"show"`
	Filter          Filter    `yaml:"filter"` // "" lets everything through
	JSON            Path      `yaml:"json"`   // "" is none, "-" is standard output
	RawFingerprints bool      `yaml:"raw_fingerprints"`
	HAR             Path      `yaml:"har"`
	KeyLog          Path      `yaml:"keylog"`
	PCAP            Path      `yaml:"pcap"` // "" is none, "-" is standard output
	ClientKeyLog    Path      `yaml:"client_keylog"`
	Lang            Lang      `yaml:"lang"`
	DataBytes       DataBytes `yaml:"data_bytes"`
	LogLevel        LogLevel  `yaml:"log_level"`
	LogFormat       LogFormat `yaml:"log_format"`
	Upstream        Upstream  `yaml:"upstream"`
	Policy          Policy    `yaml:"policy"`
	TLS             TLS       `yaml:"tls"`
	Limits          Limits    `yaml:"limits"`
	Inspect         Inspect   `yaml:"inspect"`
	HTTP            HTTP      `yaml:"http"`
	Secrets         Secrets   `yaml:"secrets"`
}

// Upstream is how servers' certificates are checked.
type Upstream struct {
	CAFiles       []Path    `yaml:"ca_files"`
	InsecureHosts []Pattern `yaml:"insecure_hosts"`
}

// Policy says how a connection is treated, by its host.
type Policy struct {
	Default   Action    `yaml:"default"`
	Intercept []Pattern `yaml:"intercept"`
	Observe   []Pattern `yaml:"observe"`
	Tunnel    []Pattern `yaml:"tunnel"`
	Refuse    []Pattern `yaml:"refuse"`
}

// TLS bounds the protocol on both legs.
type TLS struct {
	MinVersion Version `yaml:"min_version"`
}

// Limits are the deadlines and counts that bound what a peer can cost.
type Limits struct {
	Header        Duration `yaml:"header"`
	Sniff         Duration `yaml:"sniff"`
	Dial          Duration `yaml:"dial"`
	Handshake     Duration `yaml:"handshake"`
	Idle          Duration `yaml:"idle"`
	Connections   int      `yaml:"connections"`
	ShutdownGrace Duration `yaml:"shutdown_grace"`
}

// Inspect bounds the queue between the relay and the inspection, and what that costs.
type Inspect struct {
	QueueBytes          ByteSize `yaml:"queue_bytes"`
	Overflow            Overflow `yaml:"overflow"`
	SignaturesPerSecond Count    `yaml:"signatures_per_second"`
}

// HTTP is how the application data are read.
type HTTP struct {
	BodyBytes ByteSize `yaml:"body_bytes"`
	BothLegs  bool     `yaml:"both_legs"`
	Frames    bool     `yaml:"frames"`
	Proto     []Path   `yaml:"proto"`
}

// Secrets says what is hidden in all that is written, besides what is hidden always.
type Secrets struct {
	Show     bool   `yaml:"show"`
	Headers  []Text `yaml:"headers"`
	Fields   []Text `yaml:"fields"`
	Patterns []Text `yaml:"patterns"`
}

// Default returns the settings of a run without flags, environment or file.
func Default() Config {
	return Config{
		Listen:    "127.0.0.1:8080",
		View:      ViewTable,
		Show:      ShowLine,
		Lang:      LangEnglish,
		DataBytes: 1024,
		LogLevel:  LogInfo,
		LogFormat: LogConsole,
		Policy:    Policy{Default: ActionIntercept},
		TLS:       TLS{MinVersion: VersionTLS12},
		Limits: Limits{
			Header:        Duration(10 * time.Second),
			Sniff:         Duration(10 * time.Second),
			Dial:          Duration(10 * time.Second),
			Handshake:     Duration(10 * time.Second),
			Idle:          Duration(10 * time.Minute),
			Connections:   10000,
			ShutdownGrace: Duration(5 * time.Second),
		},
		Inspect: Inspect{QueueBytes: 16 << 20, Overflow: OverflowWait, SignaturesPerSecond: 100},
		HTTP:    HTTP{BodyBytes: 1 << 20},
	}
}
