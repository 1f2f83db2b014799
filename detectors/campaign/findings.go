package campaign

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/campaign/correlate"
	"github.com/gatehound/gatehound/detectors/evidence"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// sum is what the members of a campaign took together.
type sum struct {
	amount
	day, now    float64
	first, last uint32
	// joined is how many joined since the last finding.
	joined int
	// began is since when there are keys of it, before how many members called
	// before that: they are not in the sums.
	began  uint32
	before int
}

// keys is how many members are keys that came with the campaign.
func (s *sum) keys(k *known) int { return len(k.members) - s.before }

// sum adds up the members.
func (k *known) sum() sum {
	s := sum{began: k.began()}
	for i := range k.members {
		b := &k.members[i]
		if b.before(s.began) {
			s.before++
			continue
		}
		s.add(b.had)
		s.add(b.took)
		s.day, s.now = s.day+float64(b.day), s.now+float64(b.now)
		if b.first > 0 && (s.first == 0 || b.first < s.first) {
			s.first = b.first
		}
		s.last = max(s.last, b.last)
		if k.told > 0 && b.joined > k.told {
			s.joined++
		}
	}
	return s
}

// say reports a campaign that was seen, unless it was reported lately and is not
// worse than it was then.
func (d *watch) say(x *detectors.Correlation, s sighting, all []profiled, end uint32) {
	k, total := s.known, s.sum()
	if total.calls < float64(d.config.Exchanges) || d.doubtful(s) && k.told == 0 && k.windows < persists {
		return
	}
	severity := d.severity(s, total)
	worse := severity > k.toldSeverity || uint32(len(k.members)) >= 2*k.toldSize || total.calls >= 2*k.toldCalls
	again := since(k.told, end) >= uint32(d.config.RepeatHours)*60 && total.calls > k.toldCalls
	if k.told > 0 && !worse && !again {
		return
	}
	x.Emit(&schemas.Finding{
		Detector: "campaign.extraction", Severity: severity, Events: events(total),
		Confidence: evidence.Confidence(s.cluster.Score, d.config.Score, 0.6, 0.99),
		Title:      title(k, total), Summary: summary(s, total),
		Features: d.features(s, total, all),
		Campaign: describe(s, total),
	})
	k.told, k.toldSize, k.toldCalls, k.toldSeverity = end, uint32(len(k.members)), total.calls, severity
}

// events is how many events of the members were in the window; at least one, as
// a finding about a window without any would be about nothing.
func events(total sum) int64 { return int64(min(max(total.now, 1), 1e15)) }

// severity is by what was taken and by how many, and by how sure it is: little
// over the least score it is one degree lower.
func (d *watch) severity(s sighting, total sum) schemas.Severity {
	severity := schemas.SeverityMedium
	switch n := total.keys(s.known); {
	case n >= 1000 || total.calls >= 100_000:
		severity = schemas.SeverityCritical
	case n >= 100 || total.calls >= 10_000 || s.cluster.Score >= 2*d.config.Score:
		severity = schemas.SeverityHigh
	}
	if d.doubtful(s) {
		severity--
	}
	return severity
}

// doubtful tells that the evidence is little over what is needed: callers are
// looked at each hour, and in one of many hours some that are not of one hand seem
// to be.
func (d *watch) doubtful(s sighting) bool { return s.cluster.Score < 1.2*d.config.Score }

// persists is in how many windows a doubtful campaign is seen before it is told.
const persists = 6

func title(k *known, total sum) string {
	return fmt.Sprintf("Campaign: %s took %s in %s as one",
		words.Count(float64(total.keys(k)), "key"), words.Count(total.calls, "answer"), duration(total.first, total.last))
}

// duration writes the time between two times, at least a minute.
func duration(from, to uint32) string {
	m := max(since(from, to), 1)
	if m < 48*60 {
		return words.Duration(time.Duration(m) * time.Minute)
	}
	return words.Count(float64(m)/(24*60), "day")
}

// summary says what was taken since when, and why it is of one hand.
func summary(s sighting, total sum) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s took %s", words.Count(float64(total.keys(s.known)), "key"), words.Count(total.calls, "answer"))
	if total.output >= 2 {
		fmt.Fprintf(&b, " with %s", words.Count(total.output, "token"))
	}
	fmt.Fprintf(&b, " together since %s UTC", at(total.first).Format("2 January 15:04"))
	if total.day >= 1 && total.day < 0.99*total.calls {
		fmt.Fprintf(&b, ", %s of them in the last 24 hours", words.Number(total.day))
	}
	if total.joined > 0 {
		fmt.Fprintf(&b, ", and %s joined since %s UTC", words.Count(float64(total.joined), "key"), at(s.told).Format("2 January 15:04"))
	}
	if total.before > 0 {
		fmt.Fprintf(&b, "; %s that called long before now look the same and are not counted", words.Count(float64(total.before), "customer"))
	}
	b.WriteString(". ")
	b.WriteString(reason(s.cluster))
	if s.cluster.Innocent != "" {
		fmt.Fprintf(&b, " Most likely innocent explanation: %s.", clause(s.cluster.Innocent))
	}
	return b.String()
}

// reason says in a sentence what holds the members together: the strongest link
// with how rare it is, and the strongest figure of what they do.
func reason(c *correlate.Cluster) string {
	var why []string
	if len(c.Links) > 0 {
		l := &c.Links[0]
		others := "no other caller does"
		switch {
		case l.Others == 1:
			others = "1 other caller does"
		case l.Others > 1:
			others = words.Number(float64(l.Others)) + " others do"
		}
		why = append(why, fmt.Sprintf("%s (%s)", clause(l.Text), others))
	}
	if f := deed(c); f != nil {
		why = append(why, clause(f.Text))
	}
	if len(why) == 0 {
		return "They act as one, as unrelated callers hardly do."
	}
	return "They act as one, as unrelated callers hardly do: " + strings.Join(why, ", and ") + "."
}

// deed returns the strongest figure that does not say once more what a link does:
// that the first link does, if there are few figures. It is nil if there is none.
func deed(c *correlate.Cluster) *schemas.Feature {
	told := c.Links
	if len(c.Features) <= 3 {
		told = told[:min(len(told), 1)]
	}
	for i := range c.Features {
		f := &c.Features[i]
		if !slices.ContainsFunc(told, func(l schemas.Link) bool { return l.Kind == f.Name }) {
			return f
		}
	}
	return nil
}

// clause returns a text without the point at its end.
func clause(text string) string { return strings.TrimSuffix(strings.TrimSpace(text), ".") }

// sentence returns a text with a capital and a point.
func sentence(text string) string {
	r, n := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(r)) + clause(text[n:]) + "."
}

// describe fills in what the finding says about the campaign.
func describe(s sighting, total sum) *schemas.Campaign {
	c := &schemas.Campaign{
		ID: fmt.Sprintf("c-%012x", s.id), Score: s.cluster.Score, First: at(total.first), Last: at(total.last),
		Size: len(s.members), Joined: total.joined,
		Exchanges: whole(total.calls), Today: whole(total.day), InputTokens: whole(total.input), OutputTokens: whole(total.output),
		Links: slices.Clone(s.cluster.Links),
	}
	kinds := correlate.KindNames()
	for i := range s.members {
		b := &s.members[i]
		took := b.had
		took.add(b.took)
		m := schemas.Member{
			Principal: b.name, First: at(b.first), Last: at(b.last),
			Exchanges: whole(took.calls), InputTokens: whole(took.input), OutputTokens: whole(took.output),
			Likeness: float64(b.likeness),
		}
		for bit, kind := range kinds {
			if b.linked&(1<<bit) != 0 {
				m.Links = append(m.Links, kind)
			}
		}
		if b.before(total.began) {
			m.Links = append(m.Links, schemas.KnownBefore)
		}
		c.Members = append(c.Members, m)
	}
	slices.SortStableFunc(c.Members, func(a, b schemas.Member) int {
		return cmp.Or(flag(knownBefore(&a))-flag(knownBefore(&b)), cmp.Compare(b.Exchanges, a.Exchanges))
	})
	for i := range c.Members[:min(len(c.Members), schemas.MaxNamed, max(total.keys(s.known), 1))] {
		c.Named = append(c.Named, c.Members[i].Principal)
	}
	return c
}

func knownBefore(m *schemas.Member) bool { return slices.Contains(m.Links, schemas.KnownBefore) }

// whole returns v as a whole number.
func whole(v float64) int64 { return int64(min(max(v, 0), 1e18)) }
