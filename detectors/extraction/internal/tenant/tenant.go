// Package tenant watches tenants whose keys share a harvest: each takes little, all
// together take much.
package tenant

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Limits are where the rule begins.
type Limits struct {
	// Keys is the least number of principals, Calls that of their calls in a day.
	Keys, Calls int
	// Score is the sum of evidence that is needed.
	Score float64
	// Repeat is for how long the rule is silent about the same tenant.
	Repeat time.Duration
	// Yield returns the logarithm of what a call gives, of its mean tokens.
	Yield func(input, output float64) float64
}

// Watch is the detector extraction.tenant.
type Watch struct {
	Limits     Limits
	Techniques []schemas.Technique
}

var _ detectors.Detector[State, Cohort] = (*Watch)(nil)

// State is what is kept of a tenant, some 800 bytes.
type State struct {
	open [2]day
	born uint32
	told uint32
	// usual is the most calls of a day before, fading.
	usual   uint32
	watched uint16
}

// buckets is how many groups of principals are counted by themselves.
const buckets = 64

// day has the figures of one open window.
type day struct {
	keys sketch.HLL64
	// shares has the calls of the principals by their hash.
	shares                   [buckets]uint16
	calls, metered           uint32
	messaged, single, cached uint32
	cacheable, hours         uint32
	input, output            float32
}

// Cohort counts the days of the watch.
type Cohort struct{ days uint32 }

// Spec implements detectors.Detector.
func (w *Watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "extraction.tenant", Entity: schemas.EntityTenant, Window: 24 * time.Hour,
		Wants: wants, MinEvents: 100, Share: 1, Techniques: w.Techniques,
	}
}

func wants(ev *schemas.Event) bool {
	return ev.Operation != "" && ev.Operation != "embeddings" && ev.Status < 300 && ev.Tenant != "" && detectors.Named(ev)
}

// Observe implements detectors.Detector.
func (w *Watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	d := &s.open[x.Slot]
	d.calls++
	d.hours |= 1 << (uint64(ev.Time-x.WindowStart) / uint64(time.Hour) % 24)
	key := x.Hash(detectors.Caller(ev))
	d.keys.Add(key)
	if n := &d.shares[sketch.Mix(key)%buckets]; *n < math.MaxUint16 {
		*n++
	}
	if ev.Has(schemas.HasMessages) || ev.Messages > 0 {
		d.messaged++
		if ev.Messages <= 2 {
			d.single++
		}
	}
	if ev.InputTokens > 0 && (ev.Has(schemas.HasOutputTokens) || ev.OutputTokens > 0) {
		d.metered++
		d.input += float32(min(ev.InputTokens, 1e9))
		d.output += float32(min(max(ev.OutputTokens-max(ev.ReasoningTokens, 0), 0), 1e9))
		if ev.Has(schemas.HasCachedTokens) {
			d.cacheable++
			if 4*ev.CachedTokens >= ev.InputTokens {
				d.cached++
			}
		}
	}
	if n := d.calls; n&(n-1) == 0 && int(n) >= w.Limits.Calls {
		w.judge(x, s, d)
	}
}

// Gather implements detectors.Detector.
func (w *Watch) Gather(*detectors.Context, *State, *Cohort) {}

// Merge implements detectors.Detector.
func (w *Watch) Merge(dst, src *Cohort) {}

// Conclude implements detectors.Detector.
func (w *Watch) Conclude(_ *detectors.Context, prev, c *Cohort) {
	c.days = min(prev.days+1, math.MaxUint16)
}

// Close implements detectors.Detector.
func (w *Watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	d := &s.open[x.Slot]
	if s.born == 0 {
		s.born = uint32(x.WindowStart / int64(x.Window))
	}
	s.watched = uint16(c.days)
	if d.calls > 0 {
		w.judge(x, s, d)
	}
	s.usual = max(s.usual-s.usual/8, d.calls)
	*d = day{}
	return s.usual > 20
}

// evenness returns how much the volumes of the keys vary: the square of their
// coefficient of variation, 0 of equal ones, about 3 and more of people's. If keys
// fall into buckets by chance, the variance of the buckets over the calls of a key is
// one more than it.
func (d *day) evenness(keys float64) float64 {
	mean := float64(d.calls) / buckets
	var squares float64
	for _, n := range d.shares {
		squares += (float64(n) - mean) * (float64(n) - mean)
	}
	return max(squares/float64(d.calls)*keys/float64(d.calls)-1, 0)
}

func (w *Watch) judge(x *detectors.Context, s *State, d *day) {
	keys := math.Round(d.keys.Count())
	if keys < float64(w.Limits.Keys) || int(d.calls) < w.Limits.Calls || d.metered < 100 {
		return
	}
	var e weigh.Sum
	w.volume(x, s, d, keys, &e)
	input, output := float64(d.input)/float64(d.metered), float64(d.output)/float64(d.metered)
	e.Add(weigh.Answers, min(max(w.Limits.Yield(input, output), -3), 3), schemas.Feature{
		Name: "long_answers", Observed: output, Expected: 250, Unit: "tokens out per call",
		Text: fmt.Sprintf("Answers have %s tokens on average, %s for each token of the prompt.", words.Number(math.Round(output)), words.Number(output/max(input, 1))),
	})
	even := d.evenness(keys)
	e.Add(weigh.Sharing, weigh.Ramp(even, 0.2, 1, 1.5, 0)-weigh.Ramp(even, 1, 2.5, 0, 1.5), schemas.Feature{
		Name: "equal_shares", Observed: math.Sqrt(even), Expected: 1.5, Unit: "deviation / mean",
		Text: fmt.Sprintf("The calls of a key vary by %s of their mean, where those of people and services vary by more than all of it.", words.Percent(min(max(math.Sqrt(even), 0.01), 0.99))),
	})
	w.turns(d, &e)
	hours := 0.
	for h := range 24 {
		hours += float64(d.hours >> h & 1)
	}
	e.Add(weigh.Timing, weigh.Ramp(hours, 20, 24, 0, 0.5), schemas.Feature{
		Name: "active_hours", Observed: hours, Expected: 14, Unit: "hours of 24",
		Text: fmt.Sprintf("It went on in %s of the day.", words.Count(hours, "hour")),
	})
	if e.Total < w.Limits.Score || e.Sides() < 3 || !e.Speaks(weigh.Sharing) || !e.Speaks(weigh.Answers) {
		return
	}
	today := uint32(x.WindowStart / int64(x.Window))
	if s.told > 0 && time.Duration(today-min(s.told, today))*x.Window < w.Limits.Repeat {
		return
	}
	s.told = today
	f := &schemas.Finding{
		Detector: "extraction.tenant", Severity: schemas.SeverityInfo, Confidence: e.Confidence(), Events: int64(d.calls),
		Title: fmt.Sprintf("Shared harvest: %s of one tenant collect answers, %s in a day", words.Count(keys, "key"), words.Count(float64(d.calls), "call")),
		Summary: fmt.Sprintf("About %s of one tenant made %s in a day; %s. Most likely innocent explanation: workers of one bulk job with a key each.",
			words.Count(keys, "key"), words.Count(float64(d.calls), "model call"), e.Strongest()),
		Features: e.Features(),
	}
	// Courses, agencies and rotated keys share work in a tenant far more often than
	// thieves do.
	if e.Sides() >= 4 {
		f.Severity = schemas.SeverityLow
	}
	x.Emit(f)
}

// volume judges the calls against the limit and the tenant's own days.
func (w *Watch) volume(x *detectors.Context, s *State, d *day, keys float64, e *weigh.Sum) {
	n := float64(d.calls)
	e.Add(weigh.Volume, min(0.5+0.3*math.Log(n/float64(w.Limits.Calls)), 1.2), schemas.Feature{
		Name: "calls", Observed: n, Expected: float64(w.Limits.Calls), Unit: "calls/d",
		Text: fmt.Sprintf("%s by %s in a day; fewer than %d are not looked at.", words.Count(n, "model call"), words.Count(keys, "key"), w.Limits.Calls),
	})
	today := uint32(x.WindowStart / int64(x.Window))
	age := uint32(0)
	if s.born > 0 {
		age = today - min(s.born, today)
	}
	switch {
	case s.usual > 0 && n <= 2*float64(s.usual):
		e.Add(weigh.Context, -2, schemas.Feature{
			Name: "as_before", Observed: n, Expected: float64(s.usual), Unit: "calls/d",
			Text: fmt.Sprintf("It was known to make up to %s a day.", words.Count(float64(s.usual), "call")),
		})
	case uint32(s.watched) > age+1:
		e.Add(weigh.History, 1, schemas.Feature{
			Name: "no_such_day", Observed: n, Expected: float64(s.usual), Unit: "calls/d",
			Text: fmt.Sprintf("On no day before the tenant made more than %s.", words.Count(max(float64(s.usual), 1), "call")),
		})
	}
}

// turns judges whether people talk.
func (w *Watch) turns(d *day, e *weigh.Sum) {
	switch {
	case d.messaged >= 100:
		single := float64(d.single) / float64(d.messaged)
		e.Add(weigh.Conversation, weigh.Ramp(single, 0.6, 0.95, -0.5, 0.5), schemas.Feature{
			Name: "single_turn", Observed: single, Expected: 0.6, Unit: "share",
			Text: words.Percent(single) + " of the conversations are a single turn.",
		})
	case d.cacheable >= 100:
		cached := float64(d.cached) / float64(d.cacheable)
		e.Add(weigh.Conversation, weigh.Ramp(cached, 0.05, 0.4, 0.45, -1), schemas.Feature{
			Name: "fresh_calls", Observed: cached, Expected: 0.3, Unit: "share",
			Text: words.Percent(1-cached) + " of the calls had no input that was cached, as going on with a conversation would have.",
		})
	}
}
