package correlate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/gatehound/gatehound/detectors/campaign/correlate/internal/crowd"
	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

var kindNames = [crowd.Groups]string{
	crowd.ByLengths:  "lengths",
	crowd.BySettings: "settings",
	crowd.ByClient:   "client",
	crowd.ByNetwork:  "network",
	crowd.ByTemplate: "template",
	crowd.ByVolume:   "volume",
	crowd.ByTiming:   "timing",
	crowd.ByStart:    "start",
}

// kindTexts say in words what a link is, after "120 of 130 members".
var kindTexts = [crowd.Groups]string{
	crowd.ByLengths:  "send and receive texts of the same lengths",
	crowd.BySettings: "ask the same models with the same settings",
	crowd.ByClient:   "use the same client software",
	crowd.ByNetwork:  "come from the same networks",
	crowd.ByTemplate: "have the same template or instruction in their prompts",
	crowd.ByVolume:   "take the same amount a day",
	crowd.ByTiming:   "call at the same hours in the same manner",
	crowd.ByStart:    "began at the same time",
}

// KindNames returns the kinds of links by their bits in Cluster.Linked.
func KindNames() []string { return slices.Clone(kindNames[:]) }

// quotaText says how much each takes, of a median a day; of members that are seen
// for less than a day, so many calls so far.
func quotaText(median, sigma, others, sofar float64) string {
	each := words.Count(max(math.Round(median), 1), "call") + " a day each"
	if sofar > 0 {
		each = words.Count(max(math.Round(sofar), 1), "call") + " each so far"
	}
	return fmt.Sprintf("about %s, within a factor of %s; other callers differ by a factor of %s",
		each, words.Number(math.Exp(max(sigma, 0.05))), words.Number(math.Exp(others)))
}

// timingText says how calls come and when all members together rest, if they are
// seen for long enough to know.
func timingText(within, without, quiet float64, brief bool) string {
	text := fmt.Sprintf("calls of %s come one by one as a program sends them, not in people's sessions nor by a clock, against %s of other callers",
		share(within), share(without))
	switch {
	case brief:
		return text
	case quiet < 0.15:
		return text + ", and together they rest for a part of the day"
	}
	return text + ", and together they rest for no part of the day"
}

func cohortText(from, to uint32, in, out float64) string {
	return fmt.Sprintf("%s began within %s, against %s of other callers", share(in), span(from, to), share(out))
}

const moveText = "they moved from one model to another together"

func harvestText(length, others, probe float64) string {
	if probe >= 1 {
		return "they ask for probabilities or for the reasoning behind answers, which few others do"
	}
	return fmt.Sprintf("answers of %s on average, against %s of other callers", words.Count(max(length, 1), "token"), words.Number(max(others, 1)))
}

func poolText(again float64) string {
	return fmt.Sprintf("their prompts hardly overlap: %s of them were sent by more than one member", share(again))
}

// share writes a share as people say it.
func share(s float64) string { return words.Percent(s) }

// span writes a stretch of minutes.
func span(from, to uint32) string {
	switch m := float64(crowd.Sub(to, from)); {
	case m < 120:
		return words.Count(max(m, 2), "minute")
	case m < 48*60:
		return words.Count(m/60, "hour")
	default:
		return words.Count(m/(24*60), "day")
	}
}

// cluster puts a verdict into words.
func (p *population) cluster(v *verdict) Cluster {
	g := v.g
	order := make([]int, len(g.members))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(crowd.Positive(p.Profile(g.members[b]).Calls), crowd.Positive(p.Profile(g.members[a]).Calls))
	})
	c := Cluster{Score: v.score, Groups: v.links + v.acts, Innocent: v.innocent}
	var linked [crowd.Groups]int
	var weight [crowd.Groups]float64
	for _, i := range order {
		c.Members = append(c.Members, int(p.At[g.members[i]]))
		c.Likeness = append(c.Likeness, float32(1/(1+math.Exp(-float64(g.total[i])/4))))
		var bits uint32
		for k, f := range g.fits[i] {
			if f > clear {
				bits |= 1 << k
				linked[k]++
				weight[k] += float64(f)
			}
		}
		c.Linked = append(c.Linked, bits)
	}
	c.Links = links(linked, weight, len(g.members), p.sharers(g))
	for _, x := range v.pieces {
		if x.value <= 0 || x.text == "" && x.observed < 0.5 { // of what nobody clearly has there is nothing to say
			continue
		}
		if x.text == "" {
			x.text = fmt.Sprintf("%s of them have it in common, against %s of other callers", share(x.observed/100), share(x.expected/100))
			if k := slices.Index(kindNames[:], x.name); k >= 0 {
				x.text = fmt.Sprintf("%s %s, against %s of other callers", share(x.observed/100), kindTexts[k], share(x.expected/100))
			}
		}
		c.Features = append(c.Features, schemas.Feature{Name: x.name, Observed: x.observed, Expected: x.expected, Unit: x.unit, Weight: x.value, Text: x.text})
	}
	slices.SortStableFunc(c.Features, func(a, b schemas.Feature) int { return cmp.Compare(b.Weight, a.Weight) })
	sum := 0.0
	for _, f := range c.Features {
		sum += f.Weight
	}
	for i := range c.Features {
		c.Features[i].Weight /= sum
	}
	return c
}

// sharers estimates how many others fit in each group.
func (p *population) sharers(g *grown) (out [crowd.Groups]int) {
	for k, s := range g.common {
		out[k] = int(s*float64(len(p.At)-len(g.members)) + 0.5)
	}
	return out
}

// links returns what a third of the members or more share.
func links(linked [crowd.Groups]int, weight [crowd.Groups]float64, size int, others [crowd.Groups]int) []schemas.Link {
	var out []schemas.Link
	sum := 0.0
	for k, n := range linked {
		if 3*n < size {
			continue
		}
		out = append(out, schemas.Link{Kind: kindNames[k], Members: n, Others: others[k], Weight: weight[k],
			Text: fmt.Sprintf("%s of %s %s", words.Number(float64(n)), words.Count(float64(size), "member"), kindTexts[k])})
		sum += weight[k]
	}
	for i := range out {
		out[i].Weight /= sum
	}
	slices.SortStableFunc(out, func(a, b schemas.Link) int { return cmp.Compare(b.Weight, a.Weight) })
	return out
}
