package enrich

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
)

func TestClientAddr(t *testing.T) {
	trusted := []string{"10.0.0.0/8", "127.0.0.0/8", "fd00::/8"}
	for _, c := range []struct {
		name            string
		proxies         []string
		peer, forwarded string
		want            string
	}{
		{"no proxies: the peer", nil, "203.0.113.1:5000", "1.2.3.4", "203.0.113.1"},
		{"untrusted peer: its header is a lie", trusted, "203.0.113.1", "1.2.3.4", "203.0.113.1"},
		{"trusted peer", trusted, "10.1.1.1:80", "198.51.100.7", "198.51.100.7"},
		{"the client's own entries do not count", trusted, "10.1.1.1", "8.8.8.8, 1.1.1.1, 198.51.100.7, 10.2.2.2", "198.51.100.7"},
		{"all trusted: the left-most", trusted, "10.1.1.1", "10.3.3.3, 10.2.2.2", "10.3.3.3"},
		{"no header", trusted, "10.1.1.1", "", "10.1.1.1"},
		{"junk at the right", trusted, "10.1.1.1", "198.51.100.7, unknown", "10.1.1.1"},
		{"junk behind a hop", trusted, "10.1.1.1", "198.51.100.7, _hidden, 10.2.2.2", "10.2.2.2"},
		{"ports and brackets", trusted, "[fd00::1]:443", "[2001:db8::5]:9999", "2001:db8::5"},
		{"zone", trusted, "fd00::1%eth0", "2001:db8::5%en0", "2001:db8::5"},
		{"mapped", trusted, "::ffff:10.1.1.1", "::ffff:198.51.100.7", "198.51.100.7"},
		{"socket", trusted, "unix:", "198.51.100.7", "198.51.100.7"},
		{"localhost", trusted, "localhost", "198.51.100.7", "198.51.100.7"},
		{"localhost with port", trusted, "localhost:80", "198.51.100.7", "198.51.100.7"},
		{"socket, not trusted", []string{"10.0.0.0/8"}, "unix:/run/x", "198.51.100.7", "127.0.0.1"},
		{"no peer, proxies", trusted, "-", "8.8.8.8, 198.51.100.7", "198.51.100.7"},
		{"no peer, no proxies", nil, "", "198.51.100.7", "invalid IP"},
		{"peer is junk", trusted, "attacker", "198.51.100.7", "invalid IP"},
		{"quotes and spaces", trusted, ` "10.1.1.1" `, ` "198.51.100.7" `, "198.51.100.7"},
		{"empty entries", trusted, "10.1.1.1", ", ,", "10.1.1.1"},
		{"too many hops", trusted, "10.1.1.1", "198.51.100.7" + strings.Repeat(",10.1.1.2", 100), "10.1.1.2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := newEnricher(t, Config{TrustedProxies: c.proxies})
			if got := e.ClientAddr(&decode.Record{Peer: c.peer, Forwarded: c.forwarded}).String(); got != c.want {
				t.Errorf("client %s, want %s", got, c.want)
			}
		})
	}
}

func TestParseAddr(t *testing.T) {
	for in, want := range map[string]string{
		"1.2.3.4": "1.2.3.4", "1.2.3.4:80": "1.2.3.4", "[::1]": "::1", "[2001:db8::1]:80": "2001:db8::1",
		"2001:db8::1": "2001:db8::1", "fe80::1%eth0": "fe80::1", "unix:/a": "127.0.0.1",
		"-": "", "": "", "unknown": "", "1.2.3": "", "1.2.3.4.5": "", "[::1": "", "999.1.1.1": "", "::g": "",
		strings.Repeat("1", 100): "", "example.com:80": "", "f": "",
	} {
		a, ok := ParseAddr(in)
		if got := a.String(); ok != (want != "") || ok && got != want {
			t.Errorf("ParseAddr(%q) = %v, %v, want %q", in, a, ok, want)
		}
	}
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.77": "203.0.113.0/24", "::ffff:203.0.113.77": "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := Network(netip.MustParseAddr(in)).String(); got != want {
			t.Errorf("Network(%s) = %s, want %s", in, got, want)
		}
	}
	if Network(netip.Addr{}).IsValid() {
		t.Error("no address has a network")
	}
}
