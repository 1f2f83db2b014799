package extraction

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/extraction/internal/yield"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// week is the memory of a past, known how long a principal is watched before
	// its past counts, young until when it is new; in hours.
	week, known, young = 168, 24, 7 * 24
	// few is how many calls of the past tell what answers were like.
	few = 20
)

// past is how a principal used models in the weeks before: sums of which each hour
// loses 1/168. It takes in the sums of the last day and not the hours, so that it
// lags behind: what began some hours ago is hardly past yet.
type past struct {
	span, calls, metered, input, output float32
	// since is as span and lagged as calls, but of what is a day and more ago only.
	since, lagged float32
	// models has the models of all hours, as hour.models.
	models uint64
}

// lag takes in the hour of a day before the n-th, which the day is about to forget.
func (p *past) lag(d *day, n int64) {
	whole := float32(0)
	if d.age >= known {
		whole = 1
	}
	p.since += whole - p.since/week
	p.lagged += float32(d.hours[n%24]) - p.lagged/week
}

// add closes an hour, when the day has taken it in.
func (p *past) add(d *day, models uint64) {
	const hours = 24
	// Of a constant rate of one call an hour calls would be as much as span.
	p.span += float32(1-math.Exp(-float64(d.age)/hours)) - p.span/week
	p.calls += d.calls/hours - p.calls/week
	// What stands out is no past before it has lasted for a day.
	known := float32(1)
	if p.since >= 1 {
		known = min((1.5*float32(p.daily())+20)/max(d.calls, 1), 1)
	}
	p.metered += known*d.metered/hours - p.metered/week
	p.input += known*d.input/hours - p.input/week
	p.output += known*d.output/hours - p.output/week
	p.models |= models
}

// daily returns how many calls a day had, before the last one; with the last one
// faded in while no whole day before it is known, because a night is no past of a day.
func (p *past) daily() float64 {
	if p.since < 24 {
		return max(24*float64(p.lagged)/max(float64(p.since), 12), p.lately())
	}
	return 24 * float64(p.lagged) / float64(p.since)
}

// lately returns how many calls a day had with the last one faded in.
func (p *past) lately() float64 { return 24 * float64(p.calls) / max(float64(p.span), 1) }

const (
	// writer is the yield from which answers are long, arrived for how many hours a
	// principal counts as new among those that write.
	writer, arrived = 0.3, 72
)

// fresh tells that the gateway was watched for a day and more before the principal
// was first seen.
func (s *State) fresh() bool { return int(s.watched) >= known+int(s.day.age) }

// unknown tells that the principal was first seen in this hour, so that it is not
// known yet for how long the gateway is watched.
func (s *State) unknown() bool { return s.day.age == 0 && s.watched == 0 }

// history judges the principal against its own past: usual is what it made at
// most, in the time that p is of, newness how much being new says. Keys are made for a campaign, or stolen for it:
// then they are new, or do other things than before, and more of them. What a
// customer does every week is known.
func (e *sum) history(s *State, p *profile, usual, newness float64) {
	age := s.day.age
	if s.fresh() && age < young {
		text := fmt.Sprintf("This principal was first seen %s ago.", words.Duration(max(time.Duration(age), 1)*time.Hour))
		if newness < 1 {
			text = fmt.Sprintf("This principal was first seen %s ago, as were %s of those who have long texts written.",
				words.Duration(max(time.Duration(age), 1)*time.Hour), words.Percent(float64(s.peers.Young)))
		}
		e.Add(weigh.History, newness*weigh.Ramp(float64(age), known, young, 2, 1), schemas.Feature{
			Name: "known_for", Observed: float64(age), Expected: young, Unit: "hours", Text: text,
		})
		return
	}
	if s.unknown() {
		// It is not known yet how long the watch goes on.
		e.Add(weigh.History, 0.5, schemas.Feature{
			Name: "known_for", Observed: 0, Expected: young, Unit: "hours",
			Text: "This principal was first seen in this hour.",
		})
		return
	}
	if age < known {
		e.Add(weigh.Context, -0.7, schemas.Feature{
			Name: "no_past", Observed: float64(age), Expected: known, Unit: "hours",
			Text: "The watch is new, so what is usual is not known yet.",
		})
		return
	}
	more := p.calls / max(usual, 50)
	e.Add(weigh.History, weigh.Ramp(math.Log(more), math.Log(3), math.Log(20), 0, 1.8), schemas.Feature{
		Name: "own_past", Observed: p.calls, Expected: usual, Unit: "calls",
		Text: fmt.Sprintf("This principal was known to make up to %s in that time.", words.Count(max(usual, 1), "call")),
	})
	shift := 0.
	if s.past.metered >= few && p.output >= 0 {
		before := float64(s.past.output) / float64(s.past.metered)
		shift = yield.Of(p.input, p.output) - yield.Of(float64(s.past.input)/float64(s.past.metered), before)
		e.Add(weigh.History, weigh.Ramp(shift, 0.5, 1.5, 0, 1.2), schemas.Feature{
			Name: "other_use", Observed: p.output / max(p.input, 1), Expected: float64(s.past.output) / max(float64(s.past.input), 1), Unit: "tokens out per token in",
			Text: fmt.Sprintf("Its answers had %s tokens before, %s for each token of the prompt.", words.Number(before), words.Number(float64(s.past.output)/max(float64(s.past.input), 1))),
		})
	}
	if p.model >= 0 && s.past.models&(1<<uint(p.model)) == 0 && s.past.models != 0 {
		e.Add(weigh.History, 0.4, schemas.Feature{
			Name: "new_model", Observed: 1, Expected: 0, Unit: "models",
			Text: "Most calls are of a model that it did not use before.",
		})
	}
	if more < 2 && shift < 0.5 && p.output >= 0 {
		e.Add(weigh.Context, weigh.Ramp(float64(age), known, 3*known, -0.7, -1.5), schemas.Feature{
			Name: "as_before", Observed: p.calls, Expected: usual, Unit: "calls",
			Text: "It does what it has done all the time that it is known.",
		})
	}
}
