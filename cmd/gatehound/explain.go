package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/cmd/internal/backtest"
	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// explanation is what `gatehound explain` prints.
type explanation struct {
	Finding *schemas.Finding `json:"finding"`
	Rerun   *backtest.Rerun  `json:"rerun,omitempty"`
}

// findingID is the id of a finding, or its beginning.
var findingID = regexp.MustCompile(`^[0-9a-fA-F]{6,64}$`)

func newExplain() *cobra.Command {
	var (
		path, store, output string
		noRerun             bool
		history             time.Duration
	)
	c := &cobra.Command{
		Use:   "explain [FINDING]",
		Short: "explain a finding, and show that it would be made again",
		Long: `Show what a finding says and what it rests on: the figures that were observed and
expected with their weights, the window, the techniques, requests to look at and
the query that shows the evidence. FINDING is its id, or six and more digits of
its beginning; alerts carry it. Without one the latest findings are listed.

Then the detectors, as they are configured now, are run over the stored events
before and in the window, and it is said whether they find the same again:
severity, confidence and every figure within 1 %; or what differs, and why that
can be (a live run meets the events of several partitions in another order).
Nothing is stored or sent. Of the time before the window as much is read as the
detector needs to learn: 48 of its windows, at least 25 hours and at most eight
days, and eight days if that does not give the same. --history reads as much as
it says.

  gatehound explain
  gatehound explain 1f0c6a
  gatehound explain --store ./evidence --history 336h 1f0c6a
  gatehound explain --output json 1f0c6a | jq -r .finding.query

It ends with 0 if the same is found again, or no figure differs by more than 10 %;
with 4 if not.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if output != "human" && output != "json" {
				return usage(errors.New("--output: unknown; allowed are human and json"))
			}
			if len(args) == 1 && !findingID.MatchString(args[0]) {
				return usage(errors.New("FINDING: want its id, or 6 and more hexadecimal digits of its beginning; gatehound explain lists the latest"))
			}
			if history < 0 {
				return usage(errors.New("--history: allowed is a positive duration, for example 336h"))
			}
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			if err := atStore(cfg, store); err != nil {
				return err
			}
			var verdict backtest.Verdict
			err = app.WithStore(cfg, log, func(st *clickhouse.Store) error {
				if len(args) == 0 {
					return listFindings(c, st, output)
				}
				x := explanation{}
				if x.Finding, err = st.Finding(c.Context(), args[0]); err != nil {
					if errors.Is(err, clickhouse.ErrNoFinding) {
						err = fmt.Errorf("%w: gatehound explain lists the latest", err)
					}
					return err
				}
				if noRerun {
					return x.print(c.OutOrStdout(), output)
				}
				if output == "human" { // the rest takes its time
					if err := x.print(c.OutOrStdout(), output); err != nil {
						return err
					}
				}
				o := backtest.ExplainOptions{History: history, Log: log}
				if o.Keys, err = app.ExistingKeys(cfg); err != nil {
					return err
				}
				p := newProgress(os.Stderr)
				o.Watch = func(r *app.Replayed, far app.Progress) {
					p.stop()
					p = newProgress(os.Stderr)
					p.watch(r, far)
				}
				x.Rerun, err = backtest.Explain(c.Context(), st, cfg, x.Finding, o)
				p.stop()
				if err != nil {
					return fmt.Errorf("re-run: %w", err)
				}
				verdict = x.Rerun.Verdict
				if output == "json" {
					return x.print(c.OutOrStdout(), output)
				}
				return printRerun(c.OutOrStdout(), x.Rerun)
			})
			if err != nil {
				return awayFolder(err)
			}
			if verdict == backtest.VerdictDiffers || verdict == backtest.VerdictAbsent {
				return &exitCode{exitDiffers, fmt.Errorf("the re-run says something else: %s", verdict)}
			}
			return nil
		},
	}
	configFlag(c, &path)
	storeFlag(c, &store)
	c.Flags().BoolVar(&noRerun, "no-rerun", false, "only show the finding")
	c.Flags().DurationVar(&history, "history", 0, "read so much of the time before the window; 0: what the detector needs")
	c.Flags().StringVarP(&output, "output", "o", "human", "`format`: human or json")
	return c
}

// storeFlag adds --store.
func storeFlag(c *cobra.Command, store *string) {
	c.Flags().StringVar(store, "store", "", "embedded store in this `folder`, as kept by replay --store")
}

// atStore makes the configuration use the embedded store in a folder, if one is
// named.
func atStore(cfg *app.Config, store string) error {
	if store == "" {
		return nil
	}
	if entries, err := os.ReadDir(store); err != nil || len(entries) == 0 {
		return usage(fmt.Errorf("--store: %s holds no store; allowed is a folder that replay --store has filled", store))
	}
	app.EmbeddedAt(cfg, store)
	return nil
}

// listed is how many findings are listed without an id.
const listedFindings = 20

func listFindings(c *cobra.Command, st *clickhouse.Store, output string) error {
	found, err := st.Findings(c.Context(), clickhouse.FindingFilter{Limit: listedFindings})
	if err != nil {
		return err
	}
	if len(found) == 0 {
		fmt.Fprintln(c.ErrOrStderr(), "no findings are stored")
	}
	if output == "human" {
		output = "table"
	}
	return show(c.OutOrStdout(), output, found, "FINDING\tWINDOW\tSEVERITY\tDETECTOR\tENTITY\tTITLE", func(f schemas.Finding) string {
		return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s", f.ID[:min(12, len(f.ID))], f.WindowStart.Format(time.DateTime), f.Severity, f.Detector,
			query.Plain(entity(f.Entity)), query.Plain(f.Title))
	})
}

// entity names an entity with its kind.
func entity(e schemas.Entity) string {
	if e.Kind == schemas.EntityGlobal {
		return "all traffic"
	}
	return e.Kind.String() + " " + e.Name
}

func (x explanation) print(out io.Writer, output string) error {
	if output == "json" {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(x)
	}
	return printFinding(out, x.Finding)
}

// printFinding prints a finding for a person. Names and texts come from logs.
func printFinding(to io.Writer, f *schemas.Finding) error {
	var out strings.Builder
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&out, "%-11s %s\n", key, query.Plain(value))
		}
	}
	fmt.Fprintf(&out, "%s\n\n%s\n\n", query.Plain(f.Title), query.Plain(f.Summary))
	line("finding", f.ID)
	line("detector", f.Detector)
	line("entity", entity(f.Entity))
	line("tenant", f.Tenant)
	line("model", strings.TrimSpace(f.Provider+" "+f.Model))
	line("severity", fmt.Sprintf("%s, confidence %.2f", f.Severity, f.Confidence))
	line("window", fmt.Sprintf("%s to %s (%s), found at %s", f.WindowStart.Format(time.RFC3339), f.WindowEnd.Format(time.RFC3339),
		brief(f.WindowEnd.Sub(f.WindowStart)), f.Detected.Format(time.RFC3339)))
	line("events", grouped(f.Events))
	if f.Exception != nil {
		line("exception", fmt.Sprintf("%s: %s (an allowlist covers it, nobody was alerted)", f.Exception.Owner, f.Exception.Reason))
	}
	fmt.Fprint(&out, "\nWhat spoke for it\n")
	w := tabwriter.NewWriter(&out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "WEIGHT\tOBSERVED\tEXPECTED\t")
	for i := range f.Features {
		n := &f.Features[i]
		fmt.Fprintf(w, "%.0f %%\t%s\t%s\t  %s: %s\n", 100*n.Weight, quantity(n.Observed, n.Unit), quantity(n.Expected, n.Unit), n.Name, query.Plain(n.Text))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(f.Techniques) > 0 {
		fmt.Fprint(&out, "\nTechniques\n")
		w := tabwriter.NewWriter(&out, 0, 4, 2, ' ', 0)
		for _, t := range f.Techniques {
			fmt.Fprintf(w, "  %s\t%s\t%s\t%s\n", t.Framework, t.ID, t.Name, t.URL())
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if len(f.Samples) > 0 {
		fmt.Fprintf(&out, "\nRequests to look at\n  %s\n", query.Plain(strings.Join(f.Samples, ", ")))
	}
	fmt.Fprintf(&out, "\nThe evidence, for gatehound query\n  %s\n", query.Plain(f.Query))
	_, err := io.WriteString(to, out.String())
	return err
}

// quantity is a figure with its unit, a share in percent.
func quantity(v float64, unit string) string {
	if of, ok := strings.CutPrefix(unit, "share"); ok && (of == "" || of[0] == ' ') {
		return backtest.Figure(100*v) + " %" + of
	}
	if math.Abs(v) >= 1000 && math.Abs(v) < 1e15 {
		return strings.TrimSpace(words.Number(v) + " " + unit)
	}
	return strings.TrimSpace(backtest.Figure(v) + " " + unit)
}

// brief writes a duration without the zeros at its end.
func brief(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

// printRerun prints what the detectors say of the stored events.
func printRerun(out io.Writer, r *backtest.Rerun) error {
	verdict := map[backtest.Verdict]string{
		backtest.VerdictSame:    "the same is found again: severity, confidence and every figure.",
		backtest.VerdictAlike:   "it is found again: the same severity, and every figure within 10 %.",
		backtest.VerdictDiffers: "it is found again, with other figures.",
		backtest.VerdictAbsent:  "it is not found again.",
	}[r.Verdict]
	var b strings.Builder
	fmt.Fprintf(&b, "\nRe-run over %s stored events from %s to %s\n  %s\n", grouped(r.Events), r.From.Format(time.RFC3339), r.To.Format(time.RFC3339), verdict)
	if len(r.Differences) > 0 {
		w := tabwriter.NewWriter(&b, 0, 4, 2, ' ', 0)
		fmt.Fprintln(w, "  FIGURE\tSTORED\tAGAIN")
		for _, d := range r.Differences {
			fmt.Fprintf(w, "  %s\t%s\t%s\n", d.Figure, query.Plain(d.Stored), query.Plain(d.Again))
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	for _, n := range r.Near {
		fmt.Fprintf(&b, "  near: %s  %s  %s  %s\n", n.ID[:12], n.Window.Format(time.RFC3339), n.Severity, query.Plain(n.Title))
	}
	if len(r.Reasons) > 0 {
		fmt.Fprintln(&b, "  Why that can be:")
		for _, reason := range r.Reasons {
			fmt.Fprintf(&b, "  - %s\n", reason)
		}
	}
	_, err := io.WriteString(out, b.String())
	return err
}
