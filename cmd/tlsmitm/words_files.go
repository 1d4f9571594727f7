package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"syscall"

	"tlsmitm/cmd/tlsmitm/internal/config"
	"tlsmitm/inspect"
	"tlsmitm/inspect/capture"
	"tlsmitm/inspect/explain"
	"tlsmitm/inspect/saved"
)

func nothingToShow(command string) error {
	return fmt.Errorf("`%s` wants a file that --json wrote, or - for standard input; `%s --help` has examples", command, command)
}

func unreadable(path string, err error) error {
	who := fmt.Sprintf("cannot read `%s`: ", path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errors.New(who + "it does not exist; check the path")
	case errors.Is(err, fs.ErrPermission):
		return errors.New(who + "you may not; change its permissions, or be its owner")
	case errors.Is(err, syscall.EISDIR):
		return errors.New(who + "it is a directory; name the files in it")
	case errors.Is(err, saved.ErrUTF16):
		return errors.New(who + "it is UTF-16, as PowerShell writes with >; have --json FILE write the file instead")
	default:
		return fmt.Errorf("%s%s", who, strings.TrimPrefix(reason(err).Error(), "saved: "))
	}
}

func ontoItself(from config.Source, path string) error {
	return fmt.Errorf("%v names `%s`, which is to be read; choose another file", from, path)
}

func noEvents(first *saved.LineError, lines int) error {
	return fmt.Errorf("%w; the %d lines after it are no events either: is that a file that --json wrote?", first, lines)
}

func moreLines(path string, n int) error {
	return fmt.Errorf("%s: %d more lines could not be read", path, n)
}

func cutShort(line *saved.LineError) error {
	return fmt.Errorf("%s:%d: the last line is cut short, as when a run is killed; all before it is shown", line.Name, line.Line)
}

func unknownKinds(counts map[inspect.Kind]int) error {
	var names []string
	total := 0
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		names = append(names, explain.Value(string(kind)))
		total += counts[kind]
	}
	const shown = 5
	if more := len(names) - shown; more > 0 {
		names = append(names[:shown], fmt.Sprintf("and %d more", more))
	}
	return fmt.Errorf("events of kinds that this version does not show: %d (%s)", total, strings.Join(names, ", "))
}

func nothingToRead(command string) error {
	return fmt.Errorf("`%s` wants a capture file, or - for standard input; `%s --help` has examples", command, command)
}

var errStandardInputTwice = errors.New("- is named twice, but there is only one standard input")

func noKeys(path string) error {
	return fmt.Errorf("`%s` holds no TLS secret; a key log is what a client or server writes to the file that SSLKEYLOGFILE names", path)
}

// unreadableCapture says why a capture was not read, or not to its end.
func unreadableCapture(path string, err error) error {
	who := fmt.Sprintf("cannot read `%s`: ", path)
	var foreign *capture.ForeignError
	var cut *capture.TruncatedError
	var corrupt *capture.CorruptError
	switch {
	case errors.As(err, &foreign) && foreign.Format == capture.ForeignJSON:
		return errors.New(who + "it is JSON, and no capture; `tlsmitm show` shows saved events")
	case errors.As(err, &foreign) && foreign.Unpack != "":
		return fmt.Errorf("%sit is %s; unpack it first: %s | tlsmitm read -", who, foreign.Format, foreign.Unpack)
	case errors.As(err, &foreign) && foreign.Format != "":
		return fmt.Errorf("%sit is %s; convert it first: editcap -F pcapng IN OUT", who, foreign.Format)
	case errors.As(err, &foreign):
		return errors.New(who + "it is no capture: neither pcap nor pcapng, gzipped or not")
	case errors.Is(err, capture.ErrEmpty):
		return errors.New(who + "it is empty")
	case errors.As(err, &cut):
		return fmt.Errorf("`%s` is cut off after frame %d, as when the program that wrote it is killed; all before that is shown", path, cut.Frames)
	case errors.As(err, &corrupt):
		return fmt.Errorf("`%s` cannot be read beyond frame %d: %s; all before that is shown", path, corrupt.Frames, corrupt.Reason)
	default:
		return unreadable(path, err)
	}
}

func nothingCaptured(path string) error {
	return fmt.Errorf("`%s` is a capture, and holds no frame", path)
}

func noTCP(path string, frames int64) error {
	return fmt.Errorf("`%s` holds no TCP in its %d frames; TLS is read over TCP alone, and neither QUIC nor DTLS", path, frames)
}

func unsupportedLinks(path string, links map[capture.LinkType]int64) error {
	var names, known []string
	for _, l := range slices.Sorted(maps.Keys(links)) {
		names = append(names, l.String())
	}
	for _, l := range capture.LinkTypes() {
		known = append(known, l.String())
	}
	return fmt.Errorf("`%s` has frames of link type %s, which cannot be read; supported are %s", path, strings.Join(names, ", "), strings.Join(known, ", "))
}
