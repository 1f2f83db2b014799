package outbound

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client returns the client of cfg, without the environment's proxy.
func client(t *testing.T, cfg Config) *http.Client {
	t.Helper()
	if cfg.Proxy == "" {
		cfg.Proxy = proxyNone
	}
	if err := cfg.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := cfg.Client()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// counting is a server that counts its requests.
func counting(t *testing.T, h http.HandlerFunc) (*httptest.Server, *atomic.Int64) {
	t.Helper()
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		if h != nil {
			h(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv, &n
}

func never(int) bool { return false }

// rebind makes every name but this machine's own resolve to this machine, as
// the owner of a name can.
func rebind(t *testing.T, c *http.Client) {
	t.Helper()
	base := c.Transport.(*guard).base
	dial := base.DialContext
	base.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		_, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		return dial(ctx, network, net.JoinHostPort("127.0.0.1", port))
	}
}

// What a name resolves to counts when the connection is made.
func TestNamesOfPrivateAddresses(t *testing.T) {
	srv, n := counting(t, nil)
	other := strings.Replace(srv.URL, "127.0.0.1", "siem.example", 1)
	for _, c := range []struct {
		url  string
		cfg  Config
		good bool
	}{
		{other, Config{AllowHTTP: true}, false},
		{other, Config{AllowHTTP: true, AllowedHosts: []string{"siem.example"}}, false},
		{other, Config{AllowHTTP: true, AllowPrivate: true}, true},
		{srv.URL, Config{}, true}, // the URL says so itself
		{strings.Replace(srv.URL, "127.0.0.1", "localhost", 1), Config{}, true},
		{other, Config{AllowPrivate: true}, false}, // in the clear
		{srv.URL, Config{AllowedHosts: []string{"siem.example"}}, false},
		{strings.Replace(srv.URL, "127.0.0.1", "10.0.0.1", 1), Config{AllowHTTP: true}, false},
	} {
		before := n.Load()
		cl := client(t, c.cfg)
		rebind(t, cl)
		err := Classify(Tell(t.Context(), cl, Request{URL: c.url}), never)
		if (err == nil) != c.good || n.Load() != before+map[bool]int64{true: 1}[c.good] {
			t.Errorf("%+v: got %v and %d requests", c, err, n.Load()-before)
		}
		if err != nil && err.Error() != errAddress.Error() {
			t.Errorf("got %q", err)
		}
	}
}

// A proxy may be in a private network: the operator has named it. What a URL
// itself says of private addresses holds through a proxy too.
func TestProxy(t *testing.T) {
	target, hits := counting(t, nil)
	var asked atomic.Value
	proxy, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		asked.Store(r.Host + " " + r.Header.Get("Proxy-Authorization"))
		if r.URL.Host == "no.example" {
			w.WriteHeader(http.StatusForbidden)
		}
	})
	u, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword("gatehound", "notreal")
	file := filepath.Join(t.TempDir(), "proxy")
	if err := os.WriteFile(file, []byte(u.String()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cl, err := (&Config{AllowHTTP: true, ProxyFile: file}).Client()
	if err != nil {
		t.Fatal(err)
	}
	if err := Tell(t.Context(), cl, Request{URL: "http://siem.example/x"}); err != nil {
		t.Error(err)
	}
	if got := asked.Load(); got != "siem.example Basic Z2F0ZWhvdW5kOm5vdHJlYWw=" {
		t.Errorf("the proxy was asked for %v", got)
	}
	if err := Classify(Tell(t.Context(), cl, Request{URL: "http://no.example/"}), never); err == nil || err.Error() != "answer 403" {
		t.Errorf("got %v", err)
	}
	if err := Classify(Tell(t.Context(), cl, Request{URL: "http://10.1.2.3/"}), never); err == nil || err.Error() != errAddress.Error() {
		t.Errorf("got %v for a private address through the proxy", err)
	}
	if err := Tell(t.Context(), client(t, Config{}), Request{URL: target.URL}); err != nil || hits.Load() != 1 {
		t.Errorf("without a proxy: %v, %d requests", err, hits.Load())
	}
}

// A proxy that does not open a tunnel says so in its answer, which is not shown.
func TestProxyRefusesTunnel(t *testing.T) {
	proxy, _ := counting(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusProxyAuthRequired)
		_, _ = w.Write([]byte("hidden"))
	})
	err := Classify(Tell(t.Context(), client(t, Config{Proxy: Secret(proxy.URL)}), Request{URL: "https://siem.example/"}), never)
	if err == nil || err.Error() != errProxy.Error() {
		t.Errorf("got %v", err)
	}
	proxy.Close()
	err = Classify(Tell(t.Context(), client(t, Config{Proxy: Secret(proxy.URL)}), Request{URL: "https://siem.example/"}), never)
	if err == nil || strings.Contains(err.Error(), "127.0.0.1") {
		t.Errorf("got %v for a proxy that is away", err)
	}
}

func TestConfig(t *testing.T) {
	t.Setenv("OUTBOUND_PROXY", "ftp://hidden")
	for want, c := range map[string]Config{
		"":                                  {AllowedHosts: []string{"a.example", ".b.example", "::1"}, Proxy: "socks5://u:p@proxy:1080"},
		"allowed_hosts has 101":             {AllowedHosts: make([]string, 101)},
		"allowed_hosts[0]":                  {AllowedHosts: []string{""}},
		"allowed_hosts[1]":                  {AllowedHosts: []string{"a", "*.b.example"}},
		`allowed_hosts[0] is "https://a"`:   {AllowedHosts: []string{"https://a"}},
		"proxy, proxy_file and proxy_env":   {Proxy: "none", ProxyEnv: "X"},
		"proxy is no URL":                   {Proxy: "hidden:3128"},
		"proxy has another scheme":          {Proxy: "ftp://hidden:3128"},
		"tls.cert_file and tls.key_file":    {TLS: TLS{CertFile: "x"}},
		"proxy has another scheme: want ht": {ProxyEnv: "OUTBOUND_PROXY"},
		"read tls.ca_file":                  {TLS: TLS{CAFile: "/nowhere"}},
	} {
		err := c.Validate()
		if err == nil {
			_, err = c.Client()
		}
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hidden")) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// TLS before 1.2 is not spoken.
func TestOldTLS(t *testing.T) {
	for version, good := range map[uint16]bool{tls.VersionTLS11: false, tls.VersionTLS12: true, tls.VersionTLS13: true} {
		srv := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		srv.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
		srv.StartTLS()
		ca := filepath.Join(t.TempDir(), "ca.pem")
		if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
			t.Fatal(err)
		}
		err := Tell(t.Context(), client(t, Config{TLS: TLS{CAFile: ca}}), Request{URL: srv.URL})
		if (err == nil) != good {
			t.Errorf("version %x: got %v", version, err)
		}
		srv.Close()
	}
}

// The beginning of an error's body is there to look codes up in, whatever the
// receiver does with the rest.
func TestErrorBody(t *testing.T) {
	release := make(chan struct{})
	srv, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		switch r.URL.Path {
		case "/short":
			_, _ = w.Write([]byte(`{"code":5}`))
		case "/long":
			_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20))
		case "/slow":
			_, _ = w.Write([]byte(`{"code":6}`))
			_ = http.NewResponseController(w).Flush()
			<-release
		}
	})
	defer close(release)
	for path, want := range map[string]string{"/short": `{"code":5}`, "/long": strings.Repeat("x", maxErrorBody), "/slow": `{"code":6}`} {
		start := time.Now()
		_, err := Post(t.Context(), client(t, Config{}), Request{URL: srv.URL + path})
		var status *StatusError
		if !errors.As(err, &status) || status.Code != 400 || string(status.Body) != want || status.Wait >= 0 {
			t.Errorf("%s: got %v", path, err)
		}
		if d := time.Since(start); d > bodyWait+4*time.Second {
			t.Errorf("%s took %v", path, d)
		}
	}
}

func TestPost(t *testing.T) {
	srv, _ := counting(t, func(w http.ResponseWriter, r *http.Request) {
		from := io.Reader(r.Body)
		if r.Header.Get("Content-Encoding") == "gzip" {
			z, err := gzip.NewReader(r.Body)
			if err != nil {
				t.Error(err)
				return
			}
			from = z
		}
		_, _ = w.Write([]byte(r.Method + " " + r.Header.Get("User-Agent") + " " + r.Header.Get("X-A") + " "))
		_, _ = io.Copy(w, from)
	})
	for want, r := range map[string]Request{
		"POST gatehound 1 hello": {Body: []byte("hello"), Header: map[string]string{"X-A": "1"}},
		"POST gatehound  hello":  {Body: []byte("hello"), Gzip: true},
		"GET gatehound  ":        {Method: http.MethodGet},
	} {
		r.URL = srv.URL
		if got, err := Post(t.Context(), client(t, Config{}), r); err != nil || string(got) != want {
			t.Errorf("got %q, %v; want %q", got, err, want)
		}
	}
	if _, err := Post(t.Context(), client(t, Config{}), Request{URL: "http://127.0.0.1:\x7f/"}); err == nil || strings.Contains(err.Error(), "127") {
		t.Errorf("got %v", err)
	}
}
