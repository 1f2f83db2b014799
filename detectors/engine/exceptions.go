package engine

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

const day = 24 * time.Hour

// hidden counts what each exception hides in a day of event time, so that one
// that hides much is seen.
type hidden struct {
	// end is that of the day; math.MaxInt64 before the first event.
	end     int64
	tallies map[uint64]*tally // by rule.id
}

type tally struct {
	// findings of the day, by severity.
	findings [schemas.SeverityCritical + 1]uint64
	// told tells that the day's report is out, lapsed that it was reported that
	// the exception has expired.
	told, lapsed bool
}

func newHidden() hidden { return hidden{end: math.MaxInt64, tallies: map[uint64]*tally{}} }

func (h *hidden) of(c *rule) *tally {
	t := h.tallies[c.id]
	if t == nil {
		t = &tally{}
		h.tallies[c.id] = t
	}
	return t
}

func (t *tally) sum() (n uint64) {
	for _, f := range t.findings {
		n += f
	}
	return n
}

// hide counts a finding that an exception covers, and reports the exception at
// once if the finding is critical; and one that an exception would cover if it
// had not expired.
func (e *Engine) hide(f *found) {
	if f.rule > 0 {
		e.metrics.excepted.Inc()
		t := e.hidden.of(&e.allow.rules[f.rule-1])
		t.findings[f.finding.Severity]++
		if f.finding.Severity >= schemas.SeverityCritical && !t.told {
			t.told = true
			e.tell(e.hides(f.rule, t, f.finding.Detected.UnixNano()))
		}
	}
	if f.expired > 0 {
		if t := e.hidden.of(&e.allow.rules[f.expired-1]); !t.lapsed {
			t.lapsed = true
			e.tell(e.lapses(f))
		}
	}
}

// passDay reports and begins anew when the watermark has passed the day's end.
// The first day is that of the first event, at.
func (e *Engine) passDay(watermark, at int64) {
	switch {
	case e.hidden.end == math.MaxInt64:
		e.hidden.end = endOfDay(at)
	case watermark >= e.hidden.end:
		e.endDay(watermark)
	}
}

func endOfDay(at int64) int64 {
	at = max(at, 0)
	return at - at%int64(day) + int64(day)
}

// endDay reports the exceptions that hid much since the last time.
func (e *Engine) endDay(at int64) {
	for i := range e.allow.rules {
		if t := e.hidden.tallies[e.allow.rules[i].id]; t != nil {
			if !t.told && t.sum() >= uint64(e.settings.Config.AllowReport) {
				e.tell(e.hides(i+1, t, min(at, e.hidden.end)))
			}
			t.findings, t.told = [schemas.SeverityCritical + 1]uint64{}, false
		}
	}
	e.hidden.end = endOfDay(at)
}

// keep drops the tallies of exceptions that are no more.
func (h *hidden) keep(a *allowlist) {
	for id := range h.tallies {
		if !slices.ContainsFunc(a.rules, func(c rule) bool { return c.id == id }) {
			delete(h.tallies, id)
		}
	}
}

// hides is the finding that the exception at a place hides much.
func (e *Engine) hides(place int, t *tally, at int64) schemas.Finding {
	c, n := &e.allow.rules[place-1], t.sum()
	var parts []string
	for s := schemas.SeverityCritical; ; s-- {
		if k := t.findings[s]; k > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", words.Number(float64(k)), s))
		}
		if s == schemas.SeverityInfo {
			break
		}
	}
	most := e.settings.Config.AllowReport
	f := e.report("engine.exception", fmt.Sprintf("exception %d of %s", place, c.exception.Owner), at)
	f.Severity, f.Events = schemas.SeverityLow, int64(n)
	f.Query = fmt.Sprintf("SELECT * FROM %sfindings FINAL WHERE detected >= fromUnixTimestamp64Nano(%d) AND detected < fromUnixTimestamp64Nano(%d) AND exception_owner = %s ORDER BY detected LIMIT 1000",
		e.database(), f.WindowStart.UnixNano(), f.WindowEnd.UnixNano(), words.Literal(c.exception.Owner))
	f.Title = fmt.Sprintf("An exception hid %s in a day", words.Count(float64(n), "finding"))
	f.Summary = fmt.Sprintf("The exception of %s (%s), which %s, hid %s: %s. One that hides a critical finding, or %s in a day, is worth another look.",
		c.exception.Owner, strings.TrimRight(c.exception.Reason, ". "), c.until(), words.Count(float64(n), "finding"),
		words.List(parts...), words.Number(float64(most)))
	f.Features = []schemas.Feature{{Name: "hidden_findings", Observed: float64(n), Expected: float64(most), Unit: "findings", Weight: 1,
		Text: fmt.Sprintf("The exception hid %s: %s.", words.Count(float64(n), "finding"), words.List(parts...))}}
	return f
}

// lapses is the finding that an exception has expired that would cover f.
func (e *Engine) lapses(f *found) schemas.Finding {
	c := &e.allow.rules[f.expired-1]
	ended := time.Unix(0, c.expires).UTC()
	out := e.report("engine.expired_exception", fmt.Sprintf("exception %d of %s", f.expired, c.exception.Owner), f.finding.Detected.UnixNano())
	out.Severity, out.Events = schemas.SeverityLow, 1
	out.Title = fmt.Sprintf("An exception that expired on %s would still cover findings", ended.Format(time.DateOnly))
	out.Summary = fmt.Sprintf("The exception of %s (%s) expired on %s UTC, and a finding of %s has come that it would have covered. Such findings are alerted on from now on, unless the exception is renewed.",
		c.exception.Owner, strings.TrimRight(c.exception.Reason, ". "), ended.Format(time.DateTime), f.finding.Detector)
	out.Query = f.finding.Query
	past := f.finding.Detected.Sub(ended)
	out.Features = []schemas.Feature{{Name: "since_expiry", Observed: past.Hours(), Expected: 0, Unit: "h", Weight: 1,
		Text: fmt.Sprintf("The finding came %s after the exception ended.", atLeastASecond(past))}}
	return out
}

func atLeastASecond(d time.Duration) string { return words.Duration(max(d, time.Second)) }

// encode writes the tallies.
func (h *hidden) encode(w *codec.Writer) {
	w.Number(uint64(h.end))
	w.Number(uint64(len(h.tallies)))
	for id, t := range h.tallies {
		w.Number(id)
		for _, n := range t.findings {
			w.Number(n)
		}
		w.Flag(t.told)
		w.Flag(t.lapsed)
	}
}

func (h *hidden) decode(r *codec.Reader) {
	*h = newHidden()
	h.end = int64(r.Number())
	for range r.Count(8 * (len(tally{}.findings) + 3)) {
		t := h.of(&rule{id: r.Number()})
		for i := range t.findings {
			t.findings[i] = r.Number()
		}
		t.told, t.lapsed = r.Flag(), r.Flag()
	}
}
