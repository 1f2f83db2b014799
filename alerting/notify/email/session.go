package email

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/textproto"
	"slices"
	"strings"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/outbound"
)

const (
	// maxAnswers bounds what is read of a server in a session, in bytes.
	maxAnswers = 256 << 10
	// attempt bounds a session whose context has no deadline.
	attempt = time.Minute
	// farewell bounds the end of a session, when all is said.
	farewell = time.Second
)

// session is a connection to a server that knows who we are.
type session struct {
	smtp *smtp.Client
	conn net.Conn
	stop func() bool // that the context closes the connection
	// broken: it has ended without a word, or with another one than of SMTP.
	broken bool
}

// open connects, encrypts and logs in as the settings say.
func (s *Sink) open(ctx context.Context) (*session, error) {
	conn, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(ctx, "tcp", s.server())
	if err != nil {
		return nil, failure("connect", err)
	}
	end := time.Now().Add(attempt)
	if deadline, ok := ctx.Deadline(); ok {
		end = deadline
	}
	_ = conn.SetDeadline(end) // an open connection takes it
	conn = &meter{Conn: conn, left: maxAnswers}
	c := &session{conn: conn}
	c.stop = context.AfterFunc(ctx, func() { _ = conn.Close() })
	if err := s.begin(ctx, c); err != nil {
		c.close()
		return nil, err
	}
	return c, nil
}

// begin greets the server.
func (s *Sink) begin(ctx context.Context, c *session) error {
	conn := c.conn
	if s.config.Encryption == TLS {
		secure := tls.Client(conn, s.tls)
		if err := c.do(ctx, "TLS", func() error { return secure.HandshakeContext(ctx) }); err != nil {
			return err
		}
		conn = secure
	}
	if err := c.do(ctx, "greeting", func() (err error) {
		c.smtp, err = smtp.NewClient(conn, s.config.Host)
		return err
	}); err != nil {
		return err
	}
	c.smtp.SkipSMTPUTF8(true) // every address is ASCII
	if err := c.do(ctx, "EHLO", func() error { return c.smtp.Hello(s.config.Hello) }); err != nil {
		return err
	}
	if s.config.Encryption == StartTLS {
		if ok, _ := c.smtp.Extension("STARTTLS"); !ok {
			return errors.New("smtp: the server does not offer STARTTLS")
		}
		if err := c.do(ctx, "STARTTLS", func() error { return c.smtp.StartTLS(s.tls) }); err != nil {
			return err
		}
	}
	if s.config.Username == "" {
		return nil
	}
	_, offers := c.smtp.Extension("AUTH")
	auth := s.auth(offers)
	if auth == nil {
		return errors.New("smtp: the server offers neither AUTH PLAIN nor AUTH LOGIN")
	}
	return c.do(ctx, "AUTH", func() error { return c.smtp.Auth(auth) })
}

// do runs a step; its error is one for the manager.
func (c *session) do(ctx context.Context, step string, f func() error) error {
	err := f()
	var answer *textproto.Error
	if err != nil && !errors.As(err, &answer) {
		c.broken = true
		if ctx.Err() != nil { // whatever it broke
			err = ctx.Err()
		}
	}
	return failure(step, err)
}

// close ends the session. The server has said what it had to say.
func (c *session) close() {
	if c.smtp != nil && !c.broken && c.stop() {
		_ = c.conn.SetDeadline(time.Now().Add(farewell))
		_ = c.smtp.Quit()
	}
	c.stop()
	_ = c.conn.Close()
}

// replyError is a server's answer that is not the one we want.
type replyError struct {
	step string
	code int
}

func (e *replyError) Error() string { return fmt.Sprintf("smtp: %s: answer %d", e.step, e.code) }

// answered reports whether err is an answer of the server, after which the session
// goes on.
func answered(err error) bool {
	var reply *replyError
	return errors.As(err, &reply) && reply.code != 421 // which announces that it hangs up
}

// failure turns the error of a step into one for the manager: answers 5xx are
// final, 4xx and everything else are not. Nothing of the server's text is in it:
// servers quote addresses, and what was sent.
func failure(step string, err error) error {
	if err == nil {
		return nil
	}
	var answer *textproto.Error
	if errors.As(err, &answer) {
		reply := &replyError{step, answer.Code}
		if answer.Code >= 500 && answer.Code <= 599 {
			return alerting.Permanent(reply)
		}
		return reply
	}
	var strange textproto.ProtocolError
	if errors.As(err, &strange) {
		return fmt.Errorf("smtp: %s: no valid answer", step)
	}
	if errors.Is(err, errLong) {
		return errors.New("smtp: the server talks too much")
	}
	return fmt.Errorf("smtp: %s: %w", step, outbound.Classify(err, func(int) bool { return false }))
}

// offered reports whether a list of mechanisms has one.
func offered(list, mechanism string) bool {
	return slices.ContainsFunc(strings.Fields(list), func(s string) bool { return strings.EqualFold(s, mechanism) })
}

var errLong = errors.New("answers are too long")

// meter is a connection of which only so much is read.
type meter struct {
	net.Conn
	left int
}

func (m *meter) Read(p []byte) (int, error) {
	if m.left <= 0 {
		return 0, errLong
	}
	n, err := m.Conn.Read(p[:min(len(p), m.left)])
	m.left -= n
	return n, err
}
