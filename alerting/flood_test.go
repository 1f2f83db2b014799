package alerting

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// BenchmarkActors measures an offer of a hundred findings, each of an actor of its
// own and tied to another one, while the log has as many actors as the name says.
func BenchmarkActors(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			cfg := DefaultConfig()
			cfg.MaxAlerts = 10_000_000
			m, err := New(cfg, []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
			if err != nil {
				b.Fatal(err)
			}
			defer m.Close()
			flood := func(i, n int) {
				var fs []schemas.Finding
				for j := range n {
					fs = append(fs, ties(address(spike, fmt.Sprint("a", i*n+j), 0, schemas.SeverityLow), fmt.Sprint("p", i*n+j)))
				}
				if _, err := m.Offer(context.Background(), fs); err != nil {
					b.Fatal(err)
				}
			}
			flood(0, n)
			i := n
			for b.Loop() {
				flood(i, 100)
				i++
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/float64((i-n)*100), "µs/finding")
		})
	}
}

// BenchmarkCampaign measures a finding about a campaign of as many members as a
// finding can name, whose members are known already.
func BenchmarkCampaign(b *testing.B) {
	m, err := New(DefaultConfig(), []Sink{&fakeSink{name: "s"}}, quiet(), prometheus.NewRegistry())
	if err != nil {
		b.Fatal(err)
	}
	defer m.Close()
	i := 0
	for b.Loop() {
		f := plot("campaign.extraction", noon.Add(time.Duration(i)*time.Minute), 1)
		f.Campaign.Members = members
		if _, err := m.Offer(context.Background(), []schemas.Finding{f}); err != nil {
			b.Fatal(err)
		}
		i++
	}
}

var members = plot("campaign.extraction", noon, schemas.MaxMembers).Campaign.Members

// Whoever makes more actors than the log holds does not push a person's severe
// incident out of it, nor one that somebody has taken, and what goes is told.
func TestAFloodPushesNothingOutSilently(t *testing.T) {
	s := &fakeSink{name: "s"}
	r := open(t, logPath(t), func(c *Config) {
		c.MaxAlerts = 200
		c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 100_000, OnStorm: StormDelay}}
	}, s)
	severe := r.offer(t, caller(spike, "victim", -30, schemas.SeverityHigh))[0]
	mild := r.offer(t, caller(spike, "other", -30, schemas.SeverityLow))[0]
	taken := r.offer(t, caller(spike, "taken", -30, schemas.SeverityLow))[0]
	if _, err := r.Acknowledge(context.Background(), taken.ID, "alice", ""); err != nil {
		t.Fatal(err)
	}
	returned := map[string]schemas.Alert{}
	for i := range 20 {
		var fs []schemas.Finding
		for j := range 100 {
			fs = append(fs, caller(spike, fmt.Sprint("flood", i, "-", j), 0, schemas.SeverityLow))
		}
		for _, a := range r.offer(t, fs...) {
			returned[a.ID] = a
		}
	}
	for _, id := range []string{severe.ID, taken.ID} {
		if a, err := r.Alert(id); err != nil || a.State == schemas.AlertResolved {
			t.Errorf("%s of %s, %v", a.State, a.Entity.Name, err)
		}
	}
	gone := returned[mild.ID]
	if gone.State != schemas.AlertResolved || gone.Outcome == "" {
		t.Errorf("the mild one is %s: %q", gone.State, gone.Outcome)
	}
	var told []string
	for _, d := range r.Pending() {
		if d.Alert == mild.ID {
			told = append(told, d.State.String())
		}
	}
	if !slices.Equal(told, []string{"open", "resolved"}) {
		t.Errorf("of the mild one %v is told", told)
	}
	if len(returned) < 2000 {
		t.Errorf("%d of 2000 alerts reached the caller", len(returned))
	}
	alerts, err := r.Alerts()
	if err != nil || len(alerts) > 300 {
		t.Errorf("%d alerts in the log, %v", len(alerts), err)
	}
}

// However findings are cut into offers, they become the same alerts.
func TestAnyCutMakesTheSameAlerts(t *testing.T) {
	fs := tangle(400)
	want := ""
	for _, size := range []int{len(fs), 1, 7, 50, 133} {
		r := open(t, "", nil, &fakeSink{name: "s"})
		for chunk := range slices.Chunk(fs, size) {
			r.offer(t, chunk...)
			r.advance(t, chunk[len(chunk)-1].Detected)
		}
		alerts, err := r.Alerts()
		if err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(alerts, func(a, b schemas.Alert) int { return a.FirstSeen.Compare(b.FirstSeen) })
		var got string
		ids := map[string]bool{}
		for _, a := range alerts {
			ids[a.ID] = true
		}
		var list []string
		for _, a := range alerts {
			list = append(list, fmt.Sprintf("%s %d %d %d %s", a.ID, a.Findings, a.Events, len(a.Parts), a.Severity))
		}
		slices.Sort(list)
		got = fmt.Sprint(list)
		if want == "" {
			want = got
			if len(ids) < 20 {
				t.Fatalf("%d alerts only", len(ids))
			}
		}
		if got != want {
			t.Errorf("cut into %d at a time they become other alerts", size)
		}
	}
}

// TestLongWindowsKeepTheirTurn: the window of what was found later may have begun
// first.
func TestLongWindowsKeepTheirTurn(t *testing.T) {
	first := ties(address(stuffing, "a", 0, schemas.SeverityHigh), "p")
	second := caller("spend.surge", "p", 1, schemas.SeverityMedium)
	second.WindowStart = noon.Add(-12 * time.Hour)
	second.WindowEnd, second.Detected = noon.Add(12*time.Hour), first.Detected.Add(time.Minute)
	apart, together := open(t, "", nil), open(t, "", nil)
	apart.offer(t, first)
	a, b := apart.offer(t, second), together.offer(t, second, first)
	if len(a) != 1 || len(b) != 1 || a[0].ID != b[0].ID || a[0].Fingerprint != b[0].Fingerprint {
		t.Errorf("apart they are alert %s, together %s", a[0].ID, b[0].ID)
	}
}

// tangle returns n findings of a few callers, addresses and campaigns over two
// days, in order, with ties between them.
func tangle(n int) []schemas.Finding {
	var fs []schemas.Finding
	rules := []string{spike, networks, stuffing, success, "spend.surge"}
	for i := range n {
		x := uint64(i)*0x9e3779b97f4a7c15 + 12345
		x ^= x >> 29
		at := noon.Add(time.Duration(i) * 7 * time.Minute)
		minute := int(at.Sub(noon).Minutes())
		sev := schemas.Severity(x >> 8 % 4)
		who, where := fmt.Sprint("member-", x>>16%9), fmt.Sprint("a", x>>24%7)
		var f schemas.Finding
		switch x >> 32 % 8 {
		case 0, 1, 2:
			f = caller(rules[x>>40%5], who, minute, sev)
		case 3:
			f = ties(caller(rules[x>>40%5], who, minute, sev), where)
		case 4:
			f = ties(address(rules[x>>40%5], where, minute, sev), who)
		case 5:
			f = some(address(rules[x>>40%5], where, minute, sev), who)
		case 6:
			f = about(spike, schemas.EntityRoute, fmt.Sprint("r", x>>40%3), minute, sev)
		default:
			f = caller("silence.principal", who, minute, sev)
		}
		fs = append(fs, f)
		if i == 150 || i == 170 {
			fs = append(fs, plot("campaign.extraction", at.Add(time.Minute), 4))
		}
	}
	return fs
}
