package network

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"net"
	"net/netip"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"
)

// database writes a database in MaxMind's format with MaxMind's own writer.
func mmdb(t testing.TB, kind string, records map[string]mmdbtype.DataType) []byte {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, BuildEpoch: 1_760_000_000, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	// Wide networks go first: what is inserted later stands over them.
	for _, network := range slices.SortedFunc(maps.Keys(records), func(a, b string) int {
		return netip.MustParsePrefix(a).Bits() - netip.MustParsePrefix(b).Bits()
	}) {
		_, n, err := net.ParseCIDR(network)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Insert(n, records[network]); err != nil {
			t.Fatal(err)
		}
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func country(code string) mmdbtype.DataType {
	return mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String(code), "names": mmdbtype.Map{"en": mmdbtype.String("Name")}}}
}

func countries(t testing.TB) []byte {
	return mmdb(t, "GeoLite2-Country", map[string]mmdbtype.DataType{
		"192.0.2.0/24": country("DE"), "192.0.2.128/25": country("FR"), "2001:db8::/32": country("JP"),
		"198.51.100.0/24": mmdbtype.Map{"registered_country": mmdbtype.Map{"iso_code": mmdbtype.String("US")}},
		"203.0.113.0/26":  mmdbtype.Map{"country": mmdbtype.String("Sweden"), "country_code": mmdbtype.String("SE")}, // IPinfo
		"203.0.113.64/26": mmdbtype.Map{"country": mmdbtype.String("nl")},
		"203.0.113.192/26": mmdbtype.Map{"country": mmdbtype.Map{"iso_code": mmdbtype.String("X1")},
			"continent": mmdbtype.Map{"code": mmdbtype.String("EU")}},
	})
}

func asns(t testing.TB) []byte {
	return mmdb(t, "GeoLite2-ASN", map[string]mmdbtype.DataType{
		"192.0.2.0/24":    mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64496), "autonomous_system_organization": mmdbtype.String("Example")},
		"2001:db8::/32":   mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(4200000000)},
		"198.51.100.0/24": mmdbtype.Map{"asn": mmdbtype.String("AS64500")}, // IPinfo
		"203.0.113.0/24":  mmdbtype.Map{"asn": mmdbtype.String("none")},
	})
}

func TestCountries(t *testing.T) {
	d, err := OpenCountries(countries(t))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]string{
		"192.0.2.1": "DE", "192.0.2.200": "FR", "2001:db8::1": "JP", "198.51.100.9": "US", "203.0.113.1": "SE", "203.0.113.65": "NL",
		"203.0.113.200": "", "203.0.113.129": "", "8.8.8.8": "", "2001:db9::1": "", "::1": "", "::ffff:192.0.2.1": "DE",
	} {
		if got := d.Lookup(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is in %q, want %q", addr, got, want)
		}
	}
	if got := d.Lookup(netip.Addr{}); got != "" {
		t.Errorf("no address is in %q", got)
	}
	if !d.Built().Equal(time.Unix(1_760_000_000, 0)) || d.Len() != 7 {
		t.Errorf("built %v, %d records", d.Built(), d.Len())
	}
}

func TestASNs(t *testing.T) {
	d, err := OpenASNs(asns(t))
	if err != nil {
		t.Fatal(err)
	}
	for addr, want := range map[string]uint32{"192.0.2.7": 64496, "2001:db8:1::": 4200000000, "198.51.100.255": 64500, "203.0.113.1": 0, "9.9.9.9": 0} {
		if got := d.Lookup(netip.MustParseAddr(addr)); got != want {
			t.Errorf("%s is in %d, want %d", addr, got, want)
		}
	}
}

func TestDatabaseOfAnotherKind(t *testing.T) {
	if _, err := OpenCountries(asns(t)); err == nil || !strings.Contains(err.Error(), "no record of the database has a country") {
		t.Errorf("error %v", err)
	}
	if _, err := OpenASNs(countries(t)); err == nil || !strings.Contains(err.Error(), "autonomous system") {
		t.Errorf("error %v", err)
	}
	for _, data := range []string{"", "<html>", strings.Repeat("x", 1<<16), "\xab\xcd\xefMaxMind.com"} {
		if _, err := OpenCountries([]byte(data)); err == nil {
			t.Errorf("%.10q is a database", data)
		}
	}
}

// TestDamagedDatabase changes and cuts a good database in a thousand ways: none
// may panic, at loading or later, nor take memory beyond what the file suggests.
func TestDamagedDatabase(t *testing.T) {
	good := countries(t)
	rng := rand.New(rand.NewPCG(3, 9))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	opened, refused := 0, 0
	for range 1000 {
		data := bytes.Clone(good)
		for range 1 + rng.IntN(8) {
			data[rng.IntN(len(data))] = byte(rng.IntN(256))
		}
		if rng.IntN(3) == 0 {
			data = data[:rng.IntN(len(data))]
		}
		d, err := OpenCountries(data)
		if err != nil {
			refused++
			continue
		}
		opened++
		for range 100 {
			d.Lookup(netip.AddrFrom4([4]byte{byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256)), byte(rng.IntN(256))}))
			if c := d.Lookup(netip.AddrFrom16([16]byte{0x20, 0x01, 0x0d, byte(rng.IntN(256)), 15: byte(rng.IntN(256))})); c != "" && len(c) != 2 {
				t.Fatalf("country %q", c)
			}
		}
	}
	runtime.ReadMemStats(&after)
	if opened == 0 || refused == 0 {
		t.Errorf("%d opened, %d refused", opened, refused)
	}
	if total := after.TotalAlloc - before.TotalAlloc; total > 2<<30 {
		t.Errorf("%d bytes for databases of %d", total, len(good))
	}
}

// TestSearchTreeInCircles holds that a tree which leads back to its own nodes is
// refused, with and without records in it, and not walked for ever.
func TestSearchTreeInCircles(t *testing.T) {
	good := countries(t)
	tree := bytes.Index(good, make([]byte, 16)) // the separator behind the tree
	if tree < 600 {
		t.Fatalf("the tree has %d bytes", tree)
	}
	for _, c := range []struct {
		name string
		keep int
	}{{"without records", 0}, {"one leaf", 600}} {
		t.Run(c.name, func(t *testing.T) {
			data := bytes.Clone(good)
			for i := c.keep; i < tree; i++ {
				data[i] = 0 // the first node
			}
			start := time.Now()
			if _, err := OpenCountries(data); err == nil {
				t.Error("the tree was taken")
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func FuzzDatabase(f *testing.F) {
	f.Add(countries(f))
	f.Add(asns(f))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<16 {
			return
		}
		if d, err := OpenCountries(data); err == nil {
			if c := d.Lookup(netip.MustParseAddr("192.0.2.1")); c != "" && len(c) != 2 {
				t.Errorf("country %q", c)
			}
		}
		if d, err := OpenASNs(data); err == nil {
			d.Lookup(netip.MustParseAddr("2001:db8::1"))
		}
	})
}
