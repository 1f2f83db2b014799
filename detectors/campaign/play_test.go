package campaign

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
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
