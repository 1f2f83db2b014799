// Package client is a desk that asks the API of a service that runs.
package client

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

// Client is a desk over HTTP.
type Client struct {
	base  *url.URL
	token string
	http  *http.Client
}

var _ alerting.Desk = (*Client)(nil)

// TLS says by what a server is trusted, for certificates that the
// system's do not vouch for.
type TLS struct {
	// CAFile has certificates, PEM; empty takes the system's.
	CAFile string
	// ServerName is the name that the certificate must bear; empty takes that of
	// the address.
	ServerName string
}

// clientTimeout bounds a request, but those that wait for a sink.
const clientTimeout = 30 * time.Second

// maxAnswer bounds an answer, in bytes: a page of a thousand alerts, each with
// all that its bounds let it have.
const maxAnswer = 256 << 20

// ErrAnswer is returned for an answer that no Gatehound gives.
var ErrAnswer = errors.New("the answer is not that of Gatehound's API: is --server its address?")

// New returns a client of the API at base, such as
// "http://127.0.0.1:9465". A token goes to a loopback address or over TLS only.
func New(base, token string, t TLS) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil || u.RawQuery != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("the API's address is not allowed: want one such as http://127.0.0.1:9465 or https://gatehound.example.com")
	}
	if u.Scheme == "http" && !wire.IsLoopback(u.Hostname()) {
		return nil, errors.New("the API's address is not allowed: the token would pass other machines in the clear: want https, or a loopback address")
	}
	conf := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("read the API's CA file: %w", err)
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errors.New("read the API's CA file: it has no certificate in PEM")
		}
	}
	tr := &http.Transport{TLSClientConfig: conf, ForceAttemptHTTP2: true, Proxy: http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, TLSHandshakeTimeout: 5 * time.Second, IdleConnTimeout: 30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10}
	return &Client{base: u, token: token, http: &http.Client{Transport: tr,
		// The token goes to no other place.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}, nil
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Ping tells whether the API answers and takes the token.
func (c *Client) Ping(ctx context.Context) error {
	return c.do(ctx, http.MethodGet, "/silences", nil, "", nil, nil)
}

// IsAway reports whether err says that nothing listens at the API's address.
func IsAway(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }

// do makes a request. One that changes something has a key, so that it can be
// made once more if the connection broke before the answer.
func (c *Client) do(ctx context.Context, method, path string, q url.Values, by string, body, into any) error {
	var doc []byte
	if body != nil {
		var err error
		if doc, err = json.Marshal(body); err != nil {
			return fmt.Errorf("ask the API: %w", err)
		}
	}
	key := ""
	if method == http.MethodPost {
		var raw [16]byte
		if _, err := rand.Read(raw[:]); err != nil {
			return fmt.Errorf("ask the API: %w", err)
		}
		key = hex.EncodeToString(raw[:])
	}
	if _, ok := ctx.Deadline(); !ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, clientTimeout)
		defer cancel()
	}
	err := c.once(ctx, method, path, q, by, key, doc, into)
	var broke *brokeError
	if errors.As(err, &broke) && ctx.Err() == nil && !IsAway(err) {
		err = c.once(ctx, method, path, q, by, key, doc, into)
	}
	return err
}

// brokeError is a request that got no answer.
type brokeError struct{ error }

func (e *brokeError) Unwrap() error { return e.error }

func (c *Client) once(ctx context.Context, method, path string, q url.Values, by, key string, doc []byte, into any) error {
	u := *c.base
	u.Path, u.RawQuery = wire.Base+path, q.Encode()
	r, err := http.NewRequestWithContext(ctx, method, u.String(), bytes.NewReader(doc))
	if err != nil {
		return errors.New("ask the API: the request is not allowed")
	}
	r.Header.Set("Authorization", "Bearer "+c.token)
	if doc != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		r.Header.Set(wire.IdempotencyKey, key)
	}
	if by = neutral.Text(by, wire.MaxPerson); by != "" {
		r.Header.Set(wire.OnBehalfOf, by)
	}
	res, err := c.http.Do(r)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) { // it names the address, with the query
			err = u.Err
		}
		return &brokeError{fmt.Errorf("ask the API at %s: %w", c.base.Host, err)}
	}
	defer res.Body.Close()
	data, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return &brokeError{fmt.Errorf("ask the API at %s: %w", c.base.Host, err)}
	}
	if len(data) > maxAnswer {
		return ErrAnswer
	}
	kind, _, _ := strings.Cut(res.Header.Get("Content-Type"), ";")
	if kind == "application/problem+json" {
		var p wire.Problem
		if json.Unmarshal(data, &p) != nil || p.Type == "" {
			return ErrAnswer
		}
		p.Title, p.Detail = neutral.Text(p.Title, 200), neutral.Text(p.Detail, wire.MaxComment)
		return p.AsError()
	}
	if kind != "application/json" || res.StatusCode >= 300 {
		return ErrAnswer
	}
	if into != nil && json.Unmarshal(data, into) != nil {
		return ErrAnswer
	}
	return nil
}

// id is an id as a part of a path; one that cannot be one is none.
func id(text string, missing error) (string, error) {
	text = strings.ToLower(text)
	if !wire.IsID(text) {
		return "", missing
	}
	return text, nil
}

// List is that of a Desk.
func (c *Client) List(f alerting.Filter) ([]schemas.Alert, error) {
	q := url.Values{}
	if f.Open {
		q.Set("open", "true")
	}
	for _, m := range f.Matchers {
		q.Add("matcher", m)
	}
	if !f.Since.IsZero() {
		q.Set("since", f.Since.Format(time.RFC3339Nano))
	}
	if f.After != "" {
		q.Set("after", f.After)
	}
	if f.Limit != 0 {
		q.Set("limit", strconv.Itoa(f.Limit))
	}
	var page wire.AlertPage
	err := c.do(context.Background(), http.MethodGet, "/alerts", q, "", nil, &page)
	return page.Alerts, err
}

// Alert is that of a Desk.
func (c *Client) Alert(text string) (a schemas.Alert, err error) {
	text, err = id(text, alerting.ErrNoAlert)
	if err == nil {
		err = c.do(context.Background(), http.MethodGet, "/alerts/"+text, nil, "", nil, &a)
	}
	return a, err
}

func (c *Client) act(ctx context.Context, verb, text, by, comment string) (a schemas.Alert, err error) {
	text, err = id(text, alerting.ErrNoAlert)
	if err == nil {
		err = c.do(ctx, http.MethodPost, "/alerts/"+text+"/"+verb, nil, by, wire.Comment{Comment: comment}, &a)
	}
	return a, err
}

// Acknowledge is that of a Desk.
func (c *Client) Acknowledge(ctx context.Context, id, by, comment string) (schemas.Alert, error) {
	return c.act(ctx, "acknowledge", id, by, comment)
}

// Resolve is that of a Desk.
func (c *Client) Resolve(ctx context.Context, id, by, comment string) (schemas.Alert, error) {
	return c.act(ctx, "resolve", id, by, comment)
}

// Comment is that of a Desk.
func (c *Client) Comment(ctx context.Context, id, by, comment string) (schemas.Alert, error) {
	return c.act(ctx, "comment", id, by, comment)
}

// all is the parameter that asks for what is over, too.
func all(yes bool) url.Values {
	if yes {
		return url.Values{"all": {"true"}}
	}
	return nil
}

// Silence is that of a Desk.
func (c *Client) Silence(ctx context.Context, s schemas.Silence) (made schemas.Silence, err error) {
	err = c.do(ctx, http.MethodPost, "/silences", nil, s.By, wire.NewSilence{Matchers: s.Matchers, From: s.From, Until: s.Until, Comment: s.Comment}, &made)
	return made, err
}

// Unsilence is that of a Desk.
func (c *Client) Unsilence(ctx context.Context, text, by string) (ended schemas.Silence, err error) {
	text, err = id(text, alerting.ErrNoSilence)
	if err == nil {
		err = c.do(ctx, http.MethodDelete, "/silences/"+text, nil, by, nil, &ended)
	}
	return ended, err
}

// Silences is that of a Desk.
func (c *Client) Silences(over bool) ([]schemas.Silence, error) {
	var list wire.SilenceList
	err := c.do(context.Background(), http.MethodGet, "/silences", all(over), "", nil, &list)
	return list.Silences, err
}

// Allow is that of a Desk.
func (c *Client) Allow(ctx context.Context, a schemas.Allowance) (made schemas.Allowance, err error) {
	err = c.do(ctx, http.MethodPost, "/allowances", nil, a.By, wire.NewAllowance{Detector: a.Detector, Principal: a.Principal, Client: a.Client,
		Route: a.Route, Tenant: a.Tenant, Until: a.Until, Reason: a.Reason}, &made)
	return made, err
}

// Disallow is that of a Desk.
func (c *Client) Disallow(ctx context.Context, text, by string) (ended schemas.Allowance, err error) {
	text, err = id(text, alerting.ErrNoAllow)
	if err == nil {
		err = c.do(ctx, http.MethodDelete, "/allowances/"+text, nil, by, nil, &ended)
	}
	return ended, err
}

// Allowances is that of a Desk.
func (c *Client) Allowances(over bool) ([]schemas.Allowance, error) {
	var list wire.AllowanceList
	err := c.do(context.Background(), http.MethodGet, "/allowances", all(over), "", nil, &list)
	return list.Allowances, err
}

// Standing is Sinks with the error that a Desk cannot return.
func (c *Client) Standing() ([]alerting.SinkStatus, error) {
	var list wire.SinkList
	err := c.do(context.Background(), http.MethodGet, "/sinks", nil, "", nil, &list)
	return list.Sinks, err
}

// Sinks is that of a Desk; nothing if the API does not answer, which Standing
// tells.
func (c *Client) Sinks() []alerting.SinkStatus {
	list, _ := c.Standing()
	return list
}

// Pending is that of a Desk; nothing if the API does not answer, which Waiting
// tells.
func (c *Client) Pending() []alerting.Delivery {
	list, _ := c.Waiting()
	return list
}

// Waiting is Pending with the error that a Desk cannot return.
func (c *Client) Waiting() ([]alerting.Delivery, error) {
	var list wire.DeliveryList
	err := c.do(context.Background(), http.MethodGet, "/deliveries", nil, "", nil, &list)
	return list.Deliveries, err
}

// DeadLetters is that of a Desk.
func (c *Client) DeadLetters() ([]alerting.DeadLetter, error) {
	var list wire.DeadLetterList
	err := c.do(context.Background(), http.MethodGet, "/deliveries/dead", nil, "", nil, &list)
	return list.DeadLetters, err
}

// Redeliver is that of a Desk.
func (c *Client) Redeliver(sink string) (int, error) {
	if !wire.IsHost(sink) {
		return 0, alerting.ErrNoSink
	}
	var n wire.Redelivered
	err := c.do(context.Background(), http.MethodPost, "/deliveries/dead/"+sink+"/redeliver", nil, "", nil, &n)
	return n.Redelivered, err
}

// Route is that of a Desk.
func (c *Client) Route(a *schemas.Alert) (route.Decision, error) {
	var d route.Decision
	err := c.do(context.Background(), http.MethodPost, "/routes/test", nil, "", a, &d)
	return d, err
}

// Try is that of a Desk.
func (c *Client) Try(ctx context.Context, sink string) error {
	if !wire.IsHost(sink) {
		return alerting.ErrNoSink
	}
	ctx, cancel := context.WithTimeout(ctx, wire.TestFor)
	defer cancel()
	return c.do(ctx, http.MethodPost, "/sinks/"+sink+"/test", nil, "", nil, nil)
}
