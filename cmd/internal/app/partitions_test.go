package app_test

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
	"github.com/gatehound/gatehound/schemas"
)

const steadyHost = "steady.example.com"

// innocents is a fleet that nobody attacks, and callers who keep their pace: a
// job every five minutes for a day, and a busy route for some hours.
func innocents(t *testing.T) *corpus {
	t.Helper()
	c := newCorpus(t, simulate.Config{
		Seed: 3, Start: start, Backlog: 26 * time.Hour, Live: 3 * time.Hour,
		Rate: 0.15, Clients: 30, Services: world.Services,
	})
	c.cfg.Rules.Starter = false // they tell of what is no fault, too
	var events []schemas.Event
	for at := start.Add(-26 * time.Hour); at.Before(start.Add(3 * time.Hour)); at = at.Add(time.Second) {
		ev := steady(at)
		switch {
		case at.Unix()%300 == 0:
			ev.Principal, ev.Route, ev.Host = "job", "/v1/jobs", "jobs.example.com"
		case at.Before(start.Add(-2 * time.Hour)):
			continue
		}
		events = append(events, ev)
	}
	c.add(events)
	return c
}

// arrive shows the events of two partitions to detection in the order in which
// they come, some seconds at a time; those of a partition keep their order.
func (c *corpus) arrive(t *testing.T, of func(*schemas.Event) int32, when func(number int32, at time.Time) time.Time) found {
	t.Helper()
	type arrival struct {
		at int64
		ev schemas.Event
	}
	var line []arrival
	var next [2]int64
	for _, ev := range c.events {
		p := of(&ev)
		ev.Position = schemas.Position{Topic: topic, Partition: p, Offset: next[p]}
		next[p]++
		line = append(line, arrival{when(p, time.Unix(0, ev.Time)).UnixNano(), ev})
	}
	slices.SortStableFunc(line, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	d, out := c.open(t, nil), found{}
	for len(line) > 0 {
		var events [2][]schemas.Event
		n := 0
		for ; n < len(line) && line[n].at < line[0].at+int64(5*time.Second); n++ {
			p := line[n].ev.Position.Partition
			events[p] = append(events[p], line[n].ev)
		}
		line = line[n:]
		b := &schemas.Batch{Parts: []*schemas.Part{part(0, events[0]), part(1, events[1])}}
		b.Parts = slices.DeleteFunc(b.Parts, func(p *schemas.Part) bool { return len(p.Events) == 0 })
		findings, err := d.Observe(b, d.Next)
		require.NoError(t, err)
		out.keep(t, findings)
	}
	out.keep(t, d.Flush())
	return out
}

// TestPartitionThatComesBackMakesNoNoise: while one of two partitions stops for
// twenty minutes and then brings all that it held back, or is always some minutes
// late, nobody is said to be silent or to be loud. If all of a route is in the
// partition that stops, the route is silent, and that alone is told.
func TestPartitionThatComesBackMakesNoNoise(t *testing.T) {
	c := innocents(t)
	stop := start.Add(time.Hour)
	back := stop.Add(20 * time.Minute)
	stops := func(number int32, at time.Time) time.Time {
		if number == 1 && at.After(stop) && at.Before(back) {
			return back
		}
		return at
	}
	late := func(number int32, at time.Time) time.Time { return at.Add(time.Duration(number) * 5 * time.Minute) }
	byCaller := func(ev *schemas.Event) int32 { return int32(fold(ev.Principal+ev.Client.String()) & 1) }
	inTurn := func(ev *schemas.Event) int32 { return int32(ev.Position.Offset & 1) }
	byHost := func(ev *schemas.Event) int32 {
		if ev.Host == steadyHost {
			return 1
		}
		return 0
	}
	for _, tc := range []struct {
		name string
		of   func(*schemas.Event) int32
		when func(int32, time.Time) time.Time
		want []string
	}{
		{"stops, half of the callers", byCaller, stops, nil},
		{"stops, half of the records", inTurn, stops, nil},
		{"stops, a route", byHost, stops, []string{"silence.route"}},
		{"is late, half of the callers", byCaller, late, nil},
		{"is late, a route", byHost, late, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var told []string
			for _, f := range c.arrive(t, tc.of, tc.when) {
				told = append(told, f.Detector)
			}
			assert.Equal(t, tc.want, told)
		})
	}
}

// fold is a hash that is the same in every run.
func fold(s string) (h uint32) {
	for _, b := range []byte(s) {
		h = h*31 + uint32(b)
	}
	return h ^ h>>7
}
