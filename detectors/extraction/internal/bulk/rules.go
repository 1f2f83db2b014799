package bulk

import (
	"fmt"
	"math"
	"math/bits"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// The sums that findings need.
const (
	embeddingScore = 3.5
	batchScore     = 3
)

// embeddings reports that an embedding model is copied: by hundreds of thousands of
// short texts, one by one, that are all different. Who indexes documents sends long
// ones, and as many as fit into a call; who searches sends the same ones again.
func (w *Watch) embeddings(x *detectors.Context, s *State, d *day) {
	if int(d.embeddings) < w.Limits.Embeddings {
		return
	}
	n := float64(d.embeddings)
	var e weigh.Sum
	e.Add(weigh.Volume, min(0.5+0.4*math.Log(n/float64(w.Limits.Embeddings)), 1.5), schemas.Feature{
		Name: "calls", Observed: n, Expected: float64(w.Limits.Embeddings), Unit: "calls/d",
		Text: fmt.Sprintf("%s in a day; up to %s are not looked at.", words.Count(n, "embedding call"), words.Number(float64(w.Limits.Embeddings))),
	})
	w.age(x, s, &e, d.embeddings, s.embedded)
	if d.sized >= 100 {
		mean := float64(d.tokens) / float64(d.sized)
		e.Add(weigh.Prompts, weigh.Ramp(math.Log(max(mean, 1)), math.Log(40), math.Log(150), 1.5, -2), schemas.Feature{
			Name: "input_length", Observed: mean, Expected: 150, Unit: "tokens",
			Text: fmt.Sprintf("An input has %s on average, where pieces of documents have hundreds.", words.Count(math.Round(mean), "token")),
		})
		spread := math.Sqrt(float64(max(d.m2, 0)) / float64(d.sized))
		e.Add(weigh.Answers, weigh.Ramp(spread, 0.02, 0.2, -2, 0)+weigh.Ramp(spread, 0.2, 0.3, 0, 0.5)-weigh.Ramp(spread, 0.5, 0.7, 0, 0.5), schemas.Feature{
			Name: "input_variation", Observed: spread, Expected: 0.6, Unit: "deviation of the logarithm",
			Text: fmt.Sprintf("The length of the inputs varies by %s, less than that of what people search for.", words.Percent(min(spread, 0.99))),
		})
	}
	if d.prompted >= 100 {
		distinct := min(d.inputs.Count()/float64(d.prompted), 1)
		e.Add(weigh.Conversation, weigh.Ramp(distinct, 0.5, 0.9, -3, 1), schemas.Feature{
			Name: "distinct_inputs", Observed: distinct, Expected: 0.7, Unit: "share",
			Text: words.Percent(distinct) + " of the inputs differ from one another, where searches come again.",
		})
	}
	hours := float64(bits.OnesCount32(d.hours))
	e.Add(weigh.Timing, weigh.Ramp(hours, 18, 24, 0, 0.6), schemas.Feature{
		Name: "active_hours", Observed: hours, Expected: 14, Unit: "hours of 24",
		Text: fmt.Sprintf("It went on in %s of the day.", words.Count(hours, "hour")),
	})
	if e.Total < embeddingScore || e.Sides() < 2 || !e.Speaks(weigh.Prompts) {
		return
	}
	f := &schemas.Finding{
		Detector: "extraction.embeddings", Severity: schemas.SeverityInfo, Confidence: 0.6 * e.Confidence(), Events: int64(d.embeddings),
		Title: fmt.Sprintf("Embedding harvest: one principal embeds short texts, %s in a day", words.Count(n, "call")),
		Summary: fmt.Sprintf("One principal made %s in a day; %s. Most likely innocent explanation: an index of titles, queries or products that is built anew.",
			words.Count(n, "embedding call"), e.Strongest()),
		Features: e.Features(),
	}
	if e.Sides() >= 3 {
		f.Severity = schemas.SeverityLow
	}
	w.say(x, s, 0, f)
}

// batches reports that answers are collected by batches, of which logs show the
// uploads and the jobs, not the prompts.
func (w *Watch) batches(x *detectors.Context, s *State, d *day) {
	jobs := max(d.large, d.batches)
	if int(jobs) < w.Limits.Batches {
		return
	}
	var e weigh.Sum
	e.Add(weigh.Volume, min(0.8+0.4*math.Log(float64(jobs)/float64(w.Limits.Batches)), 1.5), schemas.Feature{
		Name: "calls", Observed: float64(jobs), Expected: float64(w.Limits.Batches), Unit: "batches/d",
		Text: fmt.Sprintf("%s in a day; fewer than %d are not looked at.", words.Count(float64(jobs), "batch job"), w.Limits.Batches),
	})
	w.age(x, s, &e, jobs, s.uploaded)
	if d.large > 0 {
		mega := float64(d.bytes) / 1e6
		e.Add(weigh.Prompts, weigh.Ramp(math.Log(mega), math.Log(10), math.Log(200), 0, 1.5), schemas.Feature{
			Name: "uploaded", Observed: mega, Expected: 10, Unit: "megabytes/d",
			Text: fmt.Sprintf("The files uploaded have %s megabytes, or about %s prompts.", words.Number(math.Round(mega)), words.Number(math.Round(mega)*1000)),
		})
		e.Add(weigh.Sharing, weigh.Ramp(float64(min(d.large, d.batches)), 1, 6, 0, 0.6), schemas.Feature{
			Name: "uploads_and_jobs", Observed: float64(min(d.large, d.batches)), Expected: 1, Unit: "pairs",
			Text: fmt.Sprintf("%s went with a job each.", words.Count(float64(min(d.large, d.batches)), "large file")),
		})
	}
	hours := float64(bits.OnesCount32(d.hours))
	e.Add(weigh.Timing, weigh.Ramp(hours, 6, 16, 0, 0.6), schemas.Feature{
		Name: "active_hours", Observed: hours, Expected: 3, Unit: "hours of 24",
		Text: fmt.Sprintf("Batches were submitted in %s of the day, where a job of one's own has its time.", words.Count(hours, "hour")),
	})
	if e.Total < batchScore || e.Sides() < 2 || !e.Speaks(weigh.History) {
		return
	}
	w.say(x, s, 1, &schemas.Finding{
		Detector: "extraction.batch", Severity: schemas.SeverityLow, Confidence: 0.7 * e.Confidence(), Events: int64(d.batches + d.files),
		Title: fmt.Sprintf("Batch harvest: one principal submits %s in a day", words.Count(float64(jobs), "batch job")),
		Summary: fmt.Sprintf("One principal submitted %s in a day, where fewer than %d pass; %s. Most likely innocent explanation: a team that moves its bulk work to batches, because they cost less.",
			words.Count(float64(jobs), "batch job"), w.Limits.Batches, e.Strongest()),
		Features: e.Features(),
	})
}
