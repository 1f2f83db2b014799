package match

import (
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/pattern"
)

// TestAutomatonFindsWhatIsThere holds it against looking for each literal.
func TestAutomatonFindsWhatIsThere(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func(n int) string {
		var b strings.Builder
		for range n {
			b.WriteByte(pick(r, byte('a'), byte('b'), byte('c'), byte(0xff)))
		}
		return b.String()
	}
	for range 300 {
		var literals []literal
		for i := range 1 + r.IntN(40) {
			literals = append(literals, literal{text(1 + r.IntN(5)), out{target(i), r.IntN(4) == 0, r.IntN(4) == 0}})
		}
		a := newAutomaton(slices.Clone(literals))
		for range 20 {
			s := text(r.IntN(30))
			found := map[target]bool{}
			a.scan(s, func(t target) { found[t] = true })
			for _, l := range literals {
				want := strings.Contains(s, l.text)
				switch {
				case l.out.start && l.out.end:
					want = s == l.text
				case l.out.start:
					want = strings.HasPrefix(s, l.text)
				case l.out.end:
					want = strings.HasSuffix(s, l.text)
				}
				require.Equal(t, want, found[l.out.target], "%q in %q", l.text, s)
			}
		}
	}
}

// TestSparseStatesWorkLikeRows makes an automaton too large for its table.
func TestSparseStatesWorkLikeRows(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var literals []literal
	words := map[string]bool{}
	for len(literals) < 20_000 {
		b := make([]byte, 4+r.IntN(12))
		for i := range b {
			b[i] = byte('a' + r.IntN(26))
		}
		words[string(b)] = true
		literals = append(literals, literal{string(b), out{target: target(len(literals))}})
	}
	a := newAutomaton(slices.Clone(literals))
	require.LessOrEqual(t, len(a.rows), maxCells)
	require.Negative(t, int(a.nodes[len(a.nodes)-1].row), "the deep ones have none")
	for range 2000 {
		l := literals[r.IntN(len(literals))]
		s := literals[r.IntN(len(literals))].text + l.text + literals[r.IntN(len(literals))].text
		found := false
		a.scan(s, func(t target) { found = found || t == l.out.target })
		require.True(t, found)
	}
}

// TestNeedsAreNeeded makes texts that expressions match.
func TestNeedsAreNeeded(t *testing.T) {
	for source, texts := range map[string][]string{
		`/admin/\d+`:                {"/admin/5", "x/admin/77y"},
		`(?i)kelvin`:                {"KELVIN", "\u212aelvin"},
		`(?i)ſ+select`:              {"SSELECT", "ſselect"},
		`(foo|bar)baz`:              {"foobaz", "barbaz"},
		`(?:abc){2,3}x`:             {"abcabcx"},
		`^(GET|POST) /x`:            {"GET /x", "POST /x"},
		`a?b+cde`:                   {"bcde", "abbcde"},
		`\.(zip|asp)\?d=[0-9]{1,3}`: {".zip?d=1", "x.asp?d=99"},
		`x\x{fffd}yz`:               {"x\xffyz", "x\ufffdyz"},
		`(abc|)def`:                 {"def"},
	} {
		needed := needs(source)
		require.NotEmpty(t, needed, source)
		re := regexp.MustCompile(source)
		for _, text := range texts {
			require.True(t, re.MatchString(text), "%s of %q", source, text)
			folded := string(pattern.AppendFolded(nil, text))
			require.True(t, slices.ContainsFunc(needed, func(n string) bool { return strings.Contains(folded, n) }), "%q of %s has none of %q", text, source, needed)
		}
	}
	for _, source := range []string{`.*`, `[a-z]+`, `(a|b)`, `(abc)?`, `(abc|[0-9])`, `x*`, `(`} {
		require.Empty(t, needs(source), source)
	}
}

func TestCostsAreTold(t *testing.T) {
	for detection, want := range map[string]Cost{
		"path|contains: /.env":                       Rare,
		"path|contains: /v1/":                        Frequent,
		"path|re: '^[a-z]+$'":                        Every,
		"path: null":                                 Every,
		"status: 200":                                Frequent,
		"status: 404":                                Rare,
		"c-ip|cidr: 10.1.2.0/24":                     Rare,
		"path|exists: true":                          Frequent,
		"c-ip: '10.*'":                               Every,
		"time|hour: 3":                               Every,
		"path|fieldref: query":                       Every,
		"{path|contains: /.env, path|re: '[a-z]'}":   Rare,
		"[{path|contains: /.env}, {path|re: '[a]'}]": Every,
	} {
		p := compile(t, detection)
		require.Equal(t, want, p.Cost(0), detection)
		require.NotEmpty(t, want.String())
	}
}
