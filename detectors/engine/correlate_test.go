package engine_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// newPack returns a correlator of principals by the minute, with the changes.
func newPack(changes ...func(*pack)) *pack {
	p := &pack{toy: toy{id: "pack.principal", kind: schemas.EntityPrincipal, window: time.Minute, keep: true}}
	for _, change := range changes {
		change(p)
	}
	return p
}

// twice returns two events of each principal in the minute with the number.
func twice(minute int, principals ...string) []schemas.Event {
	var out []schemas.Event
	at := time.Duration(minute) * time.Minute
	for i, p := range principals {
		at := at + time.Duration(i)*time.Millisecond
		out = append(out, by(p, at+10*time.Second, at+11*time.Second)...)
	}
	slices.SortStableFunc(out, func(a, b schemas.Event) int { return int(a.Time - b.Time) })
	return out
}

// packed returns the events of all minutes that are given.
func packed(minutes ...[]string) (out []schemas.Event) {
	for i, principals := range minutes {
		out = append(out, twice(i, principals...)...)
	}
	return out
}

func TestCorrelatorConforms(t *testing.T) {
	detectortest.Conform(t, func() []detectors.Watcher {
		return append(toys(), newPack().watch(), newPack(func(p *pack) {
			p.id, p.kind, p.window = "pack.address", schemas.EntityAddress, 5*time.Minute
		}).watch())
	}, traffic(1, 1500))
}

func TestCorrelatorSeesEveryWindow(t *testing.T) {
	events := append(packed([]string{"a", "b", "c"}, []string{"b", "c"}, nil, []string{"c"}), by("d", 3*time.Minute+5*time.Second)...)
	found := detectortest.Of(detectortest.Run(t, events, newPack().watch()), "pack.principal_together")
	var got []string
	for _, f := range found {
		got = append(got, f.Summary)
	}
	want := []string{
		"3 of 3 entities, 6 of 6 events, for up to 1 windows",
		"2 of 2 entities, 4 of 4 events, for up to 2 windows",
		"1 of 2 entities, 2 of 3 events, for up to 3 windows",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCampaignIsComplete(t *testing.T) {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("p%02d", i))
	}
	found := detectortest.Of(detectortest.Run(t, packed(many), newPack().watch()), "pack.principal_together")
	if len(found) != 1 {
		t.Fatalf("%d findings, want 1", len(found))
	}
	f := found[0]
	id := f.Campaign.ID
	if f.Entity != (schemas.Entity{Kind: schemas.EntityCampaign, Name: id}) || f.ID != schemas.FindingID(f.Detector, f.Entity, f.WindowStart) {
		t.Errorf("entity %+v, id %q", f.Entity, f.ID)
	}
	if f.WindowStart != detectortest.Start || f.WindowEnd != detectortest.Start.Add(time.Minute) || f.Detected != f.WindowEnd || len(f.Techniques) != 1 {
		t.Errorf("window %v to %v, detected %v, techniques %v", f.WindowStart, f.WindowEnd, f.Detected, f.Techniques)
	}
	if len(f.Campaign.Members) != 30 || len(f.Campaign.Named) != 20 {
		t.Errorf("%d members, %d named", len(f.Campaign.Members), len(f.Campaign.Named))
	}
	want := "SELECT * FROM events WHERE time >= fromUnixTimestamp64Nano(1767571200000000000)" +
		" AND time < fromUnixTimestamp64Nano(1767571260000000000)" +
		" AND principal IN (SELECT principal FROM campaign_members WHERE campaign = '" + id + "') ORDER BY time LIMIT 1000"
	if f.Query != want {
		t.Errorf("query %q, want %q", f.Query, want)
	}
}

func TestQueryOfACampaignFindsRotatedNamesInTheDatabase(t *testing.T) {
	s := detectortest.Settings()
	s.Table = "audit.events"
	e := detectortest.New(t, s, newPack().watch())
	events := packed([]string{"a", "b"})
	events[0].Subject = "h1:k0:a"
	if _, err := e.Observe(detectortest.Batch(0, events), nil); err != nil {
		t.Fatal(err)
	}
	found := e.Flush()
	members := "(SELECT principal FROM audit.campaign_members WHERE campaign = '" + found[len(found)-1].Campaign.ID + "')"
	want := "(principal IN " + members + " OR principal IN (SELECT new FROM audit.aliases WHERE old IN " + members +
		") OR principal IN (SELECT old FROM audit.aliases WHERE new IN " + members + "))"
	if got := found[len(found)-1].Query; !strings.Contains(got, want) {
		t.Errorf("query %q, want %q in it", got, want)
	}
}

func TestCampaignsThatAreNotValidAreDropped(t *testing.T) {
	for name, spoil := range map[string]func(*schemas.Finding){
		"no campaign": func(f *schemas.Finding) { f.Campaign = nil },
		"no id":       func(f *schemas.Finding) { f.Campaign.ID = "" },
		"short":       func(f *schemas.Finding) { f.Campaign.ID = "c-0123" },
		"quote":       func(f *schemas.Finding) { f.Campaign.ID = "c-' OR 1=1 OR " },
		"capitals":    func(f *schemas.Finding) { f.Campaign.ID = "c-ABCDEF012345" },
		"other":       func(f *schemas.Finding) { f.Campaign.ID = "d-abcdef012345" },
		"score":       func(f *schemas.Finding) { f.Campaign.Score = math.Inf(1) },
		"likeness":    func(f *schemas.Finding) { f.Campaign.Members[0].Likeness = math.NaN() },
		"feature":     func(f *schemas.Finding) { f.Features[0].Observed = math.NaN() },
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			s := detectortest.Settings()
			s.Log = slog.New(slog.NewTextHandler(&log, nil))
			h := start(t, s, newPack(func(p *pack) { p.spoil = spoil }).watch())
			h.feed(0, packed([]string{"a", "b"})...)
			if got := detectortest.Of(h.Flush(), "pack.principal_together"); len(got) != 0 {
				t.Errorf("got %+v", got)
			}
			if h.count("invalid_campaigns_total") == 0 || !strings.Contains(log.String(), "campaigns that are not valid") || strings.Contains(log.String(), "1=1") {
				t.Errorf("not counted, or the log is %q", log.String())
			}
		})
	}
}

func TestCampaignIsToldAgainOnlyIfMoreSevere(t *testing.T) {
	found := detectortest.Of(detectortest.Run(t, packed([]string{"a"}), newPack(func(p *pack) { p.repeat = true }).watch()), "pack.principal_together")
	if len(found) != 2 || found[0].ID != found[1].ID || found[0].Severity >= found[1].Severity {
		t.Errorf("got %+v", found)
	}
}

func TestExceptionsLeaveEntitiesOut(t *testing.T) {
	for name, c := range map[string]struct {
		allow engine.Allow
		want  string
	}{
		"principal":            {engine.Allow{Principal: "b"}, "a c"},
		"and family":           {engine.Allow{Principal: "b", Detector: "pack"}, "a c"},
		"and rule":             {engine.Allow{Principal: "b", Detector: "pack.together"}, "a c"},
		"and another detector": {engine.Allow{Principal: "b", Detector: "toy"}, "a b c"},
		"over":                 {engine.Allow{Principal: "b", Expires: detectortest.Start}, "a b c"},
		"family":               {engine.Allow{Detector: "pack"}, ""},
		"rule alone":           {engine.Allow{Detector: "pack.together"}, "a b c"},
		"rule and tenant":      {engine.Allow{Detector: "pack.together", Tenant: "acme"}, "b c"},
		"another kind":         {engine.Allow{Address: "198.18.0.0/15"}, "a b c"},
	} {
		t.Run(name, func(t *testing.T) {
			c.allow.Owner, c.allow.Reason = "ops", "eval"
			s := detectortest.Settings()
			s.Config.Allow = []engine.Allow{c.allow}
			h := start(t, s, newPack().watch())
			events := packed([]string{"a", "b", "c"})
			for i := range events {
				if events[i].Tenant = "globex"; events[i].Principal == "a" {
					events[i].Tenant = "acme"
				}
			}
			h.feed(0, events...)
			got := members(h.Flush())
			for i := range got {
				names := strings.Fields(got[i])
				slices.Sort(names)
				got[i] = strings.Join(names, " ")
			}
			if strings.Join(got, ",") != c.want {
				t.Errorf("members %q, want %q", got, c.want)
			}
		})
	}
}

// TestCorrelatedFindingsDoNotDependOnTheCut holds the findings of runs that are cut
// in many ways, and moved to other engines, against those of an unbroken one.
func TestCorrelatedFindingsDoNotDependOnTheCut(t *testing.T) {
	events := detectortest.Batch(0, traffic(9, 1500)).Parts[0].Events
	run := func(seed uint64, shards int, restart bool) []string {
		r := rand.New(rand.NewPCG(seed, 3))
		s := detectortest.Settings()
		s.Config.Shards, s.Config.Workers = shards, 1+int(seed%3)
		e := detectortest.New(t, s, newPack().watch())
		var found []schemas.Finding
		for done := 0; done < len(events); {
			n := min(1+r.IntN(200), len(events)-done)
			got, err := e.Observe(detectortest.Batch(int64(done), events[done:done+n]), nil)
			if err != nil {
				t.Fatal(err)
			}
			done += n
			found = append(found, got...)
			if restart && r.IntN(2) == 0 {
				state, err := e.Snapshot()
				if err != nil {
					t.Fatal(err)
				}
				e.Close()
				e = detectortest.New(t, s, newPack().watch())
				if err := e.Restore(state); err != nil {
					t.Fatal(err)
				}
			}
			if r.IntN(3) == 0 {
				found = append(found, e.Correlated()...)
			}
			if r.IntN(4) == 0 {
				if err := e.Replace([]detectors.Watcher{newPack().watch()}); err != nil {
					t.Fatal(err)
				}
			}
		}
		found = append(found, e.Flush()...)
		e.Close()
		var out []string
		for _, f := range found {
			if f.Campaign != nil {
				b, err := json.Marshal([]any{f, f.Campaign.Members})
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, string(b))
			}
		}
		return out
	}
	want := run(0, 1, false)
	if len(want) < 10 {
		t.Fatalf("%d findings: the case is too tame", len(want))
	}
	for seed := range uint64(8) {
		if got := run(seed, []int{1, 4, 64}[seed%3], seed%2 == 1); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d: %d findings, want the same %d", seed, len(got), len(want))
		}
	}
}
