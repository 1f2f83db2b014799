package campaign

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/campaign/profile"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// play drives a watch through hours with profiles and clusters that a test sets.
type play struct {
	t     testing.TB
	d     *watch
	all   []profiled
	found []correlate.Cluster
	hour  int64
	out   []schemas.Finding
}

// newPlay has n principals with the keys 1 to n, of whom each has made a hundred
// calls.
func newPlay(t testing.TB, n int) *play {
	p := &play{t: t, d: newWatch(DefaultConfig())}
	p.d.clusters = func(context.Context, []profiled, correlate.Options) []correlate.Cluster { return p.found }
	for i := range n {
		p.all = append(p.all, profiled{Key: uint64(i + 1), Name: fmt.Sprintf("h1:k1:%04d", i+1)})
		p.all[i].Profile.First = minutes(detectortest.At(0))
		p.calls(uint64(i+1), 100)
	}
	return p
}

func (p *play) end() uint32 { return minutes(detectortest.At(time.Duration(p.hour+1) * time.Hour)) }

// calls makes somebody's calls so many, the last of them now.
func (p *play) calls(key uint64, n float32) {
	x := &p.all[key-1].Profile
	x.Calls, x.Day, x.Now, x.Input, x.Output, x.Last = n, n/2, n/10, 10*n, 20*n, p.end()-1
}

// keys returns from, …, to.
func keys(from, to int) (out []uint64) {
	for k := from; k <= to; k++ {
		out = append(out, uint64(k))
	}
	return out
}

// cluster sets what is found: a cluster of those keys.
func (p *play) cluster(score float64, of ...[]uint64) {
	p.found = nil
	for _, keys := range of {
		c := correlate.Cluster{
			Score: score, Innocent: "one product",
			Links:    []schemas.Link{{Kind: "network", Members: len(keys), Others: 3, Weight: 1, Text: "all members come from the same networks"}},
			Features: []schemas.Feature{{Name: "network", Observed: 100, Expected: 1, Weight: 0.5, Text: "all come from the same networks"}, {Name: "quota", Observed: 1.1, Expected: 3, Weight: 0.5, Text: "about 100 calls a day each"}},
		}
		for _, k := range keys {
			c.Members, c.Likeness, c.Linked = append(c.Members, int(k-1)), append(c.Likeness, 0.9), append(c.Linked, 0b1010)
		}
		p.found = append(p.found, c)
	}
}

// pass ends an hour and returns what was said.
func (p *play) pass() []schemas.Finding {
	p.t.Helper()
	var out []schemas.Finding
	x := detectors.NewCorrelation(context.Background(), detectortest.At(time.Duration(p.hour)*time.Hour), time.Hour, sketch.NewKey([16]byte{1}), func(f *schemas.Finding) {
		out = append(out, *f)
	})
	p.d.Correlate(x, &Cohort{since: 1}, p.all)
	p.hour++
	detectortest.Readable(p.t, out)
	p.consistent()
	p.out = append(p.out, out...)
	return out
}

// consistent checks what always holds for the memory, and that it comes back from
// its bytes.
func (p *play) consistent() {
	p.t.Helper()
	if !p.d.memory.sound() {
		p.t.Fatal("the memory is not sound")
	}
	m, err := decode(p.d.Save())
	if err != nil {
		p.t.Fatalf("reading the memory: %v", err)
	}
	if len(m.known) != len(p.d.memory.known) {
		p.t.Fatalf("%d campaigns came back, want %d", len(m.known), len(p.d.memory.known))
	}
	for i := range m.known {
		if !reflect.DeepEqual(m.known[i], p.d.memory.known[i]) {
			p.t.Fatalf("a campaign came back as %+v, want %+v", m.known[i], p.d.memory.known[i])
		}
	}
}

// sizes returns the sizes of all known campaigns.
func (p *play) sizes() (out []int) {
	for _, k := range p.d.memory.known {
		out = append(out, len(k.members))
	}
	return out
}

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

func TestReplayGivesTheSameName(t *testing.T) {
	name := func() string {
		p := newPlay(t, 50)
		p.cluster(20, keys(20, 30), keys(1, 10))
		found := p.pass()
		if len(found) != 2 || found[0].Campaign.ID == found[1].Campaign.ID {
			t.Fatalf("%+v", found)
		}
		return found[0].Campaign.ID + found[1].Campaign.ID
	}
	if a, b := name(), name(); a != b {
		t.Errorf("named %s and %s", a, b)
	}
}

func TestSplitAndMerge(t *testing.T) {
	p := newPlay(t, 100)
	p.cluster(20, keys(1, 30))
	id := p.pass()[0].Campaign.ID
	p.cluster(20, keys(1, 14), keys(15, 30))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{30}) {
		t.Errorf("two halves of a campaign: %v", got)
	}
	p.cluster(20, keys(41, 60))
	other := p.pass()
	if len(other) != 1 || other[0].Campaign.ID == id {
		t.Fatalf("another campaign: %+v", other)
	}
	p.cluster(20, keys(1, 60))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{60}) {
		t.Fatalf("both in one: %v", got)
	}
	last := p.out[len(p.out)-1]
	if last.Campaign.ID != id || last.Campaign.Size != 60 {
		t.Errorf("%s with %d members, want the older %s with 60", last.Campaign.ID, last.Campaign.Size, id)
	}
	// A few of its members with many others are no part of it.
	p.cluster(20, append(keys(1, 5), keys(70, 90)...))
	p.pass()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{55, 26}) {
		t.Errorf("members that went over: %v", got)
	}
}

func TestMembersLeave(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	p.pass()
	p.cluster(20, keys(3, 30)) // 1 goes on calling, 2 does not
	for range 47 {
		p.calls(1, p.all[0].Profile.Calls+1)
		p.pass()
	}
	if got := p.sizes(); !reflect.DeepEqual(got, []int{30}) {
		t.Errorf("before two days: %v", got)
	}
	for range 3 {
		p.calls(1, p.all[0].Profile.Calls+1)
		p.pass()
	}
	if got := p.sizes(); !reflect.DeepEqual(got, []int{29}) {
		t.Errorf("after two days: %v", got)
	}
	if _, ok := p.d.memory.owners()[2]; !ok {
		t.Error("who only stopped is no member any more")
	}
}

func TestForgotten(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	id := p.pass()[0].Campaign.ID
	p.found = nil
	for range 14 * 24 {
		p.pass()
	}
	if len(p.sizes()) != 1 {
		t.Fatal("forgotten within two weeks")
	}
	p.cluster(20, keys(1, 30))
	p.calls(1, 500)
	if found := p.pass(); len(found) != 1 || found[0].Campaign.ID != id {
		t.Errorf("after two weeks: %+v, want %s", found, id)
	}
	p.found = nil
	for range 14*24 + 1 {
		p.pass()
	}
	if len(p.sizes()) != 0 {
		t.Error("remembered for more than two weeks")
	}
}

// TestStateIsLost lets the profile of a member begin anew, and another one go.
func TestStateIsLost(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 30))
	p.pass()
	p.calls(1, 40)
	p.all = p.all[:39]
	p.all[38].Profile.Calls = 100
	p.cluster(24, keys(1, 29))
	found := p.pass()
	if len(found) != 1 || found[0].Campaign.Exchanges != 3040 {
		t.Fatalf("%+v, want 3,040 exchanges", found)
	}
	if m := found[0].Campaign.Members[0]; m.Principal != "h1:k1:0001" || m.Exchanges != 140 {
		t.Errorf("the member took %+v", m)
	}
}

func TestForget(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 20), keys(21, 30))
	p.pass()
	if n := p.d.Forget(func(key uint64) bool { return key == 3 || key > 20 }); n != 11 {
		t.Errorf("%d were forgotten, want 11", n)
	}
	p.consistent()
	if got := p.sizes(); !reflect.DeepEqual(got, []int{19}) || strings.Contains(string(p.d.Save()), "h1:k1:0003") {
		t.Errorf("left are %v", got)
	}
}

func TestDoneEarly(t *testing.T) {
	p := newPlay(t, 40)
	p.cluster(20, keys(1, 20))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	p.d.Correlate(detectors.NewCorrelation(ctx, detectortest.At(0), time.Hour, sketch.Key{}, func(*schemas.Finding) { t.Error("told") }), &Cohort{}, p.all)
	if len(p.sizes()) != 0 {
		t.Error("half of a result was taken")
	}
}

func TestPivotAndPauses(t *testing.T) {
	p := newPlay(t, 60)
	for i := range 40 {
		x := &p.all[i].Profile
		x.Traits[profile.Model] = profile.Trait{Value: 77, Share: 250}
		if i < 30 {
			x.Pivot = p.end() - 600 + uint32(i)
		}
		x.Days = [8]uint16{3, 0, 0, 5, 6}
	}
	p.cluster(20, keys(1, 30))
	var pivot, pauses float64
	for _, f := range p.pass()[0].Features {
		switch f.Name {
		case "model_pivot":
			pivot = f.Observed
			if f.Expected != 0.5 {
				t.Errorf("of all %v moved, want a half", f.Expected)
			}
		case "pauses":
			pauses = f.Observed
		}
	}
	if pivot != 1 || pauses != 2 {
		t.Errorf("share that moved %v, days of pause %v; want 1 and 2", pivot, pauses)
	}
}

// TestBounds lets more campaigns come than there is room for, and one that is too
// large.
func TestBounds(t *testing.T) {
	p := newPlay(t, maxMembers+400)
	for n := range 300 {
		p.cluster(20, keys(10*n+1, 10*n+10))
		p.pass()
	}
	if n := len(p.sizes()); n != maxCampaigns {
		t.Errorf("%d campaigns, want %d", n, maxCampaigns)
	}
	p.cluster(20, keys(1, maxMembers+300))
	found := p.pass()
	if got := p.sizes(); len(got) != 1 || got[0] != maxMembers {
		t.Errorf("sizes %v, want [%d]", got, maxMembers)
	}
	if len(found) != 1 || len(found[0].Campaign.Members) != maxMembers || found[0].Severity != schemas.SeverityCritical {
		t.Errorf("%d findings", len(found))
	}
	t.Logf("the memory takes %d bytes in a snapshot", len(p.d.Save()))
}

// TestHostile gives profiles and clusters that make no sense.
func TestHostile(t *testing.T) {
	p := newPlay(t, 40)
	for i := range p.all {
		x := &p.all[i].Profile
		v := []float32{float32(math.NaN()), float32(math.Inf(1)), -1, math.MaxFloat32}[i%4]
		x.Calls, x.Input, x.Output, x.Day, x.Now = v, v, v, v, v
		x.First, x.Last, x.Pivot = math.MaxUint32*uint32(i%2), math.MaxUint32, uint32(i)
		p.all[i].Name = strings.Repeat("\x00\x1b%s?", 200)
	}
	p.cluster(20, keys(1, 40))
	p.found[0].Likeness, p.found[0].Linked, p.found[0].Links, p.found[0].Features, p.found[0].Innocent = []float32{float32(math.NaN()), 7}, nil, nil, nil, ""
	p.found = append(p.found, correlate.Cluster{})
	for range 3 {
		for _, f := range p.pass() {
			if f.Campaign.Exchanges < 500 {
				t.Errorf("%d exchanges were told", f.Campaign.Exchanges)
			}
		}
	}
	if len(p.out) == 0 {
		t.Error("nothing was told")
	}
}
