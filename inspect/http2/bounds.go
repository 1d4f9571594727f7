package http2

// What a connection may make its reader hold or do. Where a bound is passed, the
// direction has failed, or both if it is one of the connection; clients and
// servers themselves allow far less.
const (
	// maxBlock bounds the bytes of a field block, over all of its frames.
	maxBlock = 512 << 10
	// maxContinuations bounds the frames of a field block.
	maxContinuations = 1000
	// maxList bounds a field section, counted as SETTINGS_MAX_HEADER_LIST_SIZE
	// does (RFC 9113, section 6.5.2).
	maxList = 256 << 10
	// maxHeld bounds the field sections of all streams that are not over: it is
	// what the receiver holds of them.
	maxHeld = 32 << 20
	// maxTable bounds the dynamic table of each direction. A sender that makes it
	// larger, with the receiver's leave, is followed as far as it refers to what
	// is kept.
	maxTable = 1 << 20
	// maxStreams bounds the streams that are not over.
	maxStreams = 10_000
	// maxRecent bounds the streams that are remembered although they are over.
	maxRecent = 1024
	// maxControl bounds what is kept of a frame that is neither DATA nor carries a
	// field block. It is a multiple of a setting's length.
	maxControl = 65_532
	// maxFixed is the length of the longest frame whose length its type fixes.
	maxFixed = 8
	// maxConnAnomalies bounds what is told of a direction's frames that belong to
	// no message.
	maxConnAnomalies = 100
	// maxGoAways bounds the GOAWAY frames whose streams are looked for.
	maxGoAways = 16
	// maxPending bounds the SETTINGS that are not acknowledged yet.
	maxPending = 16
	// rapidResets is how many requests a client may take back, if they are more
	// than half, before it is called an anomaly.
	rapidResets = 1000
)
