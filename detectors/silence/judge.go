package silence

import (
	"fmt"
	"time"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// The ways in which a key or a route can be missed.
const (
	nothing = iota
	interrupted
	missedBeat
	missedDaily
)

// silent is what a silence looks like.
type silent struct {
	hit int
	// quiet tells that it is longer than any before at these hours.
	quiet bool
	// lasts is how long it lasts, bound the longest before, need how long it
	// has to last, late how long a job is overdue.
	lasts, bound, need, late time.Duration
}

// judge looks at the silence of a key or a route until the time now; it changes
// nothing.
func (d *pauses) judge(s *Pauses, now int64) silent {
	j := silent{lasts: time.Duration(now - s.last)}
	if j.lasts < runPause || j.lasts > 48*time.Hour && s.told {
		return j
	}
	if s.able && j.lasts >= d.config.Pause && j.lasts <= 48*time.Hour {
		if bound, known := s.bound(now); known {
			j.bound = bound
			j.need = max(d.config.Pause, time.Duration(d.config.Factor*float64(bound)))
			j.quiet = j.lasts > bound
			if j.lasts >= j.need && !s.told {
				j.hit = interrupted
			}
		}
	}
	if j.hit != nothing || s.told || s.excused || d.kind != schemas.EntityPrincipal {
		return j
	}
	if j.late = s.beat.late(now, s.last, d.config.History); j.late > 0 {
		j.hit = missedBeat
	} else if j.late = s.daily.late(now, s.last, d.config.Punctual); j.late > 0 {
		j.hit = missedDaily
	}
	return j
}

// finding words what is missed.
func (d *pauses) finding(s *Pauses, j *silent) *schemas.Finding {
	f := &schemas.Finding{Severity: schemas.SeverityLow, Events: 1}
	lasts, late := words.Duration(j.lasts), words.Duration(j.late)
	late2 := schemas.Feature{Name: "late", Observed: j.late.Minutes(), Unit: "minutes", Weight: 1}
	switch j.hit {
	case missedBeat:
		period := words.Duration(time.Duration(float64(s.beat.period) * float64(time.Minute)).Round(time.Minute))
		f.Detector, f.Confidence = "silence.job", 0.7
		f.Title = fmt.Sprintf("Missed run: a job of one principal is %s late", late)
		f.Summary = fmt.Sprintf("One principal should have begun a run %s ago and has made no request since. Its last %s began every %s, within %s.",
			late, words.Count(float64(s.beat.runs), "run"), period, words.Duration(stray(s.beat.stray)))
		late2.Expected, late2.Text = float64(s.beat.stray), fmt.Sprintf("The run is %s late; it comes every %s.", late, period)
		f.Features = []schemas.Feature{late2}
		return f
	case missedDaily:
		f.Detector, f.Confidence = "silence.job", 0.7
		phase := int(s.daily.phase + 0.5)
		at := fmt.Sprintf("%02d:%02d UTC", phase/60%24, phase%60)
		f.Title = fmt.Sprintf("Missed run: the job of one principal at %s is %s late", at, late)
		f.Summary = fmt.Sprintf("One principal has made no request since %s, when its job begins. Its last %s began within %s of that time.",
			at, words.Count(float64(s.daily.runs), "run"), words.Duration(stray(s.daily.stray)))
		late2.Expected, late2.Text = float64(s.daily.stray), fmt.Sprintf("The run is %s late; it begins at %s.", late, at)
		f.Features = []schemas.Feature{late2}
		return f
	}
	who, confidence := "principal", 0.6
	f.Detector = "silence.principal"
	if d.kind == schemas.EntityRoute {
		who, confidence = "route", 0.7
		f.Detector = "silence.thin_route"
	}
	f.Confidence = confidence
	f.Title = fmt.Sprintf("Silence: no request for %s by one %s", lasts, who)
	if d.kind == schemas.EntityRoute {
		f.Title = fmt.Sprintf("Silence: no request for %s on one route", lasts)
	}
	longest := words.Duration(j.bound.Round(time.Minute))
	f.Summary = fmt.Sprintf("There was no request of one %s for %s, in hours in which it speaks. In up to two weeks before, its pauses at these hours took up to %s; it may also have been given up by its owner.",
		who, lasts, longest)
	f.Features = []schemas.Feature{{
		Name: "silence", Observed: j.lasts.Minutes(), Expected: j.need.Minutes(), Unit: "minutes", Weight: 1,
		Text: fmt.Sprintf("Silent for %s; up to %s would be no surprise.", lasts, words.Duration(j.need.Round(time.Minute))),
	}}
	return f
}

// stray returns how far runs stray, at least a minute.
func stray(minutes float32) time.Duration {
	return max(time.Duration(float64(minutes)*float64(time.Minute)), time.Minute).Round(time.Minute)
}

// togetherFinding tells that many stopped at once; most of them spoke last at
// windows ago.
func (d *pauses) togetherFinding(c *Crowd, at int, most uint32) *schemas.Finding {
	who := words.Count(float64(most), d.kind.String())
	ago := words.Duration(time.Duration(at) * pauseWindow)
	if at == 0 {
		ago = words.Duration(pauseWindow)
	}
	f := &schemas.Finding{
		Detector: "silence.together", Severity: schemas.SeverityMedium, Confidence: 0.8, Events: int64(most),
		Title: fmt.Sprintf("Silence together: %s stopped within %s", who, words.Duration(abrupt*pauseWindow)),
		Summary: fmt.Sprintf("About %s ago %s stopped within %s, of %s that can be told to be silent. Each is silent for longer than ever at these hours, and none of them is reported by itself.",
			ago, who, words.Duration(abrupt*pauseWindow), words.Number(float64(max(c.able, c.quiet)))),
		Features: []schemas.Feature{{
			Name: "stopped", Observed: float64(most), Expected: crowdShare * float64(c.able), Unit: d.kind.String() + "s", Weight: 1,
			Text: fmt.Sprintf("%s stopped at once; one in a hundred would be chance.", who),
		}},
	}
	if float64(most) >= 0.6*float64(c.able) {
		f.Severity, f.Confidence = schemas.SeverityHigh, 0.9
	}
	return f
}

// jobsFinding tells that many jobs did not run.
func (d *pauses) jobsFinding(c *Crowd) *schemas.Finding {
	jobs := words.Count(float64(c.missed), "job")
	return &schemas.Finding{
		Detector: "silence.jobs", Severity: schemas.SeverityLow, Confidence: 0.6, Events: int64(c.missed),
		Title: fmt.Sprintf("Missed runs: %s did not run when they should", jobs),
		Summary: fmt.Sprintf("Within %s the runs of %s were found to be overdue, of %s that keep a time. Usually none is, and none of them is reported by itself; on a holiday they may rest.",
			words.Duration(pauseWindow), jobs, words.Number(float64(max(c.due, c.missed)))),
		Features: []schemas.Feature{{
			Name: "missed", Observed: float64(c.missed), Expected: crowdLeast, Unit: "jobs", Weight: 1,
			Text: fmt.Sprintf("%s did not run; fewer than %d are told one by one.", jobs, crowdLeast),
		}},
	}
}
