package demo

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// Live is what the live line says.
type Live struct {
	// State is what goes on, in a word or two: "backlog", "live", "draining".
	State string
	// Elapsed is the time since the demo began.
	Elapsed time.Duration
	// PerSecond is the number of events of the last second.
	PerSecond float64
	Events    int64
	Rejects   int64
	// Lag is how many messages wait in the broker.
	Lag int64
	// Alerts counts the alerts that fired.
	Alerts int
	// Redacted counts what was taken out, by kind.
	Redacted [schemas.RedactionKinds]int64
}

// Screen shows a demo. Its methods may be called by several goroutines.
type Screen struct {
	opts Options

	mu      sync.Mutex // keeps what is written whole
	live    string     // the live line that stands on the terminal
	state   string     // what the last printed live line said, and when
	printed time.Duration
}

// New returns a screen.
func New(o Options) *Screen {
	if o.Every <= 0 {
		o.Every = 5 * time.Second
	}
	return &Screen{opts: o}
}

// Live shows the live line: over the last one on a terminal; elsewhere as a
// line of its own when State changes, and otherwise one in Options.Every of
// Live.Elapsed.
func (s *Screen) Live(l Live) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	parts := liveParts(l)
	if s.opts.TTY {
		s.live = fitParts(parts, s.opts.width()-1) // the last column makes some terminals wrap
		return s.write("")
	}
	if l.State == s.state && l.Elapsed-s.printed < s.opts.Every {
		return nil
	}
	s.state, s.printed = l.State, l.Elapsed
	var b strings.Builder
	s.indent(&b, "", "", strings.Join(parts, " · "))
	return s.write(b.String())
}

// liveParts are the parts of the live line; those that matter most come first.
func liveParts(l Live) []string {
	minutes := int(l.Elapsed.Minutes())
	parts := []string{
		fmt.Sprintf("%02d:%02d %s", minutes, int(l.Elapsed.Seconds())-60*minutes, clean(l.State)),
		short(int64(l.PerSecond)) + "/s",
		short(l.Events) + " events",
		fmt.Sprintf("%d alerts", l.Alerts),
		"lag " + short(l.Lag),
	}
	kinds, total := redacted(l.Redacted, short)
	parts = append(parts, "redacted "+short(total))
	parts = append(parts, kinds...)
	if l.Rejects > 0 {
		parts = append(parts, short(l.Rejects)+" rejected")
	}
	return parts
}

// fitParts joins the parts for which there is room.
func fitParts(parts []string, room int) string {
	line := fit(parts[0], room)
	for _, p := range parts[1:] {
		if columns(line)+3+columns(p) <= room {
			line += " · " + p
		}
	}
	return line
}

// redacted returns the counts by kind in words, most first, and their sum.
func redacted(counts [schemas.RedactionKinds]int64, number func(int64) string) (words []string, total int64) {
	var kinds []schemas.RedactionKind
	for k, n := range counts {
		if n > 0 {
			kinds = append(kinds, schemas.RedactionKind(k))
			total += n
		}
	}
	slices.SortStableFunc(kinds, func(a, b schemas.RedactionKind) int { return cmp.Compare(counts[b], counts[a]) })
	for _, k := range kinds {
		words = append(words, strings.ReplaceAll(k.String(), "_", " ")+" "+number(counts[k]))
	}
	return words, total
}

// Note shows a line of the demo's own, for example where the console is.
func (s *Screen) Note(text string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	for _, line := range wrap(clean(text), s.opts.width()) {
		b.WriteString(line + "\n")
	}
	return s.write(b.String())
}

// Alert shows an alert that fired.
func (s *Screen) Alert(a schemas.Alert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.write(s.alert(&a))
}

// alertIndent is where the text of an alert begins.
const alertIndent = "          "

func (s *Screen) alert(a *schemas.Alert) string {
	o, w := &s.opts, s.opts.width()
	when := a.Finding.Detected.UTC().Format("15:04:05")
	label := strings.ToUpper(a.Severity.String())
	head := when + "  " + o.paint(styleOf(a.Severity), label) + "  "
	room := max(w-len(when)-len(label)-4, 10)
	switch a.State {
	case schemas.AlertResolved:
		return head + fit("over: "+clean(a.Title), room) + "\n"
	case schemas.AlertUpdated:
		if n := len(a.Parts); n > 1 {
			return head + fit(fmt.Sprintf("and then (%d of one story): %s", n, clean(a.Parts[n-1].Title)), room) + "\n"
		}
		return head + fit(fmt.Sprintf("goes on (%d findings, %s events): %s", a.Findings, count(a.Events), clean(a.Title)), room) + "\n"
	}
	var b strings.Builder
	b.WriteString(head + o.paint(bold, fit(clean(a.Title), room)) + "\n")
	about := fmt.Sprintf("%s · %s · confidence %.0f %%", entity(a.Entity), clean(a.Detector), 100*a.Confidence)
	s.indent(&b, dim, alertIndent, about)
	s.indent(&b, "", alertIndent, clean(a.Summary))
	for _, f := range why(a.Finding.Features) {
		s.indent(&b, "", alertIndent+"- ", feature(f))
	}
	return b.String()
}

// whyLimit bounds how many features of a finding are shown.
const whyLimit = 4

// why returns the features that weighed most.
func why(fs []schemas.Feature) []schemas.Feature {
	fs = slices.Clone(fs)
	slices.SortStableFunc(fs, func(a, b schemas.Feature) int { return cmp.Compare(b.Weight, a.Weight) })
	return fs[:min(len(fs), whyLimit)]
}

// feature says what was seen against what was expected.
func feature(f schemas.Feature) string {
	text := clean(f.Text)
	if text == "" {
		text = strings.ReplaceAll(clean(f.Name), "_", " ")
	}
	unit := clean(f.Unit)
	if unit != "" {
		unit = " " + unit
	}
	return fmt.Sprintf("%s [seen %s%s, expected %s]", text, figure(f.Observed), unit, figure(f.Expected))
}

// entity says who it is.
func entity(e schemas.Entity) string {
	if e.Kind == schemas.EntityGlobal {
		return "all callers"
	}
	return e.Kind.String() + " " + clean(e.Name)
}

// indent writes a clean text, wrapped, behind a prefix of ASCII; the lines that
// follow the first stand under its text.
func (s *Screen) indent(b *strings.Builder, style, prefix, text string) {
	blank := strings.Repeat(" ", len(prefix))
	for i, line := range wrap(text, max(s.opts.width()-len(prefix), 20)) {
		if i > 0 {
			prefix = blank
		}
		b.WriteString(prefix + s.opts.paint(style, line) + "\n")
	}
}

// write writes text above the live line and the live line again, in one piece.
func (s *Screen) write(text string) error {
	if s.opts.TTY {
		// Return to the first column and clear the line.
		text = "\r\x1b[K" + text
		if s.live != "" {
			text += s.opts.paint(dim, s.live)
		}
	}
	if _, err := s.opts.Out.Write([]byte(text)); err != nil {
		return fmt.Errorf("write to the terminal: %w", err)
	}
	return nil
}
