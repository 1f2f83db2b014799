package incident

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/chart"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// Bounds of texts in a story, in characters.
const (
	maxLine  = 200
	maxText  = 1000
	maxQuery = 4000
)

// story is the page that tells of an alert.
type story struct {
	strings.Builder
	a     *schemas.Alert
	clock Clock
}

// Story prints what an alert is about from its beginning to what to do next.
func Story(out io.Writer, a *schemas.Alert, clock Clock) error {
	s := &story{a: a, clock: clock}
	s.head()
	s.parts()
	s.history()
	s.outcome()
	s.figures()
	s.evidence()
	s.next()
	_, err := io.WriteString(out, s.String())
	return err
}

func (s *story) line(key, format string, args ...any) {
	fmt.Fprintf(s, "%-12s %s\n", key, fmt.Sprintf(format, args...))
}

func (s *story) table(rows []string) {
	w := tabwriter.NewWriter(s, 2, 4, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(w, "  "+r)
	}
	_ = w.Flush() // a Builder takes everything
}

func (s *story) head() {
	a := s.a
	fmt.Fprintf(s, "%s\n", neutral.Title(a, maxLine))
	if text := neutral.Text(a.Summary, maxText); text != "" {
		fmt.Fprintf(s, "%s\n", text)
	}
	s.WriteByte('\n')
	s.line("alert", "%s", neutral.Text(a.ID, 64))
	s.line("severity", "%s, confidence %.2f", a.Severity, a.Confidence)
	s.line("state", "%s", s.state())
	s.line("about", "%s %s", a.Entity.Kind, cell(a.Entity.Name, maxLine))
	if a.Tenant != "" {
		s.line("tenant", "%s", cell(a.Tenant, maxLine))
	}
	s.line("seen", "%s to %s %s (%s): %s, %s", s.clock.At(a.FirstSeen), s.clock.At(a.LastSeen), s.clock.Name(),
		chart.Span(a.LastSeen.Sub(a.FirstSeen)), words.Count(float64(a.Findings), "finding"), words.Count(float64(a.Events), "event"))
	if line := chart.Line(a.Finding.Series); line != "" {
		s.line("traffic", "%s", line)
	}
	if a.Muted != "" && a.State != schemas.AlertResolved {
		s.line("muted", "%s: nobody is told", cell(a.Muted, maxLine))
	}
	if a.MergedInto != "" {
		s.line("merged into", "%s", cell(a.MergedInto, 64))
	}
	if a.URL != "" {
		s.line("case", "%s", cell(a.URL, maxText))
	}
}

// state says what became of the alert and who did it.
func (s *story) state() string {
	a, told := s.a, *s.a
	told.Muted = "" // it has a line of its own
	out := State(&told)
	if m := a.Acknowledged; m != nil && a.State != schemas.AlertResolved {
		out += s.mark(m)
	}
	if m := a.Resolution; m != nil && a.State == schemas.AlertResolved {
		out += s.mark(m)
	}
	if a.Escalated > 0 {
		out += fmt.Sprintf(", escalated %s", words.Count(float64(a.Escalated), "time"))
	}
	if a.Reopened > 0 {
		out += fmt.Sprintf(", reopened %s", words.Count(float64(a.Reopened), "time"))
	}
	return out
}

func (s *story) mark(m *schemas.Mark) string {
	out := " by " + by(m.By) + " at " + s.clock.At(m.At)
	if text := neutral.Text(m.Comment, maxText); text != "" {
		out += ": " + text
	}
	return out
}

// by names who did something.
func by(name string) string {
	if name = neutral.Text(name, maxLine); name == "" {
		return "Gatehound"
	}
	return name
}

func (s *story) parts() {
	parts := slices.Clone(s.a.Parts)
	slices.SortStableFunc(parts, func(a, b schemas.AlertPart) int { return a.FirstSeen.Compare(b.FirstSeen) })
	if len(parts) == 0 {
		return
	}
	fmt.Fprintf(s, "\nWhat happened (%s)\n", s.clock.Name())
	rows := []string{"FROM\tTO\tSEVERITY\tWHAT\tABOUT\tEVENTS\tRULE"}
	for _, p := range parts {
		to := s.clock.At(p.LastSeen)
		if p.Ended.IsZero() && s.a.State != schemas.AlertResolved {
			to = "goes on, last " + s.clock.short(p.LastSeen)
		}
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%d\t%s", s.clock.At(p.FirstSeen), to, p.Severity, cell(p.Title, 80),
			cell(p.Entity.Kind.String()+" "+p.Entity.Name, maxName), p.Events, cell(p.Detector, maxName)))
	}
	s.table(rows)
}

// short shows a moment without its date if that is today.
func (c Clock) short(t time.Time) string {
	if t.In(c.Zone).Format(time.DateOnly) == c.Now.In(c.Zone).Format(time.DateOnly) {
		return t.In(c.Zone).Format(time.TimeOnly)
	}
	return c.At(t)
}

func (s *story) history() {
	if len(s.a.History) == 0 {
		return
	}
	fmt.Fprintf(s, "\nWhat became of it (%s)\n", s.clock.Name())
	rows := []string{"AT\tWHAT\tBY\tSEVERITY\t"}
	for _, e := range s.a.History {
		rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\t%s", s.clock.At(e.At), cell(e.What, maxName), by(e.By), e.Severity, neutral.Text(e.Text, maxLine)))
	}
	s.table(rows)
}

func (s *story) outcome() {
	if text := neutral.Text(s.a.Outcome, maxText); text != "" {
		fmt.Fprintf(s, "\nHow it ended\n  %s\n", text)
	}
}

func (s *story) figures() {
	f := &s.a.Finding
	if len(f.Features) > 0 {
		s.WriteString("\nWhat spoke for it\n")
		rows := []string{"WEIGHT\tOBSERVED\tEXPECTED\t"}
		for _, x := range f.Features {
			rows = append(rows, fmt.Sprintf("%.0f %%\t%s\t%s\t%s", 100*x.Weight, cell(words.Number(x.Observed)+" "+x.Unit, maxName),
				cell(words.Number(x.Expected)+" "+x.Unit, maxName), neutral.Text(x.Text, maxLine)))
		}
		s.table(rows)
	}
	if len(f.Related) > 0 {
		more := ""
		if !f.RelatedAll {
			more = ", among others"
		}
		fmt.Fprintf(s, "\nWho else\n")
		for _, e := range f.Related {
			fmt.Fprintf(s, "  %s %s%s\n", e.Kind, cell(e.Name, maxLine), more)
			more = ""
		}
	}
	if len(f.Techniques) > 0 {
		s.WriteString("\nTechniques\n")
		rows := make([]string, len(f.Techniques))
		for i, t := range f.Techniques {
			rows[i] = fmt.Sprintf("%s\t%s\t%s", cell(t.Framework, maxName), cell(t.ID, maxName), neutral.Text(t.Name, maxLine))
		}
		s.table(rows)
	}
}

func (s *story) evidence() {
	f := &s.a.Finding
	if f.Query == "" && len(f.Samples) == 0 {
		return
	}
	s.WriteString("\nEvidence\n")
	for line := range strings.SplitSeq(neutral.Lines(f.Query, maxQuery), "\n") {
		if line != "" {
			fmt.Fprintf(s, "  %s\n", line)
		}
	}
	if len(f.Samples) > 0 {
		fmt.Fprintf(s, "  requests: %s\n", neutral.Text(strings.Join(f.Samples, ", "), maxLine))
	}
}

// next says what somebody on call can do now.
func (s *story) next() {
	a := s.a
	id := neutral.Text(a.ID, 64)
	short := id[:min(ShortID, len(id))]
	s.WriteString("\nWhat to do next\n")
	var rows []string
	add := func(command, why string) { rows = append(rows, command+"\t"+why) }
	if id := a.Finding.ID; id != "" {
		add("gatehound explain "+neutral.Text(id[:min(12, len(id))], 12), "why, and the events behind it")
	}
	if a.Finding.Campaign != nil {
		add("gatehound investigate "+quoted(a.Finding.Campaign.ID), "the keys of the campaign, and which to act on")
	}
	if a.State == schemas.AlertResolved {
		add("gatehound alerts comment "+short+` --comment "…"`, "note what you found out")
		s.table(rows)
		return
	}
	if a.Acknowledged == nil {
		add("gatehound alerts ack "+short, "you look into it: it is not escalated")
	}
	add("gatehound alerts resolve "+short+` --comment "…"`, "it is over")
	if pasted(a.Entity.Name) {
		add("gatehound silence add "+quoted(route.Equal("entity", a.Entity.Name))+` --for 2h --comment "…"`, "be told no more of this for a while")
	}
	if flag := allowFlag(a.Entity.Kind); flag != "" && pasted(a.Entity.Name) {
		add("gatehound allow add --detector "+quoted(a.Detector)+" "+flag+" "+quoted(a.Entity.Name)+` --for 720h --reason "…"`, "it is meant to be so")
	}
	s.table(rows)
}

// allowFlag is the flag of `gatehound allow add` for a kind of entity.
func allowFlag(k schemas.EntityKind) string {
	switch k {
	case schemas.EntityPrincipal:
		return "--principal"
	case schemas.EntityAddress:
		return "--client"
	case schemas.EntityRoute:
		return "--route"
	case schemas.EntityTenant:
		return "--tenant"
	}
	return ""
}

// pasted reports whether a name is the same after it was made harmless, so that a
// command with it means what is in the alert.
func pasted(name string) bool { return name != "" && neutral.Text(name, maxLine) == name }

// quoted is a text as one word of a shell, on one line.
func quoted(s string) string {
	return "'" + strings.ReplaceAll(neutral.Text(s, maxLine), "'", `'\''`) + "'"
}
