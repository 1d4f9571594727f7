package capture

import (
	"bytes"
	"errors"
)

// ForeignError says that a file is no capture that can be read here.
type ForeignError struct {
	// Format names what it seems to be; "" if nothing is known of it.
	Format string
	// Unpack is the command that unpacks it to standard output; "" if it is not packed.
	Unpack string
}

// ForeignJSON is the format of saved events.
const ForeignJSON = "JSON"

// ErrEmpty says that there is nothing at all.
var ErrEmpty = errors.New("capture: empty")

// Error implements error.
func (e *ForeignError) Error() string {
	if e.Format == "" {
		return "capture: this is neither pcap nor pcapng"
	}
	return "capture: this is " + e.Format + ", and neither pcap nor pcapng"
}

// foreign names what begins with b, if it is known.
func foreign(b []byte) *ForeignError {
	for _, f := range []struct{ magic, name, unpack string }{
		{"snoop\x00", "a Solaris snoop capture", ""},
		{"RTSS", "a Network Monitor capture", ""},
		{"GMBU", "a Network Monitor capture", ""},
		{"TRSNIFF data", "a Sniffer capture", ""},
		{"\x28\xb5\x2f\xfd", "compressed with zstd", "zstd -dc FILE"},
		{"\x04\x22\x4d\x18", "compressed with lz4", "lz4 -dc FILE"},
		{"\xfd7zXZ\x00", "compressed with xz", "xz -dc FILE"},
		{"BZh", "compressed with bzip2", "bzip2 -dc FILE"},
		{"PK\x03\x04", "a zip archive", "unzip -p FILE"},
		{"{", ForeignJSON, ""},
	} {
		if len(b) >= len(f.magic) && bytes.HasPrefix(b, []byte(f.magic)) {
			return &ForeignError{Format: f.name, Unpack: f.unpack}
		}
	}
	return &ForeignError{}
}
