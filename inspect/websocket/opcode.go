package websocket

import "fmt"

// Opcode says what a frame carries (RFC 6455, section 5.2).
type Opcode uint8

// The opcodes.
const (
	OpContinuation Opcode = 0x0
	OpText         Opcode = 0x1
	OpBinary       Opcode = 0x2
	OpClose        Opcode = 0x8
	OpPing         Opcode = 0x9
	OpPong         Opcode = 0xa
)

// String returns the opcode's name, such as "text".
func (o Opcode) String() string {
	switch o {
	case OpContinuation:
		return "continuation"
	case OpText:
		return "text"
	case OpBinary:
		return "binary"
	case OpClose:
		return "close"
	case OpPing:
		return "ping"
	case OpPong:
		return "pong"
	}
	return fmt.Sprintf("unknown (%d)", uint8(o))
}

// control says whether it is one of a control frame, which may come between the
// fragments of a message (RFC 6455, section 5.5).
func (o Opcode) control() bool { return o >= OpClose }

// known says whether the opcode is defined.
func (o Opcode) known() bool { return o <= OpBinary || o >= OpClose && o <= OpPong }
