package extraction

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/gatehound/gatehound/cmd/internal/evaluate/hunt"
	"github.com/gatehound/gatehound/cmd/internal/evaluate/sheet"
	"github.com/gatehound/gatehound/detectors/words"
)

// Human writes the report as tables; verbose adds what was missed, and what was
// called extraction and is none, with the findings' words and features.
func (r *Report) Human(out io.Writer, verbose bool) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	prompts := "no prompts"
	if r.Prompts {
		prompts = "prompts"
	}
	fmt.Fprintf(w, "%s of %s, logs of %s with %s: %s in %d of %d worlds; without an attack %s of %s\n\n",
		words.Count(float64(len(r.Seeds)), "seed"), words.Count(float64(r.Days), "day"), r.Format, prompts, words.Count(float64(r.Events), "event"), r.Worlds, r.AllWorlds,
		words.Count(float64(r.Benign.Events), "benign event"), words.Count(float64(r.Principals), "principal"))
	r.scenarios(w)
	r.benign(w)
	r.compared(w)
	sheet.Targets(w, r.Targets)
	if r.Dropped > 0 {
		fmt.Fprintf(w, "\n%d findings beyond the first %d of a world were not looked at\n", r.Dropped, hunt.MaxFindings)
	}
	if verbose {
		sheet.Lines(w, "MISSED", r.Missed)
		sheet.Lines(w, "FALSE", r.False)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (r *Report) scenarios(w io.Writer) {
	if len(r.Scenarios) == 0 {
		return
	}
	fmt.Fprintf(w, "SCENARIO\tKEYS\tRUNS\tFOUND\tMEDIUM+\tKEYS NAMED\tRIGHTLY\tTAKEN\tOF ITS SET\tAT WORST\tHOURS\tNOTICED\tBY\n")
	for _, s := range r.Scenarios {
		name := s.Name
		if s.Prompts && !r.Prompts {
			name += " (prompts)"
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%d\t%s\t%s\t", name, s.Keys, s.Runs, s.Any.Found, s.Loud.Found, share(s.Any.Recall), share(s.Any.Precision))
		if s.Any.Found > 0 {
			fmt.Fprintf(w, "%d\t%s\t%s\t%.1f", s.Any.Taken, share(s.Any.Share), share(s.Any.WorstShare), s.Any.Hours)
		} else {
			fmt.Fprint(w, "-\t-\t-\t-")
		}
		by := strings.Join(s.Any.Rules, ", ")
		if s.Noticed > 0 {
			by += " (before: " + strings.Join(s.NoticedBy, ", ") + ")"
		}
		fmt.Fprintf(w, "\t%d\t%s\n", s.Noticed, by)
	}
}

func (r *Report) benign(w io.Writer) {
	fmt.Fprintf(w, "\nFALSE ALARMS\tMEDIUM+\tLOW\tALLOWED\tA MILLION BENIGN EVENTS\tMEDIUM+ A MILLION\tKEYS FLAGGED\tMEDIUM+\tOF\n")
	for _, row := range []struct {
		name string
		of   *Benign
	}{{"without an attack", &r.Benign}, {"beside attacks", &r.Beside}} {
		b := row.of
		if b.Events > 0 {
			fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%.2f\t%.2f\t%d\t%d\t%d\n", row.name, b.Loud, b.Quiet, b.Mild, b.PerMillion, b.LoudPerMillion, b.Flagged, b.FlaggedLoud, b.Keys)
		}
	}
	counts(w, "RULE, without an attack", r.Benign.Rules)
	counts(w, "RULE, beside attacks", r.Beside.Rules)
	counts(w, "LOOK-ALIKE, without an attack", r.Benign.Lookalikes)
}

func counts(w io.Writer, title string, of []Count) {
	if len(of) == 0 {
		return
	}
	fmt.Fprintf(w, "\n%s\tMEDIUM+\tLOW\tALLOWED\n", title)
	for _, n := range of {
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\n", n.Name, n.Loud, n.Quiet, n.Mild)
	}
}

// compared writes what the floors make of it.
func (r *Report) compared(w io.Writer) {
	if len(r.Scenarios) > 0 {
		fmt.Fprintf(w, "\nFLOORS: found of runs, share of its set\t%s\n", strings.Join(floorNames[:], "\t"))
		for _, s := range r.Scenarios {
			fmt.Fprint(w, s.Name)
			for _, o := range s.Floors {
				fmt.Fprintf(w, "\t%d of %d", o.Found, s.Runs)
				if o.Found > 0 {
					fmt.Fprintf(w, ", %s", share(o.Share))
				}
			}
			fmt.Fprintln(w)
		}
	}
	fmt.Fprintf(w, "\nFLOOR\tFALSE\tALLOWED\tA MILLION BENIGN EVENTS\tKEYS FLAGGED\tFOUND\tKEYS NAMED\tRIGHTLY\n")
	for _, f := range r.Floors {
		fmt.Fprintf(w, "%s\t%d\t%d\t%.2f\t%d\t%d of %d\t%s\t%s\n", f.Name, f.False, f.Mild, f.PerMillion, f.Flagged, f.Found, f.Runs, share(f.Recall), share(f.Precision))
	}
}

// share writes a share in percent; one that is not known as a dash.
func share(x float64) string {
	if x < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*x)
}
