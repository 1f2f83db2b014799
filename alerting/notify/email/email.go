// Package email sends alerts by e-mail, through a mail server that takes them over
// SMTP.
//
// Every notification is a mail; the mails about an alert are one thread. The
// Message-ID follows from the notification's key, so that servers and mailboxes
// that have it already can drop one that is repeated.
package email

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/mail"
	"strconv"
	"time"

	"github.com/wneessen/go-mail/smtp"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/words"
	"github.com/gatehound/gatehound/schemas"
)

// Sink sends to one list of people.
type Sink struct {
	name     string
	config   Config
	from     *mail.Address
	to, cc   []*mail.Address
	password string
	tls      *tls.Config
}

var _ alerting.Sink = (*Sink)(nil)

// New reads the secret of cfg and returns a sink that has sent nothing yet.
func New(name string, cfg *Config) (*Sink, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s := &Sink{name: name, config: *cfg}
	var err error
	if s.from, err = address("from", cfg.From); err != nil {
		return nil, err
	}
	if s.to, err = addresses("to", cfg.To); err != nil {
		return nil, err
	}
	if s.cc, err = addresses("cc", cfg.Cc); err != nil {
		return nil, err
	}
	if s.password, err = cfg.password().Read("password"); err != nil {
		return nil, err
	}
	if s.tls, err = cfg.TLS.Config(); err != nil {
		return nil, err
	}
	s.tls.ServerName = cfg.Host
	return s, nil
}

// Name returns the sink's name.
func (s *Sink) Name() string { return s.name }

// Check connects, encrypts and logs in, and sends nothing.
func (s *Sink) Check(ctx context.Context) error {
	c, err := s.open(ctx)
	if err != nil {
		return err
	}
	defer c.close()
	return c.do(ctx, "NOOP", c.smtp.Noop)
}

// Notify sends a mail about a. It returns no Ref: what makes the thread follows from
// the alert's id.
func (s *Sink) Notify(ctx context.Context, a *schemas.Alert, key string, _ alerting.Ref) (alerting.Ref, error) {
	m := words.Of(a, key)
	text, err := s.compose(a, &m, key, time.Now())
	if err != nil {
		return "", alerting.Permanent(err)
	}
	c, err := s.open(ctx)
	if err != nil {
		return "", err
	}
	defer c.close()
	return "", c.send(ctx, s, text)
}

// send is one mail transaction. Who is accepted gets the mail also if others are
// not, which is an error all the same: the receivers that were refused for now get
// it with another attempt, which the others may show twice.
func (c *session) send(ctx context.Context, s *Sink, text []byte) error {
	if err := c.do(ctx, "MAIL", func() error { return c.smtp.Mail("<" + s.from.Address + ">") }); err != nil {
		return err
	}
	var refused error
	refusals, all := 0, append(append([]*mail.Address(nil), s.to...), s.cc...)
	for _, a := range all {
		err := c.do(ctx, "RCPT", func() error { return c.smtp.Rcpt("<" + a.Address + ">") })
		if err == nil {
			continue
		}
		if !answered(err) {
			return err
		}
		refusals++
		if refused == nil || alerting.IsPermanent(refused) {
			refused = err // one that is worth another attempt counts more
		}
	}
	if refusals == len(all) {
		return refused
	}
	if err := c.do(ctx, "DATA", func() error {
		w, err := c.smtp.Data()
		if err != nil {
			return err
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
		return w.Close()
	}); err != nil {
		return err
	}
	if refused == nil {
		return nil
	}
	err := fmt.Errorf("smtp: %d of %d receivers refused", refusals, len(all))
	if alerting.IsPermanent(refused) {
		return alerting.Permanent(err)
	}
	return err
}

// server is the server's address.
func (s *Sink) server() string { return net.JoinHostPort(s.config.Host, strconv.Itoa(s.config.port())) }

// auth returns how to log in, of what the server offers.
func (s *Sink) auth(offers string) smtp.Auth {
	plain := s.config.Encryption == None // to this machine alone
	switch {
	case offered(offers, "PLAIN"):
		return smtp.PlainAuth("", s.config.Username, s.password, s.config.Host, plain)
	case offered(offers, "LOGIN"):
		return smtp.LoginAuth(s.config.Username, s.password, s.config.Host, plain)
	}
	return nil
}
