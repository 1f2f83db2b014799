package exceptions

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/detectors/engine/internal/codec"
	"github.com/gatehound/gatehound/detectors/engine/internal/report"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Hidden counts what each exception hides in a day of event time, so that one
// that hides much is seen.
type Hidden struct {
	// End is that of the day; math.MaxInt64 before the first event.
	End     int64
	tallies map[uint64]*tally // by rule.id
	// most is how many findings an exception hides in a day before it is reported,
	// database that of the findings, with a point, or empty.
	most     int
	database string
}

type tally struct {
	// findings of the day, by severity.
	findings [schemas.SeverityCritical + 1]uint64
	// told tells that the day's report is out, lapsed that it was reported that
	// the exception has expired.
	told, lapsed bool
}

// NewHidden returns the counts of a new engine; see the settings of the names.
// The findings are in the same database as the table of events.
func NewHidden(allowReport int, table string) Hidden {
	h := Hidden{End: math.MaxInt64, tallies: map[uint64]*tally{}, most: allowReport}
	if database, _, ok := strings.Cut(table, "."); ok {
		h.database = database + "."
	}
	return h
}

// Reset forgets all counts.
func (h *Hidden) Reset() { h.End, h.tallies = math.MaxInt64, map[uint64]*tally{} }

func (h *Hidden) of(c *rule) *tally {
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

// Hide counts a finding that the exception at place covers, and returns a report
// if the finding is critical and the day's report is not out yet, else nil.
func (h *Hidden) Hide(a *List, place int, f *schemas.Finding) *schemas.Finding {
	t := h.of(&a.rules[place-1])
	t.findings[f.Severity]++
	if f.Severity < schemas.SeverityCritical || t.told {
		return nil
	}
	t.told = true
	return h.hides(a, place, t, f.Detected.UnixNano())
}

// Lapse returns a report that the exception at place has expired, and would
// cover f; once, then nil.
func (h *Hidden) Lapse(a *List, place int, f *schemas.Finding) *schemas.Finding {
	t := h.of(&a.rules[place-1])
	if t.lapsed {
		return nil
	}
	t.lapsed = true
	return lapses(a, place, f)
}

// PassDay returns reports and begins anew when the watermark has passed the
// day's end. The first day is that of the first event, at.
func (h *Hidden) PassDay(a *List, watermark, at int64) []*schemas.Finding {
	switch {
	case h.End == math.MaxInt64:
		h.End = report.EndOfDay(at)
	case watermark >= h.End:
		return h.EndDay(a, watermark)
	}
	return nil
}

// EndDay returns reports of the exceptions that hid much since the last time.
func (h *Hidden) EndDay(a *List, at int64) (out []*schemas.Finding) {
	for i := range a.rules {
		if t := h.tallies[a.rules[i].id]; t != nil {
			if !t.told && t.sum() >= uint64(h.most) {
				out = append(out, h.hides(a, i+1, t, min(at, h.End)))
			}
			t.findings, t.told = [schemas.SeverityCritical + 1]uint64{}, false
		}
	}
	h.End = report.EndOfDay(at)
	return out
}

// Keep drops the tallies of exceptions that are no more.
func (h *Hidden) Keep(a *List) {
	for id := range h.tallies {
		if !slices.ContainsFunc(a.rules, func(c rule) bool { return c.id == id }) {
			delete(h.tallies, id)
		}
	}
}

// hides is the finding that the exception at a place hides much.
func (h *Hidden) hides(a *List, place int, t *tally, at int64) *schemas.Finding {
	c, n := &a.rules[place-1], t.sum()
	var parts []string
	for s := schemas.SeverityCritical; ; s-- {
		if k := t.findings[s]; k > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", words.Number(float64(k)), s))
		}
		if s == schemas.SeverityInfo {
			break
		}
	}
	f := report.New("engine.exception", fmt.Sprintf("exception %d of %s", place, c.exception.Owner), at)
	f.Severity, f.Events = schemas.SeverityLow, int64(n)
	f.Query = fmt.Sprintf("SELECT * FROM %sfindings FINAL WHERE detected >= fromUnixTimestamp64Nano(%d) AND detected < fromUnixTimestamp64Nano(%d) AND exception_owner = %s ORDER BY detected LIMIT 1000",
		h.database, f.WindowStart.UnixNano(), f.WindowEnd.UnixNano(), words.Literal(c.exception.Owner))
	f.Title = fmt.Sprintf("An exception hid %s in a day", words.Count(float64(n), "finding"))
	f.Summary = fmt.Sprintf("The exception of %s (%s), which %s, hid %s: %s. One that hides a critical finding, or %s in a day, is worth another look.",
		c.exception.Owner, strings.TrimRight(c.exception.Reason, ". "), c.until(), words.Count(float64(n), "finding"),
		words.List(parts...), words.Number(float64(h.most)))
	f.Features = []schemas.Feature{{Name: "hidden_findings", Observed: float64(n), Expected: float64(h.most), Unit: "findings", Weight: 1,
		Text: fmt.Sprintf("The exception hid %s: %s.", words.Count(float64(n), "finding"), words.List(parts...))}}
	return f
}

// lapses is the finding that an exception has expired that would cover f.
func lapses(a *List, place int, f *schemas.Finding) *schemas.Finding {
	c := &a.rules[place-1]
	ended := time.Unix(0, c.expires).UTC()
	out := report.New("engine.expired_exception", fmt.Sprintf("exception %d of %s", place, c.exception.Owner), f.Detected.UnixNano())
	out.Severity, out.Events = schemas.SeverityLow, 1
	out.Title = fmt.Sprintf("An exception that expired on %s would still cover findings", ended.Format(time.DateOnly))
	out.Summary = fmt.Sprintf("The exception of %s (%s) expired on %s UTC, and a finding of %s has come that it would have covered. Such findings are alerted on from now on, unless the exception is renewed.",
		c.exception.Owner, strings.TrimRight(c.exception.Reason, ". "), ended.Format(time.DateTime), f.Detector)
	out.Query = f.Query
	past := f.Detected.Sub(ended)
	out.Features = []schemas.Feature{{Name: "since_expiry", Observed: past.Hours(), Expected: 0, Unit: "h", Weight: 1,
		Text: fmt.Sprintf("The finding came %s after the exception ended.", atLeastASecond(past))}}
	return out
}

func atLeastASecond(d time.Duration) string { return words.Duration(max(d, time.Second)) }

// Encode writes the tallies.
func (h *Hidden) Encode(w *codec.Writer) {
	w.Number(uint64(h.End))
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

// Decode reads what Encode wrote.
func (h *Hidden) Decode(r *codec.Reader) {
	h.Reset()
	h.End = int64(r.Number())
	for range r.Count(8 * (len(tally{}.findings) + 3)) {
		t := h.of(&rule{id: r.Number()})
		for i := range t.findings {
			t.findings[i] = r.Number()
		}
		t.told, t.lapsed = r.Flag(), r.Flag()
	}
}
