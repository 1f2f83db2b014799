package investigate

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// page is text for a terminal. What comes from logs goes through plain.
type page struct{ strings.Builder }

func (p *page) printf(format string, args ...any) { fmt.Fprintf(&p.Builder, format, args...) }

// table prints rows of cells that tabs divide.
func (p *page) table(flags uint, lines []string) {
	w := tabwriter.NewWriter(&p.Builder, 0, 4, 2, ' ', flags)
	for _, line := range lines {
		fmt.Fprintln(w, line)
	}
	_ = w.Flush() // a Builder takes everything
}

// maxCell is how many characters of a value are shown.
const maxCell = 60

// plain is text from a log, as a cell.
func plain(s string) string {
	s = query.Plain(s)
	if r := []rune(s); len(r) > maxCell {
		return string(r[:maxCell-1]) + "…"
	}
	return s
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04") }
func whole(n int64) string     { return words.Number(float64(n)) }

// ofKeys is how many there are of what.
func ofKeys(n int64, what string) string { return words.Count(float64(n), what) }

// PrintList prints the campaigns, for each the latest finding.
func PrintList(out io.Writer, list []schemas.Finding) error {
	var p page
	lines := []string{"CAMPAIGN\tKEYS\tEXCHANGES\t24 H\tSINCE\tLAST\tSEVERITY\tALIKE IN"}
	for i := range list {
		f := &list[i]
		c := f.Campaign
		if c == nil {
			continue
		}
		lines = append(lines, strings.Join([]string{c.ID, whole(int64(c.Size)), whole(c.Exchanges), whole(c.Today), stamp(c.First), stamp(c.Last),
			f.Severity.String(), query.Plain(strings.Join(kinds(c.Links), ", "))}, "\t"))
	}
	p.table(0, lines)
	_, err := io.WriteString(out, p.String())
	return err
}

// kinds are those of the links, the strongest first.
func kinds(links []schemas.Link) []string {
	out := make([]string, len(links))
	for i, l := range links {
		out[i] = l.Kind
	}
	return out
}

// Print prints a report for a person, with at most so many members.
func (r *Report) Print(out io.Writer, members int) error {
	var p page
	r.head(&p)
	r.links(&p)
	r.figures(&p)
	r.chart(&p)
	r.common(&p)
	r.also(&p)
	r.members(&p, members)
	id := r.Finding.Campaign.ID
	p.printf("\ngatehound investigate %[1]s --dry-run      what blocking them would do\ngatehound investigate %[1]s --keys csv     the list for a gateway's blocklist\n", id)
	_, err := io.WriteString(out, p.String())
	return err
}

func (r *Report) head(p *page) {
	f, c := r.Finding, r.Finding.Campaign
	p.printf("%s\n\n%s\n\n", query.Plain(f.Title), query.Plain(f.Summary))
	line := func(key, value string) { p.printf("%-11s %s\n", key, value) }
	line("campaign", c.ID)
	line("severity", fmt.Sprintf("%s, confidence %.2f, score %.1f", f.Severity, f.Confidence, c.Score))
	keys := whole(int64(c.Size))
	if c.Joined > 0 {
		keys += fmt.Sprintf(", %s joined since the finding before", whole(int64(c.Joined)))
	}
	if r.Former > 0 {
		keys += fmt.Sprintf(", %s are not counted any more", whole(int64(r.Former)))
	}
	line("keys", keys)
	line("exchanges", fmt.Sprintf("%s since %s, %s in the last 24 hours", whole(c.Exchanges), stamp(c.First), whole(c.Today)))
	if c.InputTokens+c.OutputTokens > 0 {
		line("tokens", fmt.Sprintf("%s in, %s out", whole(c.InputTokens), whole(c.OutputTokens)))
	}
	if r.Taken.Requests > 0 {
		line("requests", fmt.Sprintf("%s, %s failed: all that the keys sent since then", whole(r.Taken.Requests), whole(r.Taken.Failures)))
	}
	if r.Taken.Cost > 0 {
		line("cost", fmt.Sprintf("about %s, as the logs state it or the price list has it", money(r.Taken.Cost)))
	}
	line("last call", stamp(c.Last))
	line("found", fmt.Sprintf("%s by %s (gatehound explain %s)", stamp(f.Detected), f.Detector, f.ID[:min(12, len(f.ID))]))
	if f.Exception != nil {
		line("exception", query.Plain(f.Exception.Owner+": "+f.Exception.Reason)+" (nobody was alerted)")
	}
}

// money writes a sum with two decimals, if it is one that has them.
func money(v float64) string {
	if !(v < 1e12) {
		return words.Number(v)
	}
	cents := int64(v*100 + 0.5)
	return fmt.Sprintf("%s.%02d", whole(cents/100), cents%100)
}

func (r *Report) links(p *page) {
	if len(r.Finding.Campaign.Links) == 0 {
		return
	}
	p.printf("\nWhat holds them together\n")
	lines := []string{"WEIGHT\tKEYS\tOTHERS\t"}
	for _, l := range r.Finding.Campaign.Links {
		lines = append(lines, fmt.Sprintf("%.0f %%\t%s\t%s\t  %s: %s", 100*l.Weight, whole(int64(l.Members)), whole(int64(l.Others)), query.Plain(l.Kind), query.Plain(l.Text)))
	}
	p.table(tabwriter.AlignRight, lines)
}

func (r *Report) figures(p *page) {
	if len(r.Finding.Features) == 0 {
		return
	}
	p.printf("\nWhat spoke for it\n")
	lines := []string{"WEIGHT\tOBSERVED\tEXPECTED\t"}
	for _, n := range r.Finding.Features {
		lines = append(lines, fmt.Sprintf("%.0f %%\t%s\t%s\t  %s", 100*n.Weight, query.Plain(words.Number(n.Observed)+" "+n.Unit),
			query.Plain(words.Number(n.Expected)+" "+n.Unit), query.Plain(n.Text)))
	}
	p.table(tabwriter.AlignRight, lines)
}

func (r *Report) common(p *page) {
	if len(r.Traits) == 0 {
		return
	}
	p.printf("\nWhat they have in common, from %s to %s, and how many of %s have it too\n", stamp(r.TraitsFrom), stamp(r.TraitsTo), ofKeys(r.Callers, "other caller"))
	lines := []string{"TRAIT\tVALUE\tREQUESTS\tKEYS\tOTHERS"}
	kind := ""
	for _, t := range r.Traits {
		shown := t.Kind
		if shown == kind {
			shown = ""
		}
		kind = t.Kind
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", shown, plain(t.Value), words.Percent(t.Share), whole(t.Keys), whole(t.Others)))
	}
	p.table(0, lines)
}

func (r *Report) also(p *page) {
	if len(r.Others) == 0 {
		return
	}
	p.printf("\nWhat else was found about these keys\n")
	lines := []string{"DETECTOR\tKEYS\tFINDINGS\tWORST\tLAST"}
	for _, o := range r.Others {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", query.Plain(o.Detector), whole(o.Keys), whole(o.Findings), o.Worst, stamp(o.Last)))
	}
	p.table(0, lines)
}

func (r *Report) members(p *page, most int) {
	n := min(most, len(r.Members))
	p.printf("\nKeys that took most")
	if n < len(r.Members) {
		p.printf(" (%d of %s, --all shows the others)", n, whole(int64(len(r.Members))))
	}
	lines := []string{"\nKEY\tEXCHANGES\tFIRST\tLAST\tLIKENESS\tLINKS"}
	for _, m := range r.Members[:n] {
		lines = append(lines, fmt.Sprintf("%s\t%s\t%s\t%s\t%.2f\t%s", plain(m.Principal), whole(m.Exchanges), stamp(m.First), stamp(m.Last), m.Likeness,
			query.Plain(strings.Join(m.Links, ", "))))
	}
	p.table(0, lines)
}
