package backtest

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/schemas"
)

// maxKept bounds the findings that are kept of a candidate, for its difference
// from another. All are counted.
const maxKept = 200_000

// Severities are counts by severity.
type Severities [schemas.SeverityCritical + 1]int

// Total is the number of all.
func (s Severities) Total() (n int) {
	for _, c := range s {
		n += c
	}
	return n
}

// Severe is the number of those that are high or critical.
func (s Severities) Severe() int { return s[schemas.SeverityHigh] + s[schemas.SeverityCritical] }

// Row is what one rule said.
type Row struct {
	Detector string `json:"detector"`
	// Alerts that opened, by the severity that they came to, and how many that
	// is a day. Those that were open when counting began are not among them.
	Alerts       int     `json:"alerts"`
	AlertsPerDay float64 `json:"alerts_per_day"`
	// Severities are the alerts' by severity, info first.
	Severities Severities `json:"alerts_by_severity"`
	// Findings that made them, and those that exceptions cover: they alert
	// nobody.
	Findings int `json:"findings"`
	Covered  int `json:"covered"`
}

// Outcome is what a candidate's detectors said.
type Outcome struct {
	Name string `json:"name"`
	// Rows are by rule, in the order of their names; Total is all together.
	Rows  []Row `json:"detectors"`
	Total Row   `json:"total"`
	// Dropped is how many findings were not kept for comparing.
	Dropped int `json:"not_compared,omitempty"`

	kept map[string]Brief
}

// Brief is a finding in short.
type Brief struct {
	ID         string           `json:"id"`
	Detector   string           `json:"detector"`
	Entity     schemas.Entity   `json:"entity"`
	Severity   schemas.Severity `json:"severity"`
	Confidence float64          `json:"confidence"`
	Title      string           `json:"title"`
	Window     time.Time        `json:"window_start"`
	Covered    bool             `json:"covered,omitempty"`
}

// Result is what a run gave.
type Result struct {
	// From and To bound what is counted, Days is how long that is.
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Days float64   `json:"days"`
	// Events were read, those for warming up included.
	Events int64         `json:"events"`
	Took   time.Duration `json:"took_ns"`
	// Cut tells that the run was ended before the events were.
	Cut        bool       `json:"cut_short,omitempty"`
	Candidates []*Outcome `json:"candidates"`
}

// extent bounds what was counted by what there was.
func (r *Result) extent(seen *app.Replayed, o Options) {
	first, last, ok := seen.Span()
	if !ok {
		return
	}
	if r.From.IsZero() || first.After(r.From) {
		r.From = first
	}
	if r.To = o.To; r.To.IsZero() || last.Before(r.To) {
		r.To = last
	}
	r.Days = max(0, r.To.Sub(r.From).Hours()/24)
}

// tally counts what one candidate says.
type tally struct {
	rows map[string]*Row
	// open has each alert by its id.
	open    map[string]*counted
	kept    map[string]Brief
	dropped int
}

// counted is an alert as it was last seen.
type counted struct {
	detector string
	severity schemas.Severity
	sequence int
	resolved bool
	counts   bool
}

func newTally() tally {
	return tally{rows: map[string]*Row{}, open: map[string]*counted{}, kept: map[string]Brief{}}
}

func (t *tally) row(detector string) *Row {
	r := t.rows[detector]
	if r == nil {
		r = &Row{Detector: detector}
		t.rows[detector] = r
	}
	return r
}

// finding counts a finding. One that comes again is more severe than it was.
func (t *tally) finding(f *schemas.Finding, counts bool) {
	if !counts {
		return
	}
	if _, again := t.kept[f.ID]; !again {
		if f.Exception != nil {
			t.row(f.Detector).Covered++
		} else {
			t.row(f.Detector).Findings++
		}
		if len(t.kept) >= maxKept {
			t.dropped++
			return
		}
	}
	t.kept[f.ID] = Brief{f.ID, f.Detector, f.Entity, f.Severity, f.Confidence, f.Title, f.WindowStart, f.Exception != nil}
}

// alert counts an alert when it opens, and again when it is back after its end,
// as people are told of it. Alerting may hand an alert over when it has opened
// and ended, or ended and opened, since it was seen last.
func (t *tally) alert(a *schemas.Alert, counts bool) {
	c := t.open[a.ID]
	if c == nil || a.Sequence > c.sequence && (c.resolved || a.State == schemas.AlertOpen || a.State == schemas.AlertReopened) {
		c = &counted{detector: a.Detector, severity: a.Severity, counts: counts}
		t.open[a.ID] = c
		if counts {
			row := t.row(a.Detector)
			row.Alerts++
			row.Severities[a.Severity]++
		}
	}
	if a.Severity > c.severity && c.counts {
		row := t.row(c.detector)
		row.Severities[c.severity]--
		row.Severities[a.Severity]++
	}
	c.severity, c.sequence, c.resolved = max(c.severity, a.Severity), a.Sequence, a.State == schemas.AlertResolved
}

// outcome puts the counts together.
func (r *run) outcome(res *Result) *Outcome {
	o := &Outcome{Name: r.candidate.Name, Dropped: r.tally.dropped, kept: r.tally.kept, Total: Row{Detector: "all"}}
	for _, row := range slices.SortedFunc(maps.Values(r.tally.rows), func(a, b *Row) int { return cmp.Compare(a.Detector, b.Detector) }) {
		if res.Days > 0 {
			row.AlertsPerDay = float64(row.Alerts) / res.Days
		}
		o.Rows = append(o.Rows, *row)
		o.Total.Alerts += row.Alerts
		o.Total.AlertsPerDay += row.AlertsPerDay
		o.Total.Findings += row.Findings
		o.Total.Covered += row.Covered
		for i, n := range row.Severities {
			o.Total.Severities[i] += n
		}
	}
	return o
}

// Findings are the findings that were kept, the earliest first.
func (o *Outcome) Findings() []Brief {
	return slices.SortedFunc(maps.Values(o.kept), func(a, b Brief) int {
		return cmp.Or(a.Window.Compare(b.Window), cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.ID, b.ID))
	})
}
