package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/detectors/rules/internal/correlate"
	"github.com/gatehound/gatehound/detectors/rules/internal/load"
	"github.com/gatehound/gatehound/detectors/rules/internal/match"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/rules/internal/tags"
	"github.com/gatehound/gatehound/schemas"
)

// The states of a rule.
const (
	Active   = "active"
	Refused  = "refused"
	Disabled = "disabled"
)

// Info says what became of a rule.
type Info struct {
	File  string `json:"file"`
	Line  int    `json:"line"`
	ID    string `json:"id,omitempty"`
	Name  string `json:"name,omitempty"`
	Title string `json:"title,omitempty"`
	// Detector is Finding.Detector of what it finds; empty if it only serves
	// correlations.
	Detector string `json:"detector,omitempty"`
	Level    string `json:"level,omitempty"`
	Status   string `json:"status,omitempty"`
	// Source is its log source, or "correlation" and its type.
	Source string `json:"logsource,omitempty"`
	State  string `json:"state"`
	// Reason says why it is refused or disabled.
	Reason string `json:"reason,omitempty"`
	// Cost is how often it is looked at: "rare", "frequent", "every event", or
	// "matches" of a correlation: only for the events of its rules.
	Cost string `json:"cost,omitempty"`
}

// rule is a rule in force.
type rule struct {
	*sigma.Rule
	detector   string
	severity   schemas.Severity
	confidence float64
	techniques []schemas.Technique
	// speaks tells that its matches are findings, and do not only count in
	// correlations.
	speaks   bool
	disabled bool
	// number is its place in the program, -1 of a correlation; info that in
	// the set's infos.
	number, info int
	// feeds are the correlations in which its matches count.
	feeds []feed
	table *correlate.Table
	// judged tells that the correlation is judged at the end of a window.
	judged bool
	// key tells whose state a table is.
	key [16]byte
}

// feed is a correlation with the place of a rule in it.
type feed struct {
	to    *rule
	place int
}

// set is the rules in force.
type set struct {
	rules []*rule
	// singles are those on single events, by their numbers.
	singles      []*rule
	correlations []*rule
	infos        []Info
	scratch      *match.Scratch
}

// open reads, links and compiles the configured rules.
func open(cfg *Config) (*set, error) {
	if !cfg.Enabled {
		return &set{}, nil
	}
	files, err := load.Read(cfg.Paths)
	if err != nil {
		return nil, err
	}
	if cfg.Starter {
		own, err := load.Starter()
		if err != nil {
			return nil, err
		}
		files = append(own, files...)
	}
	parsed, refused := load.Parse(files, cfg.placeholders())
	l := &linker{byName: map[string]*rule{}, refused: refused}
	for _, r := range parsed {
		l.add(r)
	}
	l.link()
	s := &set{}
	if err := l.compile(s, cfg.EveryEvent); err != nil {
		return nil, err
	}
	l.name()
	room := cfg.Memory / int64(max(1, len(s.correlations)))
	for _, r := range s.correlations {
		r.table, r.judged = correlate.New(r.Correlation, room), correlate.Judged(r.Correlation)
	}
	l.tell(s)
	return s, nil
}

// linker joins correlations to the rules that they name.
type linker struct {
	rules   []*rule
	byName  map[string]*rule
	refused []sigma.Refusal
}

func (l *linker) add(r *sigma.Rule) {
	x := &rule{Rule: r, speaks: true, number: -1, severity: tags.Severity(r.Level), confidence: tags.Confidence(r.Status), techniques: tags.Techniques(r.Tags), key: r.Hash}
	l.rules = append(l.rules, x)
	for _, name := range []string{r.ID, r.Name} {
		if name != "" {
			l.byName[name] = x
		}
	}
}

func (l *linker) refuse(r *rule, line int, format string, args ...any) {
	l.refused = append(l.refused, sigma.Refusal{File: r.File, Line: line, ID: r.ID, Title: r.Title, Reason: fmt.Sprintf(format, args...)})
	l.rules = slices.DeleteFunc(l.rules, func(o *rule) bool { return o == r })
}

// maxChain is how many correlations may be built on one another.
const maxChain = 4

// link joins the correlations to their rules. One whose rule is missing or
// refused is refused too, and so are those built on it.
func (l *linker) link() {
	for again := true; again; {
		again = false
		for _, r := range slices.Clone(l.rules) {
			if r.Correlation == nil {
				continue
			}
			if reason := l.fault(r, 0); reason != "" {
				l.refuse(r, r.Correlation.Line, "%s", reason)
				again = true
			}
		}
	}
	for _, r := range l.rules {
		if r.Correlation == nil {
			continue
		}
		for i, name := range r.Correlation.Rules {
			of := l.byName[name]
			of.feeds = append(of.feeds, feed{r, i})
			of.speaks = of.speaks && r.Correlation.Generate
			// A rule that changed counts other events: its correlations begin anew.
			for b := range r.key {
				r.key[b] ^= of.Hash[(b+i)%16]
			}
		}
	}
}

// fault says why a correlation cannot be linked.
func (l *linker) fault(r *rule, depth int) string {
	c := r.Correlation
	if depth > maxChain {
		return fmt.Sprintf("correlations are built on one another deeper than %d, or in a circle", maxChain)
	}
	if c.Type == sigma.TemporalOrdered && len(c.Bounds) > 0 && !(len(c.Bounds) == 1 && c.Bounds[0] == (sigma.Bound{Cmp: sigma.GTE, Number: float64(len(c.Rules))})) {
		return "temporal_ordered needs all of its rules: leave the condition out"
	}
	for _, name := range c.Rules {
		of := l.byName[name]
		switch {
		case of == nil || !slices.Contains(l.rules, of):
			return fmt.Sprintf("it refers to the rule %q, which is missing or refused", name)
		case of.Correlation == nil:
		case correlate.Judged(of.Correlation):
			return fmt.Sprintf("it refers to the correlation %q, which is judged at the end of its window: that is no event", name)
		default:
			if reason := l.fault(of, depth+1); reason != "" {
				return reason
			}
		}
	}
	return ""
}

// compile compiles the rules together. If more are looked at for every event
// than may be, the further ones are refused.
func (l *linker) compile(s *set, everyEvent int) error {
	for {
		s.singles, s.correlations = nil, nil
		var exprs []*sigma.Expr
		for _, r := range l.rules {
			if r.Correlation != nil {
				s.correlations = append(s.correlations, r)
				continue
			}
			r.number = len(exprs)
			s.singles = append(s.singles, r)
			exprs = append(exprs, r.Expr)
		}
		p, err := match.Compile(exprs)
		if err != nil {
			return fmt.Errorf("compile the rules: %w", err)
		}
		s.scratch, s.rules = p.NewScratch(), l.rules
		slow := slices.DeleteFunc(slices.Clone(s.singles), func(r *rule) bool { return p.Cost(r.number) != match.Every })
		if len(slow) <= everyEvent {
			return nil
		}
		for _, r := range slow[everyEvent:] {
			l.refuse(r, r.Line, "it would be looked at for every event, since nothing that it looks for can be waited for, and rules.every_event allows %d such rules: add a value that every match has", everyEvent)
		}
		l.unlink()
		l.link()
	}
}

func (l *linker) unlink() {
	for _, r := range l.rules {
		r.feeds, r.speaks, r.key = nil, true, r.Hash
	}
}

// name gives each rule the name of what it finds. Rules of one name are told
// apart by digits of their text's hash.
func (l *linker) name() {
	count := map[string]int{}
	for _, r := range l.rules {
		count[slug(r.Rule)]++
	}
	for _, r := range l.rules {
		r.detector = "rules." + slug(r.Rule)
		if count[slug(r.Rule)] > 1 {
			r.detector += fmt.Sprintf("_%x", r.Hash[:4])
		}
	}
}

// maxSlug is how long a detector's name gets.
const maxSlug = 64

// slug makes a name of a rule's name or title: small letters, digits and _.
func slug(r *sigma.Rule) string {
	name := cmp.Or(r.Name, r.Title)
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		} else if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
			b.WriteByte('_')
		}
		if b.Len() >= maxSlug {
			break
		}
	}
	if s := strings.Trim(b.String(), "_"); s != "" {
		return s
	}
	return fmt.Sprintf("rule_%x", r.Hash[:4])
}

// tell fills the set's infos, in the order of the files.
func (l *linker) tell(s *set) {
	for _, x := range l.refused {
		s.infos = append(s.infos, Info{File: x.File, Line: x.Line, ID: x.ID, Title: x.Title, State: Refused, Reason: x.Reason})
	}
	for _, r := range s.rules {
		x := Info{File: r.File, Line: r.Line, ID: r.ID, Name: r.Name, Title: r.Title, Level: cmp.Or(r.Level, "medium"), Status: r.Status, State: Active}
		if r.speaks {
			x.Detector = r.detector
		}
		if c := r.Correlation; c != nil {
			x.Source, x.Cost = "correlation "+string(c.Type), "matches"
		} else {
			x.Source, x.Cost = r.Source.String(), s.scratch.Program().Cost(r.number).String()
		}
		s.infos = append(s.infos, x)
	}
	slices.SortStableFunc(s.infos, func(a, b Info) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	for _, r := range s.rules {
		r.info = slices.IndexFunc(s.infos, func(x Info) bool { return x.File == r.File && x.Line == r.Line && x.State == Active })
	}
}

// adopt takes over the tables of correlations that have not changed.
func (s *set) adopt(old *set) {
	byKey := map[[16]byte]*rule{}
	for _, r := range old.correlations {
		byKey[r.key] = r
	}
	for _, r := range s.correlations {
		if o := byKey[r.key]; o != nil {
			r.table.Restore(o.table.State())
		}
	}
}

// current returns the rule that was being looked at, or nil.
func (s *set) current() *rule {
	if n := s.scratch.Current(); n >= 0 && n < len(s.singles) {
		return s.singles[n]
	}
	return nil
}
