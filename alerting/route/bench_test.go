package route

import (
	"fmt"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// busy is a configuration of 50 routes, of which the last takes the alert, and 100
// silences, of which none covers it: nothing can be left out.
func busy(b testing.TB) (*Tree, []schemas.Silence) {
	c := Config{MuteTimes: []MuteTime{nights, office, {Name: "berlin", Times: []string{"22:00-06:00"}, Zone: "Europe/Berlin"}}}
	for i := range 49 {
		r := Route{Name: fmt.Sprint("route", i), Sinks: []string{"chat", "pager"}}
		switch i % 4 {
		case 0:
			r.Matchers = []string{"severity>=high", fmt.Sprintf("tenant=tenant%d", i)}
		case 1:
			r.Matchers = []string{fmt.Sprintf("detector=family%d.*", i)}
		case 2:
			r.Matchers = []string{fmt.Sprintf(`detector=~"(rate|spend)\.rule%d"`, i)}
		default:
			r.Matchers, r.During = []string{fmt.Sprintf("tenant!=tenant%d", i)}, []string{"berlin"}
		}
		c.Routes = append(c.Routes, r)
	}
	c.Routes = append(c.Routes, Route{Name: "rest", Sinks: []string{"chat", "siem"}, Mute: []string{"nights"}})
	var silences []schemas.Silence
	for i := range 100 {
		s := covering(fmt.Sprint("silence", i), fmt.Sprintf("detector=family%d.*", i), "severity<=high")
		if i%4 == 0 {
			s.Matchers[0] = fmt.Sprintf(`detector=~"(rate|spend)\.rule%d"`, i)
		}
		silences = append(silences, s)
	}
	return mustNew(b, c), silences
}

func BenchmarkDecide(b *testing.B) {
	tree, silences := busy(b)
	read, err := ReadSilences(silences)
	if err != nil {
		b.Fatal(err)
	}
	a := stuffed()
	for name, w := range map[string]World{
		"routes=50/silences=100":          {Now: friday.Add(time.Minute), Quiet: read},
		"routes=50/silences=0":            {Now: friday.Add(time.Minute)},
		"routes=50/silences=100,not_read": {Now: friday.Add(time.Minute), Silences: silences},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if d := tree.Decide(a, w); d.Muted != "" || len(d.Targets) != 2 {
					b.Fatalf("%+v", d)
				}
			}
		})
	}
	b.Run("routes=0", func(b *testing.B) {
		tree := mustNew(b, Config{})
		b.ReportAllocs()
		for b.Loop() {
			tree.Decide(a, World{Now: friday})
		}
	})
}

// BenchmarkInhibition is with 1,000 open alerts.
func BenchmarkInhibition(b *testing.B) {
	tree := mustNew(b, Config{Inhibit: []Inhibition{{Source: []string{"detector=campaign", "severity>=critical"}, Target: []string{"severity<=high"}, Equal: []string{"tenant"}}}})
	var open []*schemas.Alert
	for range 1000 {
		a := stuffed()
		a.ID = "other"
		open = append(open, a)
	}
	a, w := stuffed(), World{Now: friday, Open: list2(open...)}
	b.ReportAllocs()
	for b.Loop() {
		if d := tree.Decide(a, w); d.Muted != "" {
			b.Fatalf("%+v", d)
		}
	}
}

// TestDecideIsCheap holds the allocations, which do not depend on the machine, to
// what they are: a line for each route, and little else.
func TestDecideIsCheap(t *testing.T) {
	tree, silences := busy(t)
	read, err := ReadSilences(silences)
	if err != nil {
		t.Fatal(err)
	}
	a, w := stuffed(), World{Now: friday.Add(time.Minute), Quiet: read}
	if n := testing.AllocsPerRun(100, func() { tree.Decide(a, w) }); n > 150 {
		t.Errorf("%v allocations", n)
	}
	without := testing.AllocsPerRun(100, func() { tree.Decide(a, World{Now: w.Now}) })
	// Under the race detector pools lose what expressions run in: one a silence.
	if with := testing.AllocsPerRun(100, func() { tree.Decide(a, w) }); with > without+25 {
		t.Errorf("silences allocate: %v instead of %v", with, without)
	}
}
