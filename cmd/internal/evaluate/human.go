package evaluate

import (
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	figures "github.com/gatehound/gatehound/detectors/words"
)

// Human writes the report as tables; verbose adds what was missed, and what was
// called an attack and is none, with the findings' words.
func (p *Report) Human(out io.Writer, verbose bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s of %s: %s, %s of attacks, about %s days of principals\n\n", figures.Count(float64(len(p.Seeds)), "seed"),
		figures.Count(float64(p.Hours), "hour"), figures.Count(float64(p.BenignEvents), "benign event"), figures.Number(float64(p.AttackEvents)), figures.Number(p.PrincipalDays))
	fmt.Fprintf(w, "ATTACK\tSTRENGTH\tPLANTED\tFOUND\tIN ONE WINDOW\tMEDIAN TIME\tMEDIAN EVENTS\tBY\n")
	for _, a := range p.Attacks {
		fmt.Fprintf(w, "%s\t%g\t%d\t%d\t%d\t", a.Kind, a.Strength, a.Planted, a.Found, a.InWindow)
		if a.Found > 0 {
			fmt.Fprintf(w, "%v\t%d\t%s", seconds(a.MedianSeconds), a.MedianEvents, words(a.Detectors))
		} else {
			fmt.Fprint(w, "-\t-\t-")
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "\nRULE\tALERTS\tTRUE\tRIGHT\tFALSE\tA MILLION BENIGN EVENTS\tA DAY OF A PRINCIPAL\n")
	for _, d := range p.Detectors {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%.2f\t%.2g\n", d.Rule, d.Alerts, d.True, d.Right, d.False, d.FalsePerMillion, d.FalsePerPrincipalDay)
	}
	fmt.Fprintf(w, "\nLOOK-ALIKE\tSEEN\tFALSE ALERTS\n")
	for _, l := range p.Lookalikes {
		seen := strconv.Itoa(l.Seen)
		if l.Kind == ordinary {
			seen = "-"
		}
		fmt.Fprintf(w, "%s\t%s\t%d\n", l.Kind, seen, l.False)
	}
	sheet.Targets(w, p.Targets)
	if len(p.Left) > 0 {
		fmt.Fprintf(w, "\nleft out, because there are too few hours or requests for them: %s\n", words(p.Left))
	}
	if p.Dropped > 0 {
		fmt.Fprintf(w, "\n%d findings beyond the first %d of a seed were not looked at\n", p.Dropped, hunt.MaxFindings)
	}
	if verbose {
		sheet.Lines(w, "MISSED", p.Missed)
		sheet.Lines(w, "FALSE", p.False)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func seconds(s float64) time.Duration {
	return time.Duration(s * float64(time.Second)).Round(time.Second)
}

// JSON writes the whole report.
func (p *Report) JSON(out io.Writer) error { return sheet.JSON(out, p) }

// CSV writes a row for each attack, detector, look-alike and target: its table,
// name, and figures by name.
func (p *Report) CSV(out io.Writer) error { return sheet.CSV(out, p.figures) }

func (p *Report) figures(row func(table, name, figure string, value float64)) {
	for _, a := range p.Attacks {
		name := fmt.Sprintf("%s at %g", a.Kind, a.Strength)
		row("attack", name, "planted", float64(a.Planted))
		row("attack", name, "found", float64(a.Found))
		row("attack", name, "in_one_window", float64(a.InWindow))
		if a.Found > 0 {
			row("attack", name, "median_seconds", a.MedianSeconds)
			row("attack", name, "median_events", float64(a.MedianEvents))
		}
	}
	for _, d := range p.Detectors {
		row("detector", d.Rule, "alerts", float64(d.Alerts))
		row("detector", d.Rule, "true", float64(d.True))
		row("detector", d.Rule, "right", float64(d.Right))
		row("detector", d.Rule, "false", float64(d.False))
		row("detector", d.Rule, "false_per_million_benign_events", d.FalsePerMillion)
		row("detector", d.Rule, "false_per_principal_day", d.FalsePerPrincipalDay)
	}
	for _, l := range p.Lookalikes {
		row("lookalike", string(l.Kind), "seen", float64(l.Seen))
		row("lookalike", string(l.Kind), "false", float64(l.False))
	}
	for _, t := range p.Targets {
		row("target", t.Name, "reached", t.Got)
	}
}
