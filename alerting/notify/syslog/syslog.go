// Package syslog sends alerts as syslog messages (RFC 5424) over TLS or TCP,
// with a record of the Common Event Format or JSON in each.
//
// Syslog has no acknowledgement: what was written may be lost with the
// receiver. So each message has a connection of its own, which this side ends
// first; once the receiver has read up to that end it ends its side, and that
// is taken for its yes.
package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"runtime/debug"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/native"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
	"github.com/gatehound/gatehound/schemas"
)

// Sink sends to one receiver.
type Sink struct {
	name    string
	cfg     Config
	host    string
	version string
	tls     *tls.Config // nil without
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the certificates that cfg names and returns a sink that has sent
// nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Sink{name: name, cfg: *cfg, host: cfg.hostname(), version: version()}
	if cfg.Protocol == ProtocolTLS {
		var err error
		if s.tls, err = cfg.TLS.Config(); err != nil {
			return nil, err
		}
		s.tls.ServerName, _, _ = net.SplitHostPort(cfg.Address)
	}
	return s, nil
}

// version is Gatehound's, as the build knows it.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "dev"
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check connects, with TLS to the end of the handshake, and sends nothing.
func (s *Sink) Check(ctx context.Context) error {
	conn, err := s.dial(ctx)
	if err != nil {
		return classify(ctx, err)
	}
	defer conn.Close()
	return classify(ctx, settle(ctx, conn))
}

// Notify sends a over a connection of its own.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	frame, err := s.frame(a, key)
	if err != nil {
		return "", alerting.Permanent(errors.New("the alert cannot be encoded within max_bytes"))
	}
	conn, err := s.dial(ctx)
	if err != nil {
		return "", classify(ctx, err)
	}
	defer conn.Close()
	if _, err := conn.Write(frame); err != nil {
		return "", classify(ctx, err)
	}
	if s.cfg.Confirm == ConfirmNone {
		return "", classify(ctx, settle(ctx, conn))
	}
	return "", classify(ctx, confirm(ctx, conn))
}

// classify says in constant words what went wrong. Nothing is permanent: what
// is wrong is the way, not the alert.
func classify(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		err = ctx.Err()
	}
	return outbound.Classify(err, func(int) bool { return false })
}

// severities are those of RFC 5424, section 6.2.1, by ours.
var severities = [...]int{6, 5, 4, 3, 2}

// frame returns the message as it goes over the wire. A retry has the same.
func (s *Sink) frame(a *schemas.Alert, key string) ([]byte, error) {
	pri := facilities[s.cfg.Facility]*8 + severities[min(int(a.Severity), len(severities)-1)]
	// The message has no byte order mark: readers of CEF look for "CEF:".
	head := "<" + strconv.Itoa(pri) + ">1 " + neutral.Moment(a).Format("2006-01-02T15:04:05.000Z") + " " + s.host + " " +
		s.cfg.AppName + " - " + a.State.String() + " - "
	room := s.cfg.MaxBytes - len(head)
	var body []byte
	if s.cfg.Format == FormatJSON {
		var err error
		if body, err = native.Within(a, key, room); err != nil {
			return nil, err
		}
	} else {
		body = []byte(cef(a, key, s.version, s.host, room))
	}
	msg := append([]byte(head), body...)
	if s.cfg.Framing == FramingNewline {
		return append(msg, '\n'), nil
	}
	return append([]byte(strconv.Itoa(len(msg))+" "), msg...), nil
}

// dialTimeout bounds the making of a connection and its handshake.
const dialTimeout = 10 * time.Second

// dial returns a connection whose reads and writes end with ctx.
func (s *Sink) dial(ctx context.Context) (*conn, error) {
	d := &net.Dialer{Timeout: dialTimeout}
	raw, err := d.DialContext(ctx, "tcp", s.cfg.Address)
	if err != nil {
		return nil, err
	}
	tcp, ok := raw.(*net.TCPConn)
	if !ok {
		_ = raw.Close() // it was of no use
		return nil, errors.New("the connection is not one of TCP")
	}
	c := &conn{Conn: tcp, tcp: tcp}
	c.stop = context.AfterFunc(ctx, func() { _ = tcp.SetDeadline(time.Unix(1, 0)) })
	if s.tls == nil {
		return c, nil
	}
	c.tls = tls.Client(tcp, s.tls)
	c.Conn = c.tls
	hello, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	if err := c.tls.HandshakeContext(hello); err != nil {
		_ = c.Close() // the handshake's error counts
		return nil, err
	}
	return c, nil
}
