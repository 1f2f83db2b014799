// Package receivers has local stand-ins for who gets alerts: a Slack workspace
// and a SIEM's webhook. The demo shows with them what arrives, and the tests
// and the latency benchmark measure it. They check what the real ones check
// (the token and the limits of blocks; the signature and repeats), keep what
// came with the time of its arrival, and misbehave on request.
//
// Each listens on a port of its own on the loopback interface and runs until
// Close, which breaks all connections: handlers that hang return then.
package receivers
