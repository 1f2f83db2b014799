package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

func TestConfigBounds(t *testing.T) {
	c := engine.DefaultConfig()
	if err := c.Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	for key, spoil := range map[string]func(*engine.Config){
		"shards":             func(c *engine.Config) { c.Shards = 12 },
		"workers":            func(c *engine.Config) { c.Workers = -1 },
		"memory":             func(c *engine.Config) { c.Memory = 1 },
		"lateness":           func(c *engine.Config) { c.Lateness = 2 * time.Hour },
		"idle":               func(c *engine.Config) { c.Idle = 0 },
		"jump":               func(c *engine.Config) { c.Jump = time.Second },
		"findings":           func(c *engine.Config) { c.Findings = 0 },
		"allow[0]: owner":    func(c *engine.Config) { c.Allow = []engine.Allow{{Reason: "r", Detector: "rate"}} },
		"allow[0]: reason":   func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Detector: "rate"}} },
		"allow[0]: it would": func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Reason: "r"}} },
		"allow[0]: it names": func(c *engine.Config) {
			c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Principal: "p", Address: "192.0.2.1"}}
		},
		"allow[0]: address":    func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Address: "secret"}} },
		"allow[0]: class says": func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Class: "sdk"}} },
		"allow[0]: class says alone who": func(c *engine.Config) {
			c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Detector: "scan", Class: "crawler"}}
		},
		"allow[0]: class is": func(c *engine.Config) {
			c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Detector: "x", Class: "secret"}}
		},
		"allow[0]: network is": func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Network: "unknown"}} },
		"allow[0]: owner or":   func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o\x1b", Reason: "secret", Detector: "x"}} },
		"budget":               func(c *engine.Config) { c.Budget = time.Second },
		"allow_report":         func(c *engine.Config) { c.AllowReport = 0 },
		"allow[0]: client":     func(c *engine.Config) { c.Allow = []engine.Allow{{Owner: "o", Reason: "r", Client: "secret"}} },
	} {
		s := detectortest.Settings()
		spoil(&s.Config)
		_, err := engine.New(s, nil, nil)
		if err == nil || !strings.HasPrefix(err.Error(), key) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: error %v", key, err)
		}
	}
	s := detectortest.Settings()
	s.Table = "events; DROP TABLE x"
	if _, err := engine.New(s, nil, nil); err == nil || strings.Contains(err.Error(), "DROP") {
		t.Errorf("table: error %v", err)
	}
}

func TestSpecBounds(t *testing.T) {
	for _, bad := range []*toy{
		{id: "Toy", kind: schemas.EntityPrincipal, window: time.Minute},
		{id: "toy.p", kind: schemas.EntityNone, window: time.Minute},
		{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Millisecond},
		{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, least: 201},
		{id: "toy.p", kind: schemas.EntityPrincipal, window: time.Minute, share: 1001},
	} {
		if _, err := engine.New(detectortest.Settings(), one(bad), nil); err == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// covered runs one event through the rules and returns the owners of the
// exceptions of the findings, by detector.
func covered(t *testing.T, allow []engine.Allow) map[string]string {
	t.Helper()
	s := detectortest.Settings()
	s.Config.Allow = allow
	e := detectortest.New(t, s, toys()...)
	ev := detectortest.Event(time.Second)
	ev.ClientAddr, ev.Client = detectortest.Address(0x0102), detectortest.Address(0x0903)
	ev.Network, ev.Tenant = schemas.NetworkHosting, "acme"
	other := ev // another's, over the same route
	other.Principal, other.ClientAddr, other.Client = "h1:k1:another", detectortest.Address(0x0777), detectortest.Address(0x0888)
	other.Network, other.Tenant, other.ClientClass = schemas.NetworkInternal, "globex", schemas.ClientHTTP
	found, err := e.Observe(detectortest.Batch(0, []schemas.Event{ev, ev, ev, other}), nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, f := range append(found, e.Flush()...) {
		if f.Exception != nil && f.Entity.Name != "h1:k1:another" {
			out[f.Detector] = f.Exception.Owner + f.Exception.Reason
		}
	}
	return out
}

func TestAllow(t *testing.T) {
	for name, c := range map[string]struct {
		allow engine.Allow
		want  string
	}{
		"principal":                     {engine.Allow{Principal: "h1:k1:someone"}, "toy.principal_window"},
		"another principal":             {engine.Allow{Principal: "h1:k1:other"}, ""},
		"route":                         {engine.Allow{Route: "POST /v1/chat/completions"}, "toy.route_window"},
		"another method":                {engine.Allow{Route: "GET /v1/chat/completions"}, ""},
		"address":                       {engine.Allow{Address: "198.18.1.2"}, "toy.address_window"},
		"network":                       {engine.Allow{Address: "198.18.1.0/24"}, "toy.address_window"},
		"another network":               {engine.Allow{Address: "198.18.9.0/24"}, ""},
		"client":                        {engine.Allow{Client: "198.18.9.0/24"}, "toy.address_window"},
		"another client":                {engine.Allow{Client: "198.18.1.0/24"}, ""},
		"detector":                      {engine.Allow{Detector: "toy.global_all"}, "toy.global_all"},
		"other detector":                {engine.Allow{Detector: "tox"}, ""},
		"both":                          {engine.Allow{Detector: "toy", Principal: "h1:k1:someone"}, "toy.principal_window"},
		"principal and its network":     {engine.Allow{Principal: "h1:k1:someone", Network: "hosting"}, "toy.principal_window"},
		"principal and another network": {engine.Allow{Principal: "h1:k1:someone", Network: "internal"}, ""},
		"address and class":             {engine.Allow{Address: "198.18.1.0/24", Class: "sdk"}, "toy.address_window"},
		"address and another class":     {engine.Allow{Address: "198.18.1.0/24", Class: "crawler"}, ""},
		"client and tenant":             {engine.Allow{Client: "198.18.9.0/24", Tenant: "acme"}, "toy.address_window"},
		"client and another tenant":     {engine.Allow{Client: "198.18.9.0/24", Tenant: "globex"}, ""},
		"route of a mixture":            {engine.Allow{Route: "POST /v1/chat/completions", Network: "hosting"}, ""},
		"route of a mixture of classes": {engine.Allow{Route: "POST /v1/chat/completions", Class: "sdk"}, ""},
		"detector, class and tenant":    {engine.Allow{Detector: "toy.principal_window", Class: "sdk", Tenant: "acme"}, "toy.principal_window"},
		"everything of a mixture":       {engine.Allow{Detector: "toy.global_all", Network: "hosting"}, ""},
		"not yet over":                  {engine.Allow{Principal: "h1:k1:someone", Expires: detectortest.Start.Add(2 * time.Hour)}, "toy.principal_window"},
		"over":                          {engine.Allow{Principal: "h1:k1:someone", Expires: detectortest.Start}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c.allow.Owner, c.allow.Reason = "ops", "eval"
			got := covered(t, []engine.Allow{c.allow})
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[c.want] != "opseval") {
				t.Errorf("got %v, want %q", got, c.want)
			}
		})
	}
}

func TestNarrowNetworkStandsForWideOnes(t *testing.T) {
	got := covered(t, []engine.Allow{
		{Address: "198.18.1.2", Detector: "other", Owner: "a", Reason: "r"},
		{Address: "198.18.0.0/16", Detector: "toy", Owner: "b", Reason: "r"},
	})
	if len(got) != 1 || got["toy.address_window"] != "br" {
		t.Errorf("got %v", got)
	}
}

func TestReload(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), detectors.Watch(&toy{id: "toy.a", kind: schemas.EntityAddress, window: time.Minute, limit: 2}))
	events := by("a", time.Second, 2*time.Second, 3*time.Second, 4*time.Second)
	first, err := e.Observe(detectortest.Batch(0, events[:2]), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Reload([]engine.Allow{{Owner: "o"}}); err == nil {
		t.Error("an exception without a reason is taken")
	}
	if err := e.Reload([]engine.Allow{{Address: detectortest.Address(1).String(), Owner: "o", Reason: "r"}}); err != nil {
		t.Fatal(err)
	}
	second, err := e.Observe(detectortest.Batch(2, events[2:]), nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(first) != 1 || first[0].Exception != nil || len(second) != 1 || second[0].Exception == nil {
		t.Errorf("before %+v, after %+v", first, second)
	}
}
