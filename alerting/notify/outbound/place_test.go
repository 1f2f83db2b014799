package outbound

import (
	"net/netip"
	"testing"
)

func TestPlace(t *testing.T) {
	for want, addresses := range map[where][]string{
		public: {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "192.169.0.1", "11.0.0.1", "100.63.255.255", "100.128.0.0",
			"2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1", "::ffff:8.8.8.8"},
		private: {"10.0.0.0", "10.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "100.127.255.255", "198.18.0.1",
			"fc00::1", "fd12:3456::1", "fec0::1", "::ffff:10.0.0.1", "64:ff9b::10.0.0.1", "2002:c0a8:101::1", "::10.0.0.1"},
		loopback: {"127.0.0.1", "127.255.255.254", "::1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "2002:7f00:1::"},
		reserved: {"169.254.169.254", "169.254.0.1", "fe80::1", "fe80::1%eth0", "0.0.0.0", "0.1.2.3", "::", "255.255.255.255", "240.0.0.1",
			"224.0.0.1", "239.255.255.250", "ff02::1", "ff0e::1", "192.0.0.170", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "100::1",
			"::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b:1::1", "2001:0:1:2:3:4:5:6"},
	} {
		for _, a := range addresses {
			if got := place(netip.MustParseAddr(a)); got != want {
				t.Errorf("%s is %d, want %d", a, got, want)
			}
		}
	}
	if place(netip.Addr{}) != reserved {
		t.Error("no address is some")
	}
}

func TestReachable(t *testing.T) {
	for _, c := range []struct {
		address   string
		allow     bool
		own, want bool
	}{
		{"8.8.8.8", false, false, true}, {"8.8.8.8", true, true, true},
		{"10.0.0.1", false, false, false}, {"10.0.0.1", true, false, true}, {"10.0.0.1", false, true, false},
		{"127.0.0.1", false, false, false}, {"127.0.0.1", false, true, true}, {"127.0.0.1", true, false, true},
		{"169.254.169.254", true, true, false}, {"fd00:ec2::254", true, true, false}, {"0.0.0.0", true, true, false},
	} {
		cfg := Config{AllowPrivate: c.allow}
		if got := cfg.reachable(netip.MustParseAddr(c.address), c.own); got != c.want {
			t.Errorf("%+v: got %v", c, got)
		}
	}
}
