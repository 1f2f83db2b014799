package extraction

import (
	"fmt"
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors/extraction/internal/weigh"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// week is the memory of a past, known how long a principal is watched before
	// its past counts, young until when it is new; in hours.
	week, known, young = 168, 24, 7 * 24
)

// past is how a principal used models in the weeks before: sums of which each hour
// loses 1/168. It takes in the sums of the last day and not the hours, so that it
// lags behind: what began some hours ago is hardly past yet.
type past struct {
	span, calls, metered, input, output float32
	// models has the models of all hours, as hour.models.
	models uint64
}

// add closes an hour, when the day has taken it in.
func (p *past) add(d *day, models uint64) {
	const hours = 24
	// Of a constant rate of one call an hour calls would be as much as span.
	p.span += float32(1-math.Exp(-float64(d.age)/hours)) - p.span/week
	p.calls += d.calls/hours - p.calls/week
	p.metered += d.metered/hours - p.metered/week
	p.input += d.input/hours - p.input/week
	p.output += d.output/hours - p.output/week
	p.models |= models
}

// daily returns how many calls a day had.
func (p *past) daily() float64 { return 24 * float64(p.calls) / max(float64(p.span), 1) }

// answer is how many tokens an ordinary answer of a chat has at most: those of
// published traces have means of 100 to 260 (LMSYS-Chat-1M, BurstGPT, Azure 2023).
const answer = 250

// yield returns the logarithm of what a call gives: tokens out, and with less weight
// tokens out for each token in. Of chat it is about 0 and below, of collected
// answers 0.5 to 4.
func yield(input, output float64) float64 {
	out := math.Log(max(output, 1) / answer)
	ratio := math.Log(max(output, 1) / max(input, 1))
	return out + weigh.Ramp(ratio, -3, 0, -0.75, 0) + weigh.Ramp(ratio, 0, 3, 0, 1.5)
}

// unknown tells that the principal was first seen in this hour, so that it is not
// known yet for how long the gateway is watched.
func (s *State) unknown() bool { return s.day.age == 0 && s.watched == 0 }

// history judges the principal against its own past: usual is what it made at
// most, in the time that p is of. Keys are made for a campaign, or stolen for it:
// then they are new, or do other things than before, and more of them. What a
// customer does every week is known.
func (e *sum) history(s *State, p *profile, usual float64) {
	age := s.day.age
	if fresh := int(s.watched) >= known+int(age); fresh && age < young {
		e.Add(weigh.History, weigh.Ramp(float64(age), known, young, 2, 1), schemas.Feature{
			Name: "known_for", Observed: float64(age), Expected: young, Unit: "hours",
			Text: fmt.Sprintf("This principal was first seen %s ago.", words.Duration(max(time.Duration(age), 1)*time.Hour)),
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
	e.Add(weigh.History, weigh.Ramp(math.Log(more), math.Log(3), math.Log(30), 0, 1), schemas.Feature{
		Name: "own_past", Observed: p.calls, Expected: usual, Unit: "calls",
		Text: fmt.Sprintf("This principal was known to make up to %s in that time.", words.Count(max(usual, 1), "call")),
	})
	shift := 0.
	if s.past.metered >= enough && p.output >= 0 {
		before := float64(s.past.output) / float64(s.past.metered)
		shift = yield(p.input, p.output) - yield(float64(s.past.input)/float64(s.past.metered), before)
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
