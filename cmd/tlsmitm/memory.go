package main

import "runtime"

// ballastSize is how much garbage may gather before the first collection.
const ballastSize = 24 << 20

// holdBallast makes the garbage collector run less often: with the few megabytes
// that a proxy holds, it would run after every few megabytes of handshakes. The
// ballast counts as held and is never touched, so it takes address space and no
// memory. The function that is returned lets go of it.
func holdBallast() (release func()) {
	ballast := make([]byte, ballastSize)
	return func() { runtime.KeepAlive(ballast) }
}
