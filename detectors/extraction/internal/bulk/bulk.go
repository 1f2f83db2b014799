// Package bulk watches what is asked of models in bulk besides answers: embeddings of
// short texts, and batches. Logs show little of either, so its findings are of low
// severity unless several signs agree.
package bulk

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Limits are where the rules begin.
type Limits struct {
	// Embeddings and Batches are the least calls and uploads in a day.
	Embeddings, Batches int
	// Repeat is for how long a rule is silent about the same principal.
	Repeat time.Duration
}

// Watch is the detector extraction.bulk.
type Watch struct {
	Limits     Limits
	Techniques []schemas.Technique
}

var _ detectors.Detector[State, Cohort] = (*Watch)(nil)

// State is what is kept of a principal.
type State struct {
	open [2]day
	// born is the first day, told the day in which each rule spoke, since the epoch.
	born uint32
	told [2]uint32
	// embedded and uploaded are the most of a day before.
	embedded, uploaded uint32
	watched            uint16
}

// day has the figures of one open window.
type day struct {
	embeddings, batches, files, large uint32
	// sized is how many embeddings stated their tokens, mean and m2 are the moments
	// of those, in logarithms.
	sized    uint32
	mean, m2 float32
	tokens   float32
	bytes    float32
	inputs   sketch.HLL64
	prompted uint32
	hours    uint32
}

// Cohort counts the days of the watch.
type Cohort struct{ days uint32 }

// Spec implements detectors.Detector.
func (w *Watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "extraction.bulk", Entity: schemas.EntityPrincipal, Window: 24 * time.Hour,
		Wants: wants, MinEvents: 5, Share: 1, Techniques: w.Techniques,
	}
}

func wants(ev *schemas.Event) bool {
	// Nearly all requests ask for answers.
	switch ev.Operation {
	case "embeddings":
	case "":
		if ev.Method != "POST" || kindOf(ev) == neither {
			return false
		}
	default:
		return false
	}
	return ev.Status < 300 && detectors.Named(ev)
}

type kind uint8

const (
	neither kind = iota
	batch
	file
)

// kindOf tells what a request other than an embedding submits, by the path's last
// segment: OpenAI's and what is like it, Anthropic's, Bedrock's and Vertex's.
func kindOf(ev *schemas.Event) kind {
	route := ev.Route
	if route == "" || route[0] != '/' {
		route = ev.Path
	}
	switch route[strings.LastIndexByte(route, '/')+1:] {
	case "batches", "batch", "model-invocation-job", "batchPredictionJobs":
		return batch
	case "files", "uploads":
		return file
	}
	return neither
}

// large is how many bytes the file of a batch of thousands of prompts has at least:
// 5,000 lines of 400 bytes.
const large = 2_000_000

// Observe implements detectors.Detector.
func (w *Watch) Observe(x *detectors.Context, s *State, ev *schemas.Event) {
	d := &s.open[x.Slot]
	d.hours |= 1 << (uint64(ev.Time-x.WindowStart) / uint64(time.Hour) % 24)
	if ev.Operation == "embeddings" {
		d.embed(ev)
		if n := d.embeddings; n%4096 == 0 && int(n) >= w.Limits.Embeddings {
			w.embeddings(x, s, d)
		}
		return
	}
	switch kindOf(ev) {
	case batch:
		d.batches++
	case file:
		d.files++
		if ev.RequestBytes >= large {
			d.large++
			d.bytes += float32(min(ev.RequestBytes, 1<<40))
		}
	}
	if n := max(d.large, d.batches); n&(n-1) == 0 && int(n) >= w.Limits.Batches {
		w.batches(x, s, d)
	}
}

// embed counts one embedding.
func (d *day) embed(ev *schemas.Event) {
	d.embeddings++
	if ev.PromptFingerprint != 0 {
		d.prompted++
		d.inputs.Add(sketch.Mix(ev.PromptFingerprint))
	}
	if ev.InputTokens <= 0 {
		return
	}
	d.sized++
	input := min(ev.InputTokens, 1e9)
	d.tokens += float32(input)
	size := float32(math.Log(float64(input)))
	off := size - d.mean
	d.mean += off / float32(d.sized)
	d.m2 += off * (size - d.mean)
}

// Gather implements detectors.Detector.
func (w *Watch) Gather(*detectors.Context, *State, *Cohort) {}

// Merge implements detectors.Detector.
func (w *Watch) Merge(dst, src *Cohort) {}

// Conclude implements detectors.Detector.
func (w *Watch) Conclude(_ *detectors.Context, prev, c *Cohort) {
	c.days = min(prev.days+1, math.MaxUint16)
}

// Close implements detectors.Detector. What a principal did is known for a month.
func (w *Watch) Close(x *detectors.Context, s *State, c *Cohort) bool {
	d := &s.open[x.Slot]
	today := uint32(x.WindowStart / int64(x.Window))
	if s.born == 0 {
		s.born = today
	}
	s.watched = uint16(c.days)
	if d.hours != 0 {
		w.embeddings(x, s, d)
		w.batches(x, s, d)
	}
	s.embedded = max(s.embedded-s.embedded/8, d.embeddings)
	s.uploaded = max(s.uploaded-s.uploaded/8, d.large, d.batches)
	*d = day{}
	return s.embedded+s.uploaded > 0
}

// age judges how long the principal is known, and whether it did as much before.
func (w *Watch) age(x *detectors.Context, s *State, e *weigh.Sum, n, before uint32) {
	today := uint32(x.WindowStart / int64(x.Window))
	age := uint32(0)
	if s.born > 0 {
		age = today - min(s.born, today)
	}
	switch {
	case float64(n) <= 2*float64(before):
		e.Add(weigh.Context, -2.5, schemas.Feature{
			Name: "as_before", Observed: float64(n), Expected: float64(before), Unit: "calls/d",
			Text: fmt.Sprintf("Up to %s a day were there before.", words.Number(float64(before))),
		})
	case uint32(s.watched) > age+1:
		e.Add(weigh.History, 1.2, schemas.Feature{
			Name: "no_such_day", Observed: float64(n), Expected: float64(before), Unit: "calls/d",
			Text: fmt.Sprintf("On no day before this principal made more than %s.", words.Count(max(float64(before), 1), "such call")),
		})
	}
}

// say emits a finding, unless the rule has spoken of the principal lately.
func (w *Watch) say(x *detectors.Context, s *State, rule int, f *schemas.Finding) {
	today := uint32(x.WindowStart / int64(x.Window))
	if told := s.told[rule]; told > 0 && time.Duration(today-min(told, today))*x.Window < w.Limits.Repeat {
		return
	}
	s.told[rule] = today
	x.Emit(f)
}
