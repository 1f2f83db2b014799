package outbound

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// Config is the settings that every sink over HTTP has, under the same names.
// Sinks have it as a named field with the tag `mapstructure:",squash"`.
type Config struct {
	// AllowHTTP allows http to other machines: the alert, and the secrets that
	// prove who we are, go over the network in the clear. Default: false.
	AllowHTTP bool `mapstructure:"allow_http"`
	// AllowedHosts are the hosts that the sink's URLs may name; ".example.com"
	// stands for every host below it. Default: empty, which allows every host;
	// at most 100.
	AllowedHosts []string `mapstructure:"allowed_hosts"`
	// AllowPrivate allows receivers in private networks: RFC 1918, RFC 6598,
	// unique local IPv6 and this machine. Without it a connection goes to public
	// addresses only, whatever a name resolves to, but for a URL that names this
	// machine itself ("localhost", "127.0.0.1"). Link-local addresses, where
	// clouds keep their metadata, are never reached. Default: false.
	AllowPrivate bool `mapstructure:"allow_private"`
	// Proxy is the URL of the proxy to go through: http, https or socks5, with
	// user information if the proxy wants it, so it is treated as a secret;
	// "none" goes through none. ProxyFile is a file that holds it, ProxyEnv an
	// environment variable. The proxy may be anywhere; through it, it is the
	// proxy that resolves names and has to keep private addresses away. Default:
	// empty, which takes the environment's (HTTPS_PROXY, HTTP_PROXY, NO_PROXY).
	Proxy     Secret `mapstructure:"proxy"`
	ProxyFile string `mapstructure:"proxy_file"`
	ProxyEnv  string `mapstructure:"proxy_env"`
	// TLS says whom to trust and who to be. Default: the system's authorities.
	TLS TLS `mapstructure:"tls"`
}

// maxHosts bounds Config.AllowedHosts.
const maxHosts = 100

// proxyNone is the value of Config.Proxy that goes through none.
const proxyNone = "none"

// Validate checks what can be checked without reading files or variables.
func (c *Config) Validate() error {
	if len(c.AllowedHosts) > maxHosts {
		return fmt.Errorf("allowed_hosts has %d entries: want at most %d", len(c.AllowedHosts), maxHosts)
	}
	for i, h := range c.AllowedHosts {
		if h == "" || h == "." || strings.ContainsAny(h, "/:*@ ") && !isAddress(h) {
			return fmt.Errorf("allowed_hosts[%d] is %q: want a host, or .host for all below it", i, h)
		}
	}
	if err := c.proxy().Check("proxy", true); err != nil {
		return err
	}
	if c.Proxy != "" {
		if _, err := proxyFunc(string(c.Proxy)); err != nil {
			return err
		}
	}
	return c.TLS.Validate()
}

func (c *Config) proxy() Source { return Source{Value: c.Proxy, File: c.ProxyFile, Env: c.ProxyEnv} }

// URL returns the URL of a receiver, or an error that names key and does not
// quote it. It wants https, or http if AllowHTTP or to this machine; a host
// that is allowed; no address that is never reached; and no user information.
func (c *Config) URL(key, raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Opaque != "" {
		return nil, fmt.Errorf("%s is no absolute URL: want https://host/path", key)
	}
	host := hostOf(u)
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("%s has user information: want it without", key)
	case u.Scheme == "http" && !c.AllowHTTP && !isOwn(host):
		return nil, fmt.Errorf("%s is http: want https, or allow_http", key)
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, fmt.Errorf("%s has another scheme: want https", key)
	case !c.allows(host):
		return nil, fmt.Errorf("%s has a host that is not in allowed_hosts", key)
	}
	if a, err := netip.ParseAddr(host); err == nil && !c.reachable(a, isOwn(host)) {
		return nil, fmt.Errorf("%s has a private or reserved address: want a public one, or allow_private", key)
	}
	return u, nil
}

// allows reports whether host is in AllowedHosts.
func (c *Config) allows(host string) bool {
	for _, h := range c.AllowedHosts {
		h = strings.ToLower(h)
		if host == h || strings.HasPrefix(h, ".") && strings.HasSuffix(host, h) {
			return true
		}
	}
	return len(c.AllowedHosts) == 0
}

// hostOf returns the host of u without port, brackets and the dot of the root.
func hostOf(u *url.URL) string { return strings.TrimSuffix(strings.ToLower(u.Hostname()), ".") }

// isOwn reports whether host names this machine.
func isOwn(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// reachable reports whether a connection may go to a; own tells that the URL
// names this machine.
func (c *Config) reachable(a netip.Addr, own bool) bool {
	switch place(a) {
	case public:
		return true
	case loopback:
		return own || c.AllowPrivate
	case private:
		return c.AllowPrivate
	}
	return false
}

// proxyFunc returns what http.Transport's Proxy is for a proxy.
func proxyFunc(raw string) (func(*http.Request) (*url.URL, error), error) {
	switch raw {
	case "":
		return http.ProxyFromEnvironment, nil
	case proxyNone:
		return func(*http.Request) (*url.URL, error) { return nil, nil }, nil
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.Opaque != "" {
		return nil, errors.New(`proxy is no URL: want http://host:port, https://, socks5:// or "none"`)
	}
	if u.Scheme != "http" && u.Scheme != "https" && u.Scheme != "socks5" {
		return nil, errors.New("proxy has another scheme: want http, https or socks5")
	}
	return http.ProxyURL(u), nil
}

func isAddress(s string) bool {
	_, err := netip.ParseAddr(s)
	return err == nil
}
