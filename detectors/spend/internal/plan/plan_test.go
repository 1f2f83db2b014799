package plan

import (
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
)

func TestPeriodOf(t *testing.T) {
	at := time.Date(2026, time.March, 1, 13, 0, 0, 0, time.UTC).UnixNano() // a Sunday
	for kind, want := range [Periods]string{"1 Mar to 2 Mar", "23 Feb to 2 Mar", "1 Mar to 1 Apr"} {
		number, begin, end := PeriodOf(kind, at)
		got := time.Unix(0, begin).UTC().Format("2 Jan") + " to " + time.Unix(0, end).UTC().Format("2 Jan")
		if got != want || int64(number) != begin/3600e9 {
			t.Errorf("%s: %s, number %d, want %s", PeriodNames[kind], got, number, want)
		}
	}
}

// TestOf finds budgets by name, by alias, and those of all, under either key.
func TestOf(t *testing.T) {
	b := New()
	own, all := &Plan{Amount: 1}, &Plan{Amount: 2}
	b.Add("somebody", USD, Day, own)
	b.Add("*", USD, Day, all)
	b.Add("*", Tokens, Month, all)
	b.Inherit()
	for _, key := range []sketch.Key{sketch.NewKey([16]byte{1}), sketch.NewKey([16]byte{2})} {
		x := &detectors.Context{Key: key}
		x.Entity.ID = key.String("somebody")
		if p := b.Of(x, 0); p[USD][Day] != own || p[Tokens][Month] != all || p[USD][Week] != nil {
			t.Errorf("somebody has %v", p)
		}
		x.Entity.ID = key.String("other")
		if p := b.Of(x, 0); p[USD][Day] != all {
			t.Errorf("another has %v", p)
		}
		if p := b.Of(x, key.String("somebody")); p[USD][Day] != own {
			t.Errorf("an alias has %v", p)
		}
	}
}
