package enrich

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/ingest/enrich/price"
)

func TestValidateFiles(t *testing.T) {
	for _, c := range []struct {
		name, want string
		cfg        Config
	}{
		{"good", "", Config{Networks: []NetworkList{{"hosting", "a"}, {"internal", "b"}}, ReloadEvery: time.Minute, CountryDatabase: "c",
			Endpoints: []EndpointFile{{File: "a", Format: "kong", Mount: "/x", Host: "*.example.com"}, {File: "b"}},
			Prices:    []price.Price{{Model: "m*", Input: 1}}}},
		{"no class", `networks[1].class is ""`, Config{Networks: []NetworkList{{"tor", "a"}, {"", "b"}}}},
		{"class", `networks[0].class is "vpn": want hosting, proxy, tor or internal`, Config{Networks: []NetworkList{{"vpn", "a"}}}},
		{"the class of none", "networks[0].class", Config{Networks: []NetworkList{{"unknown", "a"}}}},
		{"no list", "networks[0].file is empty", Config{Networks: []NetworkList{{Class: "tor"}}}},
		{"many lists", "networks has 65 entries: at most 64", Config{Networks: make([]NetworkList, 65)}},
		{"no inventory", "endpoints[0].file is empty", Config{Endpoints: []EndpointFile{{}}}},
		{"format", `endpoints[0].format is "raml"`, Config{Endpoints: []EndpointFile{{File: "a", Format: "raml"}}}},
		{"mount", "endpoints[0].mount", Config{Endpoints: []EndpointFile{{File: "a", Mount: "x"}}}},
		{"mount's end", "endpoints[0].mount", Config{Endpoints: []EndpointFile{{File: "a", Mount: "/x/"}}}},
		{"host", "endpoints[0].host", Config{Endpoints: []EndpointFile{{File: "a", Host: "a:80"}}}},
		{"many inventories", "endpoints has 65 entries", Config{Endpoints: make([]EndpointFile, 65)}},
		{"interval", "reload_every is 1ms: want 100ms to 1h", Config{ReloadEvery: time.Millisecond}},
		{"long interval", "reload_every", Config{ReloadEvery: 2 * time.Hour}},
		{"price", "prices[1].model is", Config{Prices: []price.Price{{Model: "a"}, {}}}},
		{"many prices", "prices has 10001 entries", Config{Prices: make([]price.Price, 10_001)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := c.cfg.Validate()
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
	cfg := DefaultConfig()
	if err := cfg.Validate(); err != nil {
		t.Error(err)
	}
}
