package internet

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/oschwald/maxminddb-golang/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/ingest/enrich"
)

// block returns the block of an address.
func block(t *testing.T, a netip.Addr) int {
	t.Helper()
	require.True(t, netip.MustParsePrefix("100.64.0.0/10").Contains(a), a)
	b := a.As4()
	return (int(b[1]-64)<<8 | int(b[2])) / perBlock
}

func TestPlacesLieWhereTheyShould(t *testing.T) {
	d := gateway.Dice(1)
	for range 5000 {
		c := d.Below(Countries)
		for _, tt := range []struct {
			name       string
			place      Place
			from, upTo int
			country    bool
		}{
			{"home", Home(&d, c), isps, carriers, true},
			{"any home", Home(&d, -1), isps, carriers, false},
			{"mobile", Mobile(&d, c), carriers, clouds, true},
			{"cloud", Cloud(&d, 4), clouds, hosters, false},
			{"functions", Functions(&d), clouds, hosters, false},
			{"host", One(Host(&d), 3), hosters, companies, false},
			{"office", One(Office(&d, c), 3), companies, campuses, true},
			{"campus", Campus(&d), campuses, proxies, false},
			{"proxy", Proxy(&d), proxies, blocks, false},
		} {
			b := block(t, tt.place.Pick(&d))
			require.GreaterOrEqual(t, b, tt.from, tt.name)
			require.Less(t, b, tt.upTo, tt.name)
			require.True(t, !tt.country || country(b) == c, tt.name)
		}
	}
}

func TestHowManyAddresses(t *testing.T) {
	d := gateway.Dice(2)
	count := func(p Place) int {
		seen := map[netip.Addr]bool{}
		for range 20_000 {
			seen[p.Pick(&d)] = true
		}
		return len(seen)
	}
	assert.Equal(t, 1, count(One(Office(&d, 1), 77)))
	assert.Equal(t, 4, count(Cloud(&d, 4)))
	assert.Equal(t, 60, count(Campus(&d)))
	assert.Greater(t, count(Functions(&d)), 5000)
	assert.Greater(t, count(Mobile(&d, 0)), 2500)
}

func TestWrite(t *testing.T) {
	cfg := enrich.DefaultConfig()
	require.NoError(t, Write(t.TempDir(), &cfg))
	require.NoError(t, cfg.Validate())
	assert.NotEmpty(t, cfg.Prices)
	systems := map[uint32]int{}
	db, err := maxminddb.Open(cfg.ASNDatabase)
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	lands, err := maxminddb.Open(cfg.CountryDatabase)
	require.NoError(t, err)
	defer func() { require.NoError(t, lands.Close()) }()
	for b := range blocks {
		n := b * perBlock
		at := Place{n, 1, 5, 1}.Pick(new(gateway.Dice))
		var system struct {
			Number uint32 `maxminddb:"autonomous_system_number"`
		}
		require.NoError(t, db.Lookup(at).Decode(&system))
		systems[system.Number]++
		var land struct {
			Country struct {
				Code string `maxminddb:"iso_code"`
			} `maxminddb:"country"`
		}
		require.NoError(t, lands.Lookup(at).Decode(&land))
		require.Equal(t, countries[country(b)].code, land.Country.Code)
	}
	assert.Len(t, systems, blocks-36+6, "a cloud is one system")
	list, err := os.ReadFile(filepath.Clean(cfg.Networks[0].File))
	require.NoError(t, err)
	assert.Equal(t, companies-clouds, strings.Count(string(list), "\n"))
}
