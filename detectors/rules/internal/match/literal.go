package match

import (
	"math"
	"regexp/syntax"
	"strings"
	"unicode/utf8"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
)

// shortest is the least length of a literal that stands for a pattern: shorter
// ones are in too many texts.
const shortest = 2

// maxNeeds bounds the literals of which a regular expression needs one.
const maxNeeds = 64

// needs returns literals, folded, of which every text that the expression
// matches has at least one; none if there are no such literals.
func needs(source string) []string {
	tree, err := syntax.Parse(source, syntax.Perl)
	if err != nil {
		return nil
	}
	return needed(tree.Simplify())
}

func needed(re *syntax.Regexp) []string {
	switch re.Op {
	case syntax.OpLiteral:
		if l := longest(re.Rune); len(l) >= shortest {
			return []string{l}
		}
	case syntax.OpCapture, syntax.OpPlus:
		return needed(re.Sub[0])
	case syntax.OpRepeat:
		if re.Min > 0 {
			return needed(re.Sub[0])
		}
	case syntax.OpConcat:
		var best []string
		for _, sub := range re.Sub {
			if l := needed(sub); len(l) > 0 && (best == nil || rarer(l, best)) {
				best = l
			}
		}
		return best
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			l := needed(sub)
			if len(l) == 0 || len(all)+len(l) > maxNeeds {
				return nil
			}
			all = append(all, l...)
		}
		return all
	default:
	}
	return nil
}

func rarer(a, b []string) bool { return shares(a) < shares(b) }

// longest returns the longest run of a literal, folded. A character that stands
// for bytes that are no UTF-8 ends a run: the text has those bytes.
func longest(runes []rune) string {
	best := ""
	var b []byte
	for _, r := range append(runes, utf8.RuneError) {
		if r == utf8.RuneError {
			if len(b) > len(best) {
				best = string(b)
			}
			b = b[:0]
			continue
		}
		b = utf8.AppendRune(b, pattern.FoldRune(r))
	}
	return best
}

// globLiteral returns the longest literal of a glob, folded.
func globLiteral(g *pattern.Glob) string {
	best := ""
	for i := range g.Pieces {
		p := &g.Pieces[i]
		last := 0
		for _, at := range append(append([]int(nil), p.Any...), len(p.Text)) {
			if at-last > len(best) {
				best = p.Text[last:at]
			}
			last = at + 1
		}
	}
	return string(pattern.AppendFolded(nil, best))
}

// ordinary is text that ordinary requests have: who waits for it is looked at
// for most events.
const ordinary = "post get /v1/chat/completions /v1/responses /v1/messages /v1/embeddings /v1/models /v1/completions " +
	"/openai/deployments/ /api/generate /api/chat api-version= https:// http:// ?stream=true " +
	"mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) chrome/ safari/ " +
	"openai/python anthropic/python python-requests/2. python-httpx/0. axios/1. node-fetch go-http-client/1.1 okhttp/ curl/8. " +
	"openai anthropic chat embeddings text_completion gpt-4o claude- llama api.openai.com .com success known upstream sdk 200"

// share guesses in which share of the texts a literal is.
func share(l string) float64 {
	if strings.Contains(ordinary, l) {
		return 0.5
	}
	return max(1e-5, math.Pow(0.25, float64(min(len(l), 8))))
}

func shares(ls []string) float64 {
	sum := 0.0
	for _, l := range ls {
		sum += share(l)
	}
	return sum
}

// never is the share of what cannot be waited for.
const never = math.MaxFloat64

// weight guesses for which share of the events a term holds, or could hold by
// its literals; never if it cannot be waited for.
func weight(t *sigma.Term, def *field.Def) float64 {
	switch t.Kind {
	case sigma.Matches:
		if l := globLiteral(&t.Glob); def.Kind == field.Text && l != "" {
			return share(l)
		}
	case sigma.Regular:
		if l := needs(t.Regexp); def.Kind == field.Text && len(l) > 0 {
			return shares(l)
		}
	case sigma.Compares:
		switch {
		case t.Part != sigma.Whole:
		case t.Cmp != sigma.EQ || def.Kind == field.Flag:
			return 0.3
		case def.Name == "status" && t.Number >= 200 && t.Number < 300:
			return 0.8
		default:
			return 0.03
		}
	case sigma.Within:
		bits := t.Prefix.Bits()
		if t.Prefix.Addr().Is6() {
			bits /= 2
		}
		return math.Pow(0.7, float64(bits))
	case sigma.Present:
		return 0.6
	case sigma.Absent, sigma.Empty, sigma.Equals:
	}
	return never
}
