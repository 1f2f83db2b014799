package extraction

import (
	"io"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
)

// JSON writes the whole report.
func (r *Report) JSON(out io.Writer) error { return sheet.JSON(out, r) }

// CSV writes a row for each figure: its table, name, figure and value.
func (r *Report) CSV(out io.Writer) error { return sheet.CSV(out, r.figures) }

func (r *Report) figures(row func(table, name, figure string, value float64)) {
	outcome := func(name, by string, runs int, o *Outcome) {
		row("scenario", name, by+"runs", float64(runs))
		row("scenario", name, by+"found", float64(o.Found))
		row("scenario", name, by+"recall", o.Recall)
		if o.Precision >= 0 {
			row("scenario", name, by+"precision", o.Precision)
		}
		if o.Found > 0 {
			row("scenario", name, by+"taken", float64(o.Taken))
			row("scenario", name, by+"share_of_set", o.Share)
			row("scenario", name, by+"worst_share_of_set", o.WorstShare)
			row("scenario", name, by+"hours", o.Hours)
		}
	}
	for i := range r.Scenarios {
		s := &r.Scenarios[i]
		outcome(s.Name, "", s.Runs, &s.Any)
		outcome(s.Name, "medium_and_above: ", s.Runs, &s.Loud)
		row("scenario", s.Name, "noticed", float64(s.Noticed))
		for f := range s.Floors {
			outcome(s.Name, floorNames[f]+": ", s.Runs, &s.Floors[f])
		}
	}
	for _, b := range []struct {
		name string
		of   *Benign
	}{{"without an attack", &r.Benign}, {"beside attacks", &r.Beside}} {
		row("benign", b.name, "events", float64(b.of.Events))
		row("benign", b.name, "false_per_million", b.of.PerMillion)
		row("benign", b.name, "false_medium_and_above_per_million", b.of.LoudPerMillion)
		row("benign", b.name, "keys_flagged", float64(b.of.Flagged))
		row("benign", b.name, "keys", float64(b.of.Keys))
		for _, table := range [][]Count{b.of.Rules, b.of.Lookalikes} {
			for _, n := range table {
				row(b.name, n.Name, "false_medium_and_above", float64(n.Loud))
				row(b.name, n.Name, "false_low", float64(n.Quiet))
			}
		}
	}
	for _, f := range r.Floors {
		row("floor", f.Name, "false_per_million", f.PerMillion)
		row("floor", f.Name, "keys_flagged", float64(f.Flagged))
		row("floor", f.Name, "found", float64(f.Found))
	}
	for _, t := range r.Targets {
		row("target", t.Name, "reached", t.Got)
	}
}
