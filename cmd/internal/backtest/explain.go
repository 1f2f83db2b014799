package backtest

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// Verdict is what a re-run says of a finding.
type Verdict string

// The verdicts.
const (
	// VerdictSame: it was found again, alike: severity and confidence, and every
	// figure within closeness.
	VerdictSame Verdict = "same"
	// VerdictAlike: it was found again with the same severity and the same
	// features, and no figure differs by more than likeness.
	VerdictAlike Verdict = "alike"
	// VerdictDiffers: it was found again with other figures.
	VerdictDiffers Verdict = "differs"
	// VerdictAbsent: it was not found again.
	VerdictAbsent Verdict = "not found again"
)

// closeness is by how much a figure may differ and be the same, as a share of
// it; of confidences and weights it is the difference itself.
const closeness = 0.01

// likeness is by how much a figure may differ and be alike, in the same way: a
// finding that is made at the tenth event in one order of the partitions may be
// made at the eleventh in another.
const likeness = 0.1

// Rerun is what the detectors say of the stored events today.
type Rerun struct {
	Verdict Verdict `json:"verdict"`
	// From and To bound the events that were read, Events how many that were;
	// First is the time of the earliest.
	From   time.Time `json:"from"`
	To     time.Time `json:"to"`
	First  time.Time `json:"first_event"`
	Events int64     `json:"events"`
	// Again is the finding as it was found again, nil if it was not.
	Again *schemas.Finding `json:"again,omitempty"`
	// Differences are the figures that are not alike.
	Differences []FigureDifference `json:"differences,omitempty"`
	// Near are findings of the same rule and entity in other windows, if it was
	// not found again; of a campaign those about campaigns of any name.
	Near []Brief `json:"near,omitempty"`
	// Reasons tell why it can be so, the likeliest first.
	Reasons []string `json:"reasons,omitempty"`
}

// FigureDifference is a figure that the re-run has otherwise.
type FigureDifference struct {
	Figure string `json:"figure"`
	Stored string `json:"stored"`
	Again  string `json:"again"`
}

// ExplainOptions say how a finding is found again.
type ExplainOptions struct {
	Keys *redact.Keys
	// History is how much before the finding's window is read, for the detectors
	// to learn from. 0 takes DefaultHistory, and eight days if that does not give
	// the same and the store has more.
	History time.Duration
	// Watch, if set, is called at the beginning of each pass over the events.
	Watch func(*app.Replayed, app.Progress)
	Log   *slog.Logger
}

// The bounds of the history that a re-run reads unless it is told: a day and an
// hour, as a baseline takes a day of steady traffic, and eight days for detectors
// with long windows, so that each weekday is among them.
const (
	leastHistory = 25 * time.Hour
	mostHistory  = 8 * 24 * time.Hour
	// windowsOfHistory is how many windows are enough between the two.
	windowsOfHistory = 48
)

// DefaultHistory is how much before its window a finding of a detector needs: 48
// times the longest window of its family, from 25 hours to eight days.
func DefaultHistory(cfg *app.Config, detector string) (time.Duration, error) {
	watchers, err := cfg.Detectors.Watchers()
	if err != nil {
		return 0, fmt.Errorf("detectors: %w", err)
	}
	family, _, _ := strings.Cut(detector, ".")
	history := leastHistory
	for _, w := range watchers {
		if spec := w.Spec(); strings.HasPrefix(spec.ID, family+".") {
			history = max(history, windowsOfHistory*spec.Window)
		}
	}
	return min(history, mostHistory), nil
}

// Explain runs the detectors over the stored events around a finding and tells
// whether they would say the same again. It changes nothing.
func Explain(ctx context.Context, store *clickhouse.Store, cfg *app.Config, f *schemas.Finding, o ExplainOptions) (*Rerun, error) {
	history := o.History
	if history == 0 {
		var err error
		if history, err = DefaultHistory(cfg, f.Detector); err != nil {
			return nil, err
		}
	}
	r, err := rerun(ctx, store, cfg, f, history, o)
	if err != nil || r.Verdict == VerdictSame || r.Verdict == VerdictAlike || r.Events == 0 || o.History > 0 || history >= mostHistory {
		return r, err
	}
	before, err := store.Extent(ctx, clickhouse.History{From: f.WindowStart.Add(-mostHistory), To: r.From})
	if err != nil || before.Events == 0 {
		return r, err
	}
	return rerun(ctx, store, cfg, f, mostHistory, o)
}

// rerun is Explain with so much history.
func rerun(ctx context.Context, store *clickhouse.Store, cfg *app.Config, f *schemas.Finding, past time.Duration, o ExplainOptions) (*Rerun, error) {
	// What is late belongs to the window, too, and to close it takes an event
	// that is later still.
	end := f.WindowEnd
	if f.Detected.After(end) {
		end = f.Detected
	}
	r := &Rerun{From: f.WindowStart.Add(-past), To: end.Add(cfg.Engine.Lateness + time.Second), Verdict: VerdictAbsent}
	history := clickhouse.History{From: r.From, To: r.To}
	extent, err := store.Extent(ctx, history)
	if err != nil {
		return nil, err
	}
	r.Events, r.First = extent.Events, extent.First
	if extent.Events == 0 {
		r.Reasons = []string{"the events of that time are not in the store: " + expired(cfg)}
		return r, nil
	}
	detection, err := app.OpenDetection(cfg, o.Keys, false, o.Log, nil)
	if err != nil {
		return nil, err
	}
	defer detection.Close()
	source := NewStored(store, history, extent.Events)
	seen := new(app.Replayed)
	if o.Watch != nil {
		o.Watch(seen, source.Progress)
	}
	take := func(found []schemas.Finding) {
		for i := range found {
			r.take(f, &found[i])
		}
		seen.Findings.Add(int64(len(found)))
	}
	err = source.Each(ctx, func(b *schemas.Batch) error {
		count(seen, b)
		found, err := detection.Observe(b, everything)
		take(found)
		return err
	})
	if err != nil {
		return nil, err
	}
	take(detection.Flush())
	if r.Again != nil {
		r.Near = nil
		if r.Differences = differences(f, r.Again, closeness); len(r.Differences) == 0 {
			r.Verdict = VerdictSame
			return r, nil
		}
		r.Verdict = VerdictDiffers
		if len(differences(f, r.Again, likeness)) == 0 {
			r.Verdict = VerdictAlike
		}
	}
	r.reason(cfg, f, past)
	return r, nil
}

// maxNear bounds the findings in other windows that are told.
const maxNear = 5

// take looks at one that was found.
func (r *Rerun) take(f, again *schemas.Finding) {
	switch {
	case again.ID == f.ID: // one that comes again is more severe
		r.Again = again
	case again.Detector == f.Detector && (again.Entity == f.Entity || campaigns(f, again)) && len(r.Near) < maxNear:
		r.Near = append(r.Near, Brief{again.ID, again.Detector, again.Entity, again.Severity, again.Confidence, again.Title,
			again.WindowStart, again.Exception != nil})
	}
}

// campaigns tells that both are about campaigns. What a campaign is named depends on
// the hour in which it was first seen.
func campaigns(f, again *schemas.Finding) bool {
	return f.Entity.Kind == schemas.EntityCampaign && again.Entity.Kind == schemas.EntityCampaign
}

// differences are the figures of two findings that differ by more than a share of
// them; of confidences and weights it is the difference itself.
func differences(f, again *schemas.Finding, share float64) (out []FigureDifference) {
	note := func(what string, alike bool, stored, now string) {
		if !alike {
			out = append(out, FigureDifference{what, stored, now})
		}
	}
	near := func(a, b float64) bool {
		return a == b || math.Abs(a-b) <= share*max(math.Abs(a), math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b)
	}
	note("severity", f.Severity == again.Severity, f.Severity.String(), again.Severity.String())
	note("confidence", math.Abs(f.Confidence-again.Confidence) <= share, Figure(f.Confidence), Figure(again.Confidence))
	note("events", near(float64(f.Events), float64(again.Events)), fmt.Sprint(f.Events), fmt.Sprint(again.Events))
	// The features are in the order of their weights, of which equal ones are in
	// any.
	names := func(f *schemas.Finding) string {
		var out []string
		for i := range f.Features {
			out = append(out, f.Features[i].Name)
		}
		slices.Sort(out)
		return strings.Join(out, ", ")
	}
	was, now := names(f), names(again)
	if note("features", was == now, was, now); was != now {
		return out
	}
	for i := range f.Features {
		a := &f.Features[i]
		at := slices.IndexFunc(again.Features, func(n schemas.Feature) bool { return n.Name == a.Name })
		b := &again.Features[at]
		note(a.Name+", observed", near(a.Observed, b.Observed), Figure(a.Observed), Figure(b.Observed))
		note(a.Name+", expected", near(a.Expected, b.Expected), Figure(a.Expected), Figure(b.Expected))
		note(a.Name+", weight", math.Abs(a.Weight-b.Weight) <= share, Figure(a.Weight), Figure(b.Weight))
	}
	covered := func(f *schemas.Finding) string {
		if f.Exception == nil {
			return "none"
		}
		return "of " + f.Exception.Owner
	}
	note("exception", covered(f) == covered(again), covered(f), covered(again))
	return out
}

// Figure writes a number as short as it can be read.
func Figure(v float64) string {
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// reason tells why the detectors do not say the same.
func (r *Rerun) reason(cfg *app.Config, f *schemas.Finding, history time.Duration) {
	say := func(format string, args ...any) { r.Reasons = append(r.Reasons, fmt.Sprintf(format, args...)) }
	if f.WindowStart.Before(r.First.Add(-time.Minute)) {
		say("the stored events begin at %s, within the window: what came before was not stored, or is gone", r.First.Format(time.RFC3339))
	}
	if strings.HasPrefix(f.Detector, "feed.") {
		say("the monitor of the sources judges between batches, by when records arrive and what is rejected, which the store does not tell")
	}
	expected, exception := false, false
	for _, d := range r.Differences {
		expected = expected || strings.HasSuffix(d.Figure, "expected") || d.Figure == "confidence" || d.Figure == "severity"
		exception = exception || d.Figure == "exception"
	}
	if exception && f.Entity.Kind == schemas.EntityAddress {
		say("the store has no true addresses: exceptions by address cannot be judged")
	}
	if r.Again == nil || expected {
		if r.First.Sub(r.From) > time.Hour {
			say("of the %s before the window only %s are in the store: the detectors had longer to learn when the finding was made",
				span(history), span(max(0, f.WindowStart.Sub(r.First))))
		} else {
			say("the re-run learnt from the %s before the window, the finding was made with all that came before: --history reads more", span(history))
		}
	}
	if r.Again == nil && f.Entity.Kind == schemas.EntityCampaign {
		say("a campaign is named by the hour in which it was first seen, and rests on days and weeks: one that began before the re-run has another name there, and figures of its later part")
	} else if len(r.Near) > 0 {
		say("the same was found of the same entity in another window, and a rule is silent for a while about what it has told")
	}
	if f.Entity.Kind == schemas.EntityAddress && cfg.Redact.StoresAddresses(redact.Mask) {
		say("addresses are stored masked: the clients of a network are one in the store")
	}
	if r.Again != nil {
		say("a live run meets the events of several partitions in another order, and tells at the event at which it is sure")
	}
	say("thresholds, exceptions or the program may have changed since: the re-run goes by today's")
	say("events that came too late for their window then, or were forgotten since, make other figures")
}

// expired says how long events are kept.
func expired(cfg *app.Config) string {
	if keep := cfg.Storage.ClickHouse.TTL.Events; keep > 0 {
		return fmt.Sprintf("they are kept for %s (storage.clickhouse.ttl.events), unless they were forgotten", span(keep))
	}
	return "they were never stored here, or were forgotten"
}

// span writes a duration in days, hours or what is smaller.
func span(d time.Duration) string {
	switch {
	case d >= 48*time.Hour && d%(24*time.Hour) == 0:
		return fmt.Sprintf("%d days", d/(24*time.Hour))
	case d >= 2*time.Hour:
		return fmt.Sprintf("%.3g hours", d.Hours())
	}
	return d.Round(time.Second).String()
}
