package app_test

import (
	"cmp"
	"fmt"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/simulate"
	"github.com/gatehound/gatehound/cmd/internal/simulate/world"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

const topic = "gateway-logs"

// corpus is traffic in one partition, and what detects it.
type corpus struct {
	keys   *redact.Keys
	cfg    *app.Config
	events []schemas.Event
}

// start is when the quiet part of a corpus ends.
var start = time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)

// attacked is half a day of quiet, then every attack that the simulator knows,
// one after another and each at no more than six requests a second.
func attacked(t *testing.T) *corpus {
	t.Helper()
	fleet := simulate.Config{
		Seed: 7, Start: start, Backlog: 12 * time.Hour, Live: 2 * time.Hour,
		Rate: 0.1, Clients: 60, Services: world.Services, Kinds: world.Kinds(),
	}
	attacks := append(simulate.AttackKinds(), world.Attacks()...)
	for i, k := range attacks {
		does := cmp.Or(simulate.BehaviourOf(k), fleet.Kinds[k])
		fleet.Plants = append(fleet.Plants, simulate.Plant{
			Kind: k, After: fleet.Live * time.Duration(i) / time.Duration(len(attacks)), For: 3 * time.Minute,
			Intensity: min(1, 6/max(does.Rate, 1)),
		})
	}
	c := newCorpus(t, fleet)
	c.add(faulty())
	return c
}

// faulty is two hours of a route that fails for ten minutes, and later falls
// silent for as long.
func faulty() (events []schemas.Event) {
	for at := start; at.Before(start.Add(2 * time.Hour)); at = at.Add(time.Second) {
		ev := steady(at)
		switch after := at.Sub(start); {
		case after > 70*time.Minute && after < 80*time.Minute:
			ev.Status = 503
		case after > 100*time.Minute && after < 110*time.Minute:
			continue
		}
		ev.UpstreamStatus = ev.Status
		events = append(events, ev)
	}
	return events
}

// steady is a request of one of 31 callers of a route of its own.
func steady(at time.Time) schemas.Event {
	return schemas.Event{
		Time: at.UnixNano(), Method: "GET", Route: "/v1/steady", Host: steadyHost, Format: "kong", Known: schemas.HasStatus,
		Status: 200, UpstreamStatus: 200, Responder: schemas.ResponderUpstream,
		Principal: fmt.Sprintf("steady-%d", at.Unix()%31), RequestID: fmt.Sprintf("steady-%d", at.Unix()),
	}
}

// newCorpus is what ingest makes of a fleet's records.
func newCorpus(t *testing.T, fleet simulate.Config) *corpus {
	t.Helper()
	cfg := app.DefaultConfig()
	cfg.Engine.Budget = 0 // the processor's time is never the same twice
	cfg.Rules.Starter = true
	require.NoError(t, world.Write(t.TempDir(), &cfg.Enrich))
	keys, err := redact.NewKeys("k1", redact.Key{ID: "k1", Secret: make([]byte, 32)})
	require.NoError(t, err)
	in, err := app.OpenIngest(cfg, keys, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	normalizer, err := in.Normalizer()
	require.NoError(t, err)
	f, err := simulate.New(fleet)
	require.NoError(t, err)
	c := &corpus{keys: keys, cfg: cfg}
	chunk := ingest.Chunk{Topic: topic}
	for {
		r, more := f.Next()
		if more {
			chunk.Slab = r.AppendTo(chunk.Slab)
			chunk.Ends = append(chunk.Ends, len(chunk.Slab))
			chunk.Offsets = append(chunk.Offsets, chunk.Next)
			chunk.Next++
		}
		if !more || len(chunk.Ends) == 5000 {
			c.events = append(c.events, normalizer.Normalize(&chunk).Events...)
			chunk = ingest.Chunk{Topic: topic, First: chunk.Next, Next: chunk.Next}
		}
		if !more {
			return c
		}
	}
}

// add puts further events between the others, by their time.
func (c *corpus) add(events []schemas.Event) {
	c.events = append(c.events, events...)
	slices.SortStableFunc(c.events, func(a, b schemas.Event) int { return cmp.Compare(a.Time, b.Time) })
	for i := range c.events {
		c.events[i].Position = schemas.Position{Topic: topic, Offset: int64(i)}
	}
}

// open makes detection with everything on, but for what set changes.
func (c *corpus) open(t *testing.T, set func(*app.Config)) *app.Detection {
	t.Helper()
	cfg := *c.cfg
	if set != nil {
		set(&cfg)
	}
	d, err := app.OpenDetection(&cfg, c.keys, false, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	t.Cleanup(d.Close)
	return d
}

// part is what a partition has from one offset to another.
func part(number int32, events []schemas.Event) *schemas.Part {
	p := &schemas.Part{Events: events, Range: schemas.Range{Topic: topic, Partition: number}}
	if n := len(events); n > 0 {
		p.Range.First, p.Range.Next = events[0].Position.Offset, events[n-1].Position.Offset+1
	}
	return p
}

// found are findings by detector, entity and window. Those of feed are not: it
// goes by the clock, since sources fail that way.
type found map[string]schemas.Finding

// keep adds findings; one that was found again has to be the same, unless it has
// become more severe.
func (f found) keep(t *testing.T, findings []schemas.Finding) {
	t.Helper()
	for _, one := range findings {
		if family(one.Detector) == "feed" {
			continue
		}
		key := fmt.Sprint(one.ID, " ", one.Severity)
		if before, ok := f[key]; ok {
			require.Equal(t, before, one)
		}
		f[key] = one
	}
}
