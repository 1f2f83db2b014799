package campaign

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestFinding(t *testing.T) {
	p := newPlay(t, 60)
	p.calls(7, 3000)
	p.cluster(20, keys(1, 50))
	found := p.pass()
	if len(found) != 1 {
		t.Fatalf("%d findings, want 1", len(found))
	}
	f, c := found[0], found[0].Campaign
	if f.Detector != "campaign.extraction" || f.Severity != schemas.SeverityMedium || f.Events != 790 {
		t.Errorf("%s, %s, %d events", f.Detector, f.Severity, f.Events)
	}
	if want := "Campaign: 50 keys took 7,900 answers in 59 minutes as one"; f.Title != want {
		t.Errorf("title is %q, want %q", f.Title, want)
	}
	for _, part := range []string{"50 keys took 7,900 answers with 158,000 tokens together since 5 January 00:00 UTC, 3,950 of them in the last 24 hours. ",
		"all members come from the same networks (3 others do), and about 100 calls a day each. ", "explanation: one product."} {
		if !strings.Contains(f.Summary, part) {
			t.Errorf("summary is %q, want %q in it", f.Summary, part)
		}
	}
	if len(c.ID) != 14 || c.Size != 50 || c.Joined != 0 || c.Exchanges != 7900 || c.Today != 3950 || c.InputTokens != 79_000 || c.OutputTokens != 158_000 || c.Score != 20 {
		t.Errorf("campaign %+v", *c)
	}
	m := c.Members[0]
	if len(c.Members) != 50 || len(c.Named) != 20 || c.Named[0] != "h1:k1:0007" || m.Principal != "h1:k1:0007" || m.Exchanges != 3000 || m.OutputTokens != 60_000 {
		t.Errorf("%d members, %d named, the first is %+v", len(c.Members), len(c.Named), m)
	}
	if kinds := correlate.KindNames(); !reflect.DeepEqual(m.Links, []string{kinds[1], kinds[3]}) || math.Abs(m.Likeness-0.9) > 1e-6 {
		t.Errorf("links %v, likeness %v", m.Links, m.Likeness)
	}
	if !m.First.Equal(detectortest.Start) || !m.Last.Equal(detectortest.Start.Add(59*time.Minute)) || !c.First.Equal(m.First) || !c.Last.Equal(m.Last) {
		t.Errorf("member from %v to %v, campaign from %v to %v", m.First, m.Last, c.First, c.Last)
	}
}

// TestReason gives clusters with all, some and none of what there is to say.
func TestReason(t *testing.T) {
	link := func(kind string, others int) schemas.Link {
		return schemas.Link{Kind: kind, Others: others, Text: "all share the " + kind}
	}
	figures := func(names ...string) (out []schemas.Feature) {
		for _, n := range names {
			out = append(out, schemas.Feature{Name: n, Text: "the " + n + " is told."})
		}
		return out
	}
	const first = "They act as one, as unrelated callers hardly do"
	for _, c := range []struct {
		cluster correlate.Cluster
		want    string
	}{
		{correlate.Cluster{}, "."},
		{correlate.Cluster{Features: figures("quota", "start")}, ": the quota is told."},
		{correlate.Cluster{Links: []schemas.Link{link("network", 0)}}, ": all share the network (no other caller does)."},
		{correlate.Cluster{Links: []schemas.Link{link("network", 1)}, Features: figures("network")}, ": all share the network (1 other caller does)."},
		{correlate.Cluster{Links: []schemas.Link{link("network", 1200), link("client", 0)}, Features: figures("network", "client", "quota")},
			": all share the network (1,200 others do), and the client is told."},
		{correlate.Cluster{Links: []schemas.Link{link("network", 0), link("client", 0)}, Features: figures("network", "client", "quota", "start")},
			": all share the network (no other caller does), and the quota is told."},
	} {
		if got := reason(&c.cluster); got != first+c.want {
			t.Errorf("%+v:\n got %q\nwant %q", c.cluster, got, first+c.want)
		}
	}
}

func TestLittleIsNotTold(t *testing.T) {
	p := newPlay(t, 20)
	for _, k := range keys(1, 9) {
		p.calls(k, 55)
	}
	p.cluster(20, keys(1, 9))
	if found := p.pass(); len(found) > 0 {
		t.Errorf("of 495 exchanges was told: %s", found[0].Title)
	}
	p.calls(1, 60)
	if found := p.pass(); len(found) != 1 {
		t.Errorf("of 500 exchanges was told %d times, want once", len(found))
	}
}

func TestSeverity(t *testing.T) {
	for _, c := range []struct {
		keys  int
		calls float32
		score float64
		want  schemas.Severity
	}{
		{10, 100, 13, schemas.SeverityLow},
		{10, 100, 15, schemas.SeverityMedium},
		{10, 100, 24, schemas.SeverityHigh},
		{10, 1000, 15, schemas.SeverityHigh},
		{10, 1000, 13, schemas.SeverityMedium},
		{100, 10, 15, schemas.SeverityHigh},
		{10, 10_000, 15, schemas.SeverityCritical},
		{1000, 5, 15, schemas.SeverityCritical},
		{1000, 5, 13, schemas.SeverityHigh},
	} {
		p := newPlay(t, c.keys)
		for _, k := range keys(1, c.keys) {
			p.calls(k, c.calls)
		}
		p.cluster(c.score, keys(1, c.keys))
		found := p.pass()
		if c.score == 13 {
			for range persists - 2 {
				found = append(found, p.pass()...)
			}
			if len(found) > 0 {
				t.Errorf("%d keys: a doubtful campaign is told at once", c.keys)
			}
			found = p.pass()
		}
		if len(found) != 1 || found[0].Severity != c.want {
			t.Errorf("%d keys, %v calls each, score %v: %d findings, severity %v, want %s", c.keys, c.calls, c.score, len(found), found, c.want)
		}
	}
}

func TestRepeats(t *testing.T) {
	p := newPlay(t, 100)
	p.cluster(20, keys(1, 10))
	first := p.pass()
	if len(first) != 1 {
		t.Fatal("not told at first")
	}
	for range 167 {
		p.calls(1, p.all[0].Profile.Calls+1)
		if found := p.pass(); len(found) > 0 {
			t.Fatalf("told again in hour %d: %s", p.hour, found[0].Title)
		}
	}
	found := p.pass()
	if len(found) != 1 || found[0].Campaign.ID != first[0].Campaign.ID || found[0].Campaign.Exchanges != 1167 {
		t.Fatalf("a week later: %+v", found)
	}
	// What has stopped is not told of again.
	for range 30 {
		if found := p.pass(); len(found) > 0 {
			t.Fatalf("told again in hour %d: %s", p.hour, found[0].Title)
		}
	}
	p.calls(1, 3000)
	if found := p.pass(); len(found) != 1 {
		t.Error("not told that the volume doubled")
	}
	p.cluster(20, keys(1, 20))
	found = p.pass()
	if len(found) != 1 || found[0].Campaign.Joined != 10 || found[0].Campaign.Size != 20 || !strings.Contains(found[0].Summary, "and 10 keys joined since") {
		t.Fatalf("not told that it doubled: %+v", found)
	}
	if f := found[0].Features; f[1].Name != "growth" || f[1].Observed != 10 {
		t.Errorf("features %+v", f)
	}
	p.cluster(24, keys(1, 20))
	if found = p.pass(); len(found) != 1 || found[0].Severity != schemas.SeverityHigh {
		t.Errorf("not told that it is surer: %+v", found)
	}
	for _, f := range p.out {
		if f.Campaign.ID != first[0].Campaign.ID {
			t.Errorf("told under the name %s, want %s", f.Campaign.ID, first[0].Campaign.ID)
		}
	}
}
