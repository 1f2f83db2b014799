//go:build !linux

package syslog

import (
	"context"
	"net"
)

// taken trusts the receiver's end: how much it has acknowledged is told by
// Linux alone.
func taken(context.Context, *net.TCPConn) error { return nil }
