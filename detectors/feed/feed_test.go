package feed

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/schemas"
)

var begin = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// world feeds a Monitor minute by minute.
type world struct {
	t      *testing.T
	m      *Monitor
	now    time.Time
	offset int64
	r      *rand.Rand
	found  []schemas.Finding
}

func newWorld(t *testing.T) *world {
	t.Helper()
	m, err := New(DefaultConfig(), "events", true)
	require.NoError(t, err)
	return &world{t: t, m: m, now: begin, r: rand.New(rand.NewPCG(7, 7))}
}

// minute sends n events of each of the formats, changed by change.
func (w *world) minute(n int, formats []string, change func(i int, e *schemas.Event)) {
	w.now = w.now.Add(time.Minute)
	p := &schemas.Part{Range: schemas.Range{Topic: "logs", First: w.offset}}
	for i := range n {
		for _, f := range formats {
			e := schemas.Event{Format: f, Time: w.now.Add(time.Duration(i) * time.Minute / time.Duration(n)).UnixNano(),
				Position: schemas.Position{Topic: "logs", Offset: w.offset}, Status: 200, Known: schemas.HasStatus | schemas.HasLatency,
				Principal: "h1:k1:x", ClientAddr: netip.MustParseAddr("192.0.2.1"), Method: "POST", Path: "/v1/chat/completions"}
			if w.r.IntN(2) == 0 {
				e.UserAgent = "curl/8"
			}
			if change != nil {
				change(i, &e)
			}
			p.Events = append(p.Events, e)
			w.offset++
		}
	}
	w.send(p)
}

func (w *world) send(p *schemas.Part) {
	p.Range.Next = w.offset
	w.found = append(w.found, w.m.Observe(&schemas.Batch{Parts: []*schemas.Part{p}}, fromStart, w.now)...)
	w.found = append(w.found, w.m.Idle(w.now)...)
}

func fromStart(string, int32) int64 { return 0 }

func (w *world) rejects(n int, format, reason string) {
	p := &schemas.Part{Range: schemas.Range{Topic: "logs", First: w.offset}}
	for range n {
		p.Rejects = append(p.Rejects, schemas.Reject{Position: schemas.Position{Topic: "logs", Offset: w.offset}, Stage: "decode", Reason: reason, Format: format})
		w.offset++
	}
	w.send(p)
}

// expect holds that exactly the detectors were found, about the source.
func (w *world) expect(source string, detectors ...string) {
	w.t.Helper()
	w.found = append(w.found, w.m.Flush()...)
	var got []string
	for _, f := range w.found {
		got = append(got, f.Detector)
		require.Equal(w.t, schemas.Entity{Kind: schemas.EntitySource, Name: source}, f.Entity)
		require.Equal(w.t, schemas.FindingID(f.Detector, f.Entity, f.WindowStart), f.ID)
		require.NotEmpty(w.t, f.Features)
		require.NotEmpty(w.t, f.Query)
		require.False(w.t, f.WindowEnd.Before(f.WindowStart))
		require.NotContains(w.t, f.Title+f.Summary, "%!")
		require.Less(w.t, len(f.Title), 160)
	}
	require.Equal(w.t, detectors, got)
}

var both = []string{"kong", "nginx"}

func TestAUsualDayIsQuiet(t *testing.T) {
	w := newWorld(t)
	for i := range 24 * 60 {
		n := 40
		if h := i / 60; h > 16 || h < 4 {
			n = 2 // the night
		}
		w.minute(n, both, func(i int, e *schemas.Event) {
			if w.r.IntN(20) == 0 {
				e.Status, e.Principal, e.UserAgent = 401, "", ""
			}
		})
		if n == 40 && w.r.IntN(3) == 0 {
			w.rejects(1, "", "invalid_json") // under 1 %
		}
	}
	w.expect("")
}

func TestPoisonedFormat(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		w.minute(100, both, nil)
		if i >= 10 {
			w.rejects(4, "nginx", "no_time") // 4 % of nginx, 2 % of the topic
		}
	}
	w.expect("logs/nginx", "feed.rejects", "feed.rejects")
	f := w.found[0]
	require.Contains(t, f.Summary, "no_time")
	require.InDelta(t, 0.038, f.Features[0].Observed, 0.01)
	require.Equal(t, schemas.SeverityMedium, f.Severity)
}

// TestRejectsWithoutAFormat holds what no format knows against all the topic.
func TestRejectsWithoutAFormat(t *testing.T) {
	w := newWorld(t)
	for range 6 {
		w.minute(100, both, nil)
		w.rejects(300, "", "unknown_format")
	}
	w.expect("logs", "feed.rejects", "feed.rejects")
	require.Equal(t, schemas.SeverityHigh, w.found[0].Severity)
	require.InDelta(t, 0.6, w.found[0].Features[0].Observed, 0.06)

	only := newWorld(t)
	only.rejects(50, "", "invalid_json")
	only.expect("logs", "feed.rejects")
	require.Equal(t, begin.Truncate(5*time.Minute), only.found[0].WindowStart, "a feed of nothing but rejects has the time of its arrival")
}

func TestSilentSource(t *testing.T) {
	w := newWorld(t)
	for range 90 {
		w.minute(50, both, nil)
	}
	for range 9 {
		w.minute(50, both[:1], nil) // nginx has stopped
	}
	require.Empty(t, w.found, "not before ten minutes")
	for range 60 {
		w.minute(50, both[:1], nil)
	}
	w.expect("logs/nginx", "feed.silence")
	require.Contains(t, w.found[0].Title, "silent for 11m")

	w.found = nil
	w.minute(50, both, nil)
	for range 30 {
		w.minute(50, both[:1], nil)
	}
	require.Empty(t, w.found, "its longest pause was over an hour now")
}

// TestSilenceOfAll is told by the clock alone.
func TestSilenceOfAll(t *testing.T) {
	w := newWorld(t)
	for range 90 {
		w.minute(50, both[:1], nil)
	}
	for range 200 {
		w.now = w.now.Add(5 * time.Second)
		w.found = append(w.found, w.m.Idle(w.now)...)
	}
	w.expect("logs/kong", "feed.silence")
}

// TestOurOwnPauseIsNoSilence: while the store is away for long, nothing is read.
func TestOurOwnPauseIsNoSilence(t *testing.T) {
	w := newWorld(t)
	for range 90 {
		w.minute(50, both, nil)
	}
	w.now = w.now.Add(3 * time.Hour)
	w.minute(50, both[:1], nil)
	w.minute(50, both, nil)
	for _, f := range w.found {
		t.Errorf("%s: %s", f.Detector, f.Title)
	}
}

func TestAReplayIsNeverSilent(t *testing.T) {
	w := newWorld(t)
	m, err := New(DefaultConfig(), "events", false)
	require.NoError(t, err)
	w.m = m
	for range 90 {
		w.minute(50, both, nil)
	}
	for range 90 {
		w.minute(50, both[:1], nil)
	}
	w.expect("")
}

func TestTimesJumpBack(t *testing.T) {
	w := newWorld(t)
	for range 20 {
		w.minute(100, both[:1], nil)
	}
	for range 20 {
		w.minute(100, both[:1], func(_ int, e *schemas.Event) { e.Time -= int64(2 * time.Hour) })
	}
	w.expect("logs/kong", "feed.time")
	require.Contains(t, w.found[0].Title, "back by 2h")
	require.Contains(t, w.found[0].Summary, "time zone")
}

func TestChangedSchema(t *testing.T) {
	w := newWorld(t)
	for range 30 {
		w.minute(60, both[:1], nil)
	}
	for range 30 {
		w.minute(60, both[:1], func(_ int, e *schemas.Event) {
			e.Principal, e.Model = "", "gpt-4o"
		})
	}
	w.expect("logs/kong", "feed.schema")
	require.Contains(t, w.found[0].Title, "lost principal and gained model")
	require.Equal(t, schemas.SeverityMedium, w.found[0].Severity)
}

// TestAnAttackIsNoChange: refused requests have no principal and no model.
func TestAnAttackIsNoChange(t *testing.T) {
	w := newWorld(t)
	for i := range 60 {
		w.minute(40, both[:1], nil)
		if i > 30 {
			w.minute(400, both[:1], func(_ int, e *schemas.Event) { e.Status, e.Principal, e.Path = 401, "", "" })
		}
	}
	w.expect("")
}

// TestSnapshot goes on in another monitor, with the same findings.
func TestSnapshot(t *testing.T) {
	run := func(restart bool) []string {
		w := newWorld(t)
		for i := range 200 {
			if restart && i%17 == 5 {
				state, err := w.m.Snapshot()
				require.NoError(t, err)
				w.m, err = New(DefaultConfig(), "events", true)
				require.NoError(t, err)
				require.NoError(t, w.m.Restore(state))
			}
			w.minute(40, both, func(_ int, e *schemas.Event) {
				if i > 100 && e.Format == "nginx" {
					e.Principal = ""
				}
			})
			if i > 150 {
				w.rejects(3, "kong", "no_time")
			}
		}
		w.found = append(w.found, w.m.Flush()...)
		var ids []string
		for _, f := range w.found {
			ids = append(ids, f.ID+f.Title)
		}
		return ids
	}
	want := run(false)
	require.Greater(t, len(want), 5)
	require.Equal(t, want, run(true))

	m, err := New(DefaultConfig(), "events", true)
	require.NoError(t, err)
	for _, broken := range []string{"", "x", strings.Repeat("\xff", 100)} {
		require.Error(t, m.Restore([]byte(broken)))
	}
}

// TestOldEventsAreNotCountedAgain after a restart that shows them again.
func TestOldEventsAreNotCountedAgain(t *testing.T) {
	w := newWorld(t)
	p := &schemas.Part{Range: schemas.Range{Topic: "logs", Next: 200}}
	for o := range int64(200) {
		p.Rejects = append(p.Rejects, schemas.Reject{Position: schemas.Position{Topic: "logs", Offset: o}})
	}
	w.m.Observe(&schemas.Batch{Parts: []*schemas.Part{p}}, func(string, int32) int64 { return 195 }, w.now)
	require.Empty(t, w.m.Flush(), "five are not enough")
}

func TestSourcesAreBounded(t *testing.T) {
	w := newWorld(t)
	for i := range maxSources + 500 {
		p := &schemas.Part{Range: schemas.Range{Topic: fmt.Sprint("topic-", i)}, Events: []schemas.Event{{Format: "kong", Time: w.now.UnixNano()}}}
		w.m.Observe(&schemas.Batch{Parts: []*schemas.Part{p}}, fromStart, w.now)
	}
	require.Len(t, w.m.sources, maxSources)
}

func TestValidate(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"window":       func(c *Config) { c.Window = time.Second },
		"reject_share": func(c *Config) { c.RejectShare = 0 },
		"silence":      func(c *Config) { c.Silence = 0 },
		"jump":         func(c *Config) { c.Jump = 48 * time.Hour },
	} {
		c := DefaultConfig()
		change(&c)
		_, err := New(c, "events", true)
		require.ErrorContains(t, err, want)
	}
}

func BenchmarkObserve(b *testing.B) {
	m, err := New(DefaultConfig(), "events", true)
	if err != nil {
		b.Fatal(err)
	}
	p := &schemas.Part{Events: make([]schemas.Event, 1000)}
	batch := &schemas.Batch{Parts: []*schemas.Part{p}}
	for i := range p.Events {
		p.Events[i] = schemas.Event{Format: "kong", Time: begin.UnixNano(), Status: 200, Principal: "x", Position: schemas.Position{Offset: int64(i)}}
	}
	b.ReportAllocs()
	for b.Loop() {
		m.Observe(batch, fromStart, begin)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/event")
}
