package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"syscall"

	"github.com/gatehound/gatehound/alerting"
)

// Classify turns the error of an attempt into one for the manager. permanent
// says which HTTP statuses no further attempt can cure. The text is one of
// a few constants: errors of package net/http quote URLs, and Slack's and many
// others' URLs are secrets.
func Classify(err error, permanent func(status int) bool) error {
	if err == nil {
		return nil
	}
	var status *StatusError
	if !errors.As(err, &status) {
		return errors.New(kind(err))
	}
	plain := errors.New(status.Error())
	switch {
	case permanent(status.Code):
		return alerting.Permanent(plain)
	case status.Wait >= 0:
		return alerting.After(plain, status.Wait)
	}
	return plain
}

// Reach asks for the headers of url. Any answer is a success.
func Reach(ctx context.Context, client *http.Client, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, url, nil)
	if err != nil {
		return errors.New("the request cannot be made")
	}
	resp, err := client.Do(req)
	if err == nil {
		_ = resp.Body.Close() // a HEAD has none
		return nil
	}
	var status *StatusError
	if errors.As(err, &status) {
		return nil
	}
	return errors.New(kind(err))
}

// kind says in constant words why there was no answer.
func kind(err error) string {
	var (
		timeout net.Error
		dns     *net.DNSError
		cert    *tls.CertificateVerificationError
		alert   tls.AlertError
		record  tls.RecordHeaderError
		op      *net.OpError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "attempt was stopped"
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case errors.As(err, &cert):
		return "the receiver's certificate is not trusted"
	case errors.As(err, &alert), errors.As(err, &op) && op.Op == "remote error":
		return "the receiver refused the TLS handshake"
	case errors.As(err, &record):
		return "the receiver does not speak TLS"
	case errors.As(err, &dns):
		return "the receiver's host name is not known"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, errLong):
		return errLong.Error()
	case errors.Is(err, errAddress):
		return errAddress.Error()
	case errors.Is(err, errProxy):
		return errProxy.Error()
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET),
		errors.Is(err, syscall.EPIPE), errors.Is(err, net.ErrClosed):
		return "connection was closed"
	case errors.As(err, &op):
		return "connection failed"
	}
	return "no valid answer"
}
