package shadow

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

type change = func(*schemas.Event)

// calls returns n calls by a few callers, from a day on and every so often.
func calls(day float64, n int, every time.Duration, changes ...change) []schemas.Event {
	var all []schemas.Event
	for i := range n {
		at := time.Duration(day*24*float64(time.Hour)) + time.Duration(i)*every
		all = append(all, detectortest.Event(at, func(ev *schemas.Event) {
			ev.Principal = fmt.Sprintf("h1:k1:caller%d", i%7)
			ev.Provider, ev.Model = "openai", "gpt-4o-2024-08-06"
			for _, c := range changes {
				c(ev)
			}
		}))
	}
	return all
}

func route(r string) change { return func(ev *schemas.Event) { ev.Route, ev.Path = r, r } }
func host(h string) change  { return func(ev *schemas.Event) { ev.Host = h } }
func llm(m string) change   { return func(ev *schemas.Event) { ev.Model = m } }

func endpoint(l schemas.Listing) change { return func(ev *schemas.Event) { ev.Endpoint = l } }
func listed(l schemas.Listing) change   { return func(ev *schemas.Event) { ev.ModelListing = l } }

func from(n schemas.NetworkClass) change { return func(ev *schemas.Event) { ev.Network = n } }

func refused(ev *schemas.Event) { ev.Status, ev.UpstreamStatus = 404, 404 }

func nobody(ev *schemas.Event) { ev.Principal, ev.Credential, ev.Auth = "", "", schemas.AuthUnknown }

// ordinary is what a gateway does for days: three endpoints of an API.
func ordinary(days int, changes ...change) []schemas.Event {
	var all []schemas.Event
	for i, r := range []string{"/v1/chat/completions", "/v1/embeddings", "/v1/models"} {
		all = append(all, calls(float64(i)/1000, days*144, 10*time.Minute, append([]change{route(r)}, changes...)...)...)
	}
	return all
}

const none = schemas.Severity(255)

// cases has a hit, a near miss and a benign case of each rule.
var cases = []struct {
	name, rule string
	kind       schemas.EntityKind
	want       schemas.Severity
	events     func() []schemas.Event
}{
	{"an endpoint that nobody listed", "shadow.unlisted", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 20, time.Minute, route("/internal/debug"), endpoint(schemas.ListingUnlisted))...)
	}},
	{"one that needs no credential", "shadow.unlisted", schemas.EntityRoute, schemas.SeverityMedium, func() []schemas.Event {
		return append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 20, time.Minute, route("/internal/debug"), endpoint(schemas.ListingUnlisted), nobody)...)
	}},
	{"four successes", "shadow.unlisted", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 4, time.Minute, route("/internal/debug"), endpoint(schemas.ListingUnlisted))...)
	}},
	{"a scanner that is refused", "shadow.unlisted", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 500, time.Second, route("/internal/debug"), endpoint(schemas.ListingUnlisted), refused)...)
	}},
	{"a host of which nothing is listed", "shadow.unlisted", schemas.EntityHost, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 20, time.Minute, host("old.example.com"), endpoint(schemas.ListingUnlisted))...)
	}},
	{"a host with something that is listed", "shadow.unlisted", schemas.EntityHost, none, func() []schemas.Event {
		all := append(ordinary(2, endpoint(schemas.ListingKnown)), calls(1.5, 20, time.Minute, host("old.example.com"), endpoint(schemas.ListingUnlisted))...)
		return append(all, calls(1.5, 20, time.Minute, host("old.example.com"), endpoint(schemas.ListingKnown))...)
	}},
	{"a model that nobody listed", "shadow.unlisted", schemas.EntityModel, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(2, listed(schemas.ListingKnown)), calls(1.5, 20, time.Minute, llm("deepseek-r1"), listed(schemas.ListingUnlisted))...)
	}},
	{"a date of a model that is listed", "shadow.unlisted", schemas.EntityModel, none, func() []schemas.Event {
		return append(ordinary(2, listed(schemas.ListingKnown)), calls(1.5, 20, time.Minute, llm("gpt-4o-2024-11-20"), listed(schemas.ListingUnlisted))...)
	}},

	{"from a cloud", "shadow.internal", schemas.EntityRoute, schemas.SeverityHigh, func() []schemas.Event {
		return append(ordinary(1), calls(0.5, 4, time.Minute, route("/admin/keys"), endpoint(schemas.ListingInternal), from(schemas.NetworkHosting))...)
	}},
	{"from outside of the own networks", "shadow.internal", schemas.EntityRoute, schemas.SeverityHigh, func() []schemas.Event {
		return append(ordinary(1, from(schemas.NetworkInternal)), calls(0.5, 4, time.Minute, route("/admin/keys"), endpoint(schemas.ListingInternal))...)
	}},
	{"from a public address, without a list", "shadow.internal", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(1), calls(0.5, 4, time.Minute, route("/admin/keys"), endpoint(schemas.ListingInternal))...)
	}},
	{"from inside", "shadow.internal", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(1), calls(0.5, 90, time.Minute, route("/admin/keys"), endpoint(schemas.ListingInternal), from(schemas.NetworkInternal))...)
	}},
	{"refused to a cloud", "shadow.internal", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(1), calls(0.5, 90, time.Minute, route("/admin/keys"), endpoint(schemas.ListingInternal), from(schemas.NetworkHosting), refused)...)
	}},
	{"an internal model from a cloud", "shadow.internal", schemas.EntityModel, schemas.SeverityHigh, func() []schemas.Event {
		return append(ordinary(1), calls(0.5, 4, time.Minute, llm("secret-7b"), listed(schemas.ListingInternal), from(schemas.NetworkHosting))...)
	}},

	{"after nine quiet days", "shadow.deprecated", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		all := append(ordinary(12), calls(0, 40, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
		return append(all, calls(9.1, 8, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
	}},
	{"after nine quiet days and open to all", "shadow.deprecated", schemas.EntityRoute, schemas.SeverityMedium, func() []schemas.Event {
		all := append(ordinary(12), calls(0, 40, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
		return append(all, calls(9.1, 8, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated), nobody)...)
	}},
	{"for the first time, after a day", "shadow.deprecated", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(2), calls(1.5, 30, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
	}},
	{"an old client from the beginning", "shadow.deprecated", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(2), calls(0.01, 500, 5*time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
	}},
	{"after five quiet days", "shadow.deprecated", schemas.EntityRoute, none, func() []schemas.Event {
		all := append(ordinary(12), calls(0, 40, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
		return append(all, calls(5.1, 8, time.Minute, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
	}},
	{"stragglers every other day", "shadow.deprecated", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(14), calls(0, 7, 48*time.Hour, route("/v1/complete"), endpoint(schemas.ListingDeprecated))...)
	}},

	{"v0 of what is v1", "shadow.old_version", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, route("/v0/chat/completions"))...)
	}},
	{"v1beta of what is v1, open to all", "shadow.old_version", schemas.EntityRoute, schemas.SeverityMedium, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, route("/v1beta/chat/completions"), nobody)...)
	}},
	{"v0 of a route that the gateway names", "shadow.old_version", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		named := func(ev *schemas.Event) { ev.Route, ev.Path = "legacy", "/v0/chat/completions" }
		return append(ordinary(10), calls(8.5, 30, time.Minute, named)...)
	}},
	{"v0 while the watch is young", "shadow.old_version", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(7), calls(5, 30, time.Minute, route("/v0/chat/completions"))...)
	}},
	{"v2 of what is v1", "shadow.old_version", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 300, time.Minute, route("/v2/chat/completions"))...)
	}},
	{"v1 that is always used beside v2", "shadow.old_version", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(20), calls(0, 400, time.Hour, route("/v2/chat/completions"))...)
	}},

	{"an endpoint that is new", "shadow.first_seen", schemas.EntityRoute, schemas.SeverityInfo, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, route("/export/all"))...)
	}},
	{"one that is new and open to all", "shadow.first_seen", schemas.EntityRoute, schemas.SeverityLow, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, route("/export/all"), nobody)...)
	}},
	{"one that is new in the first week", "shadow.first_seen", schemas.EntityRoute, none, func() []schemas.Event {
		return append(ordinary(10), calls(5, 30, time.Minute, route("/export/all"))...)
	}},
	{"a host that is new", "shadow.first_seen", schemas.EntityHost, schemas.SeverityInfo, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, host("canary.example.com"))...)
	}},
	{"a model that is new", "shadow.first_seen", schemas.EntityModel, schemas.SeverityInfo, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, llm("qwen3-max"))...)
	}},
	{"an alias of a model", "shadow.first_seen", schemas.EntityModel, none, func() []schemas.Event {
		return append(ordinary(10), calls(8.5, 30, time.Minute, llm("azure/gpt-4o"))...)
	}},
}

func run(t testing.TB, all []schemas.Event) []schemas.Finding {
	t.Helper()
	found := detectortest.Run(t, all, detectortest.Fresh(t, Watchers, DefaultConfig())()...)
	detectortest.Readable(t, found)
	return found
}

func TestCases(t *testing.T) {
	for _, c := range cases {
		t.Run(c.rule+"/"+c.name, func(t *testing.T) {
			got, n := none, 0
			for _, f := range run(t, c.events()) {
				if f.Detector == c.rule && f.Entity.Kind == c.kind {
					got, n = f.Severity, n+1
				} else if c.want == none && f.Severity > schemas.SeverityInfo {
					t.Errorf("also %s of %s: %s", f.Detector, f.Entity.Name, f.Summary)
				}
			}
			if got != c.want || n > 1 {
				t.Errorf("%d findings, of severity %v, want %v", n, got, c.want)
			}
		})
	}
}

// TestCrowd tells that a deployment is one finding, as are names that nobody can
// count.
func TestCrowd(t *testing.T) {
	all := ordinary(11)
	for i := range 12 {
		all = append(all, calls(8.5, 20, time.Minute, route(fmt.Sprintf("/v2/thing%c", 'a'+i)))...)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for i := range 600 {
		name := fmt.Sprintf("pr-%d.preview.example.com", i)
		all = append(all, calls(9+r.Float64()*1.9, 10, time.Second, host(name))...)
	}
	count := map[string]int{}
	for _, f := range run(t, all) {
		count[f.Detector+" "+f.Entity.Kind.String()]++
		if f.Severity > schemas.SeverityInfo {
			t.Errorf("%s, %s: %s", f.Detector, f.Severity, f.Title)
		}
	}
	// Hosts that come one at a time are told until they are too many for a day.
	if count["shadow.first_seen route"] != 0 || count["shadow.first_seen host"] > 40 || count["shadow.first_seen global"] < 2 || count["shadow.first_seen global"] > 4 {
		t.Errorf("got %v", count)
	}
}

// TestInventoryLags tells that an old inventory is one finding a day.
func TestInventoryLags(t *testing.T) {
	all := ordinary(2, endpoint(schemas.ListingKnown))
	for i := range 40 {
		all = append(all, calls(0.5, 100, 10*time.Minute, route(fmt.Sprintf("/v2/thing%d", i)), endpoint(schemas.ListingUnlisted))...)
	}
	found := detectortest.Of(run(t, all), "shadow.unlisted")
	if len(found) != 1 || found[0].Entity.Kind != schemas.EntityGlobal {
		t.Errorf("%d findings, want one on everything", len(found))
	}
}
