package extraction

import (
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// The floors: what a rule of one line finds, on the same events. A detector that
// does no better than they do is not worth having.
const (
	// floorThousand and floorHundred are a key's calls on one day, UTC: the
	// thresholds that people set first.
	floorThousand = "over 1,000 a day"
	floorHundred  = "over 100 a day"
	// floorHour is Elastic's rule about probing of models on Amazon Bedrock, 500
	// answered calls of one principal in an hour, for prompts of nearly one length.
	floorHour = "500 an hour of one length"
	// floorDay is the same for the patient: 100 calls on one day.
	floorDay = "100 a day of one length"
)

// floorNames has them all.
var floorNames = [...]string{floorThousand, floorHundred, floorHour, floorDay}

// alike is below what the lengths of prompts vary, as their standard deviation over
// their mean, when they are nearly of one length.
const alike = 0.2

// tally sums up the calls of a principal in a stretch of time.
type tally struct {
	stretch int64
	calls   int
	// lengths are how many calls stated the length of their prompt.
	lengths    int
	sum, sumsq float64
}

func (t *tally) add(stretch int64, ev *schemas.Event) {
	if t.stretch != stretch {
		*t = tally{stretch: stretch}
	}
	t.calls++
	if ev.Has(schemas.HasInputTokens) {
		x := float64(ev.InputTokens)
		t.lengths++
		t.sum, t.sumsq = t.sum+x, t.sumsq+x*x
	}
}

// even reports whether there are so many prompts and they are of nearly one length.
func (t *tally) even(least int) bool {
	if t.lengths < least || t.sum <= 0 {
		return false
	}
	n := float64(t.lengths)
	mean := t.sum / n
	return t.sumsq/n-mean*mean < alike*alike*mean*mean
}

// floors judge events as they come.
type floors struct {
	callers map[string]*[2]tally
	// said has the day on which a floor last spoke of a principal.
	said   map[string]*[len(floorNames)]int64
	alarms [len(floorNames)][]alarm
}

func newFloors() *floors {
	return &floors{callers: map[string]*[2]tally{}, said: map[string]*[len(floorNames)]int64{}}
}

// exchange reports whether an event is a call of a model by a known principal that
// was answered.
func exchange(ev *schemas.Event) bool {
	return ev.Operation != "" && ev.Principal != "" && ev.Status >= 200 && ev.Status < 300
}

// observe takes an exchange.
func (f *floors) observe(ev *schemas.Event, principal string) {
	t := f.callers[principal]
	if t == nil {
		t = new([2]tally)
		f.callers[principal] = t
	}
	day := ev.Time / int64(24*time.Hour)
	t[0].add(day, ev)
	t[1].add(ev.Time/int64(time.Hour), ev)
	for i, speaks := range [...]bool{t[0].calls > 1000, t[0].calls > 100, t[1].even(500), t[0].even(100)} {
		if speaks {
			f.say(i, principal, day, ev.Time)
		}
	}
}

func (f *floors) say(i int, principal string, day, at int64) {
	said := f.said[principal]
	if said == nil {
		said = new([len(floorNames)]int64)
		f.said[principal] = said
	}
	if said[i] == day {
		return
	}
	said[i] = day
	f.alarms[i] = append(f.alarms[i], alarm{
		rule: floorNames[i], severity: schemas.SeverityMedium, at: time.Unix(0, at).UTC(),
		entity: schemas.Entity{Kind: schemas.EntityPrincipal, Name: principal}, names: []string{principal},
	})
}
