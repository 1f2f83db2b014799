package outbound

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"syscall"
	"time"
)

var (
	errLong    = errors.New("the answer is too long")
	errProxy   = errors.New("the proxy refused the connection")
	errAddress = errors.New("the receiver's address is private or reserved: see allow_private")
)

// maxErrorBody bounds StatusError.Body, in bytes, and bodyWait how long the
// body of an answer may take if the status has said it all.
const (
	maxErrorBody = 4 << 10
	bodyWait     = time.Second
)

// trip is what the dialer has to know of the request that it dials for.
type trip struct {
	config *Config
	// proxy is what the connection goes to; nil without one.
	proxy *url.URL
	// own: the URL names this machine.
	own bool
}

type tripKey struct{}

func tripOf(ctx context.Context) *trip {
	t, _ := ctx.Value(tripKey{}).(*trip)
	return t
}

// control looks at the address that a connection is about to be made to, after
// the name was resolved: what the name says at another time does not count. A
// proxy may be anywhere.
func control(ctx context.Context, _, address string, _ syscall.RawConn) error {
	t := tripOf(ctx)
	if t == nil {
		return errAddress
	}
	if t.proxy != nil {
		return nil
	}
	to, err := netip.ParseAddrPort(address)
	if err != nil || !t.config.reachable(to.Addr(), t.own) {
		return errAddress
	}
	return nil
}

// guard is a RoundTripper that bounds answers and turns those that are not 2xx
// into errors, so that nothing above it follows a redirect or shows a body.
type guard struct {
	config *Config
	proxy  func(*http.Request) (*url.URL, error)
	base   *http.Transport
}

func (g *guard) RoundTrip(req *http.Request) (*http.Response, error) {
	if _, err := g.config.URL("url", req.URL.String()); err != nil {
		return nil, errAddress
	}
	proxy, err := g.proxy(req)
	if err != nil {
		return nil, errProxy
	}
	ctx, cancel := context.WithCancel(req.Context())
	ctx = context.WithValue(ctx, tripKey{}, &trip{g.config, proxy, isOwn(hostOf(req.URL))})
	resp, err := g.base.RoundTrip(req.WithContext(ctx))
	if err != nil {
		cancel()
		return nil, err
	}
	resp.Body = &capped{body: resp.Body, left: maxAnswer, stop: cancel}
	if resp.StatusCode >= 200 && resp.StatusCode <= 299 {
		return resp, nil
	}
	fail := &StatusError{Code: resp.StatusCode, Wait: retryAfter(resp.Header.Get("Retry-After"), time.Now())}
	fail.Body = glimpse(resp.Body, maxErrorBody, cancel)
	_ = resp.Body.Close() // nothing more of it is wanted
	return nil, fail
}

// glimpse reads at most limit bytes of body, for as long as bodyWait. stop makes
// reads return.
func glimpse(body io.Reader, limit int64, stop func()) []byte {
	timer := time.AfterFunc(bodyWait, stop)
	defer timer.Stop()
	raw, _ := io.ReadAll(io.LimitReader(body, limit)) // as far as it comes
	return raw
}

// capped is the body of an answer. Its end stops the request's context.
type capped struct {
	body io.ReadCloser
	left int
	stop func()
}

func (c *capped) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errLong
	}
	n, err := c.body.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func (c *capped) Close() error {
	err := c.body.Close()
	c.stop()
	return err
}
