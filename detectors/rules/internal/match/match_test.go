package match

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/schemas"
)

// pick returns one of several.
func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

var (
	fragments = []string{"/v1/", "chat", "/.env", "models", "admin", "..%2f", "SELECT", "union", "sk", "k", "K", "ſ", "İ", "é", "É", "a", "ab", "aba", "bab", "*", "?", `\*`, `\`, "=", "&", "x1", "-", " -enc", "\xff", "日本"}
	texts     = []string{"path", "cs-uri-stem", "cs-uri-query", "c-uri", "query", "c-useragent", "host", "model", "method", "auth", "client_class", "c-uri-extension", "route"}
	numbers   = []string{"status", "input_tokens", "cs-bytes", "temperature", "offset", "asn"}
	regulars  = []string{`sel(f|l)`, `^/v\d/`, `(?i)UNION|admin`, `[a-z]+/\.env$`, `a.*b`, `k+s`, `(chat|models)x?`, `\x{fffd}`, `x{2,3}1`, `.`, `^$`, `(a|b|)c*`, `日`}
)

func word(r *rand.Rand, valid bool) string {
	var b strings.Builder
	for range 1 + r.IntN(3) {
		f := pick(r, fragments...)
		if valid && f == "\xff" {
			continue
		}
		b.WriteString(f)
	}
	return b.String()
}

// ruleText writes a rule by chance.
func ruleText(r *rand.Rand) string {
	var b strings.Builder
	b.WriteString("title: t\nlogsource: {category: webserver}\ndetection:\n")
	n := 1 + r.IntN(4)
	for i := range n {
		fmt.Fprintf(&b, "  sel%d:\n", i)
		switch r.IntN(8) {
		case 0:
			fmt.Fprintf(&b, "    - %q\n    - %q\n", word(r, true), word(r, true))
			continue
		case 1:
			fmt.Fprintf(&b, "    - %s\n    - %s\n", item(r), item(r))
			continue
		}
		fmt.Fprintf(&b, "    %s\n", item(r))
		if r.IntN(2) == 0 {
			fmt.Fprintf(&b, "    %s\n", item(r))
		}
	}
	fmt.Fprintf(&b, "  condition: %s\n", pick(r, "sel0", "not sel0", "1 of sel*", "all of them", "all of sel* and not sel0",
		fmt.Sprintf("sel0 and not sel%d", n-1), fmt.Sprintf("sel0 or sel%d and not (sel0 and sel%d)", n-1, n-1), fmt.Sprintf("not (not sel0 or not sel%d)", n-1)))
	return b.String()
}

func item(r *rand.Rand) string {
	list := func(make func() string) string {
		all := []string{make()}
		for range r.IntN(3) {
			all = append(all, make())
		}
		if r.IntN(12) == 0 {
			for range 10 {
				all = append(all, make())
			}
		}
		return "[" + strings.Join(all, ", ") + "]"
	}
	text := func() string { return fmt.Sprintf("%q", word(r, true)) }
	number := func() string { return pick(r, "0", "200", "404", "1000", "0.7", "5") }
	switch r.IntN(14) {
	case 0:
		return pick(r, numbers...) + ": " + list(number)
	case 1:
		return pick(r, numbers...) + "|" + pick(r, "lt", "lte", "gt", "gte", "gte|neq") + ": " + number()
	case 2:
		return pick(r, append(texts, numbers...)...) + "|exists: " + pick(r, "true", "false")
	case 3:
		return pick(r, texts...) + ": " + pick(r, "null", "''", "'*'")
	case 4:
		return "c-ip|cidr: " + list(func() string {
			return pick(r, "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3/32", "2001:db8::/32", "0.0.0.0/0")
		})
	case 5:
		return "c-ip: " + list(func() string { return pick(r, "10.1.2.3", "'10.1.*'", "'2001:db8::?'") })
	case 6:
		return pick(r, texts...) + "|re" + pick(r, "", "|i", "|i|s", "|neq") + ": " + list(func() string { return "'" + pick(r, regulars...) + "'" })
	case 7:
		return "path|fieldref" + pick(r, "", "|cased", "|neq") + ": " + pick(r, "host", "query", "user_agent")
	case 8:
		return "time|" + pick(r, "hour", "minute", "day|gte", "month") + ": " + pick(r, "3", "10", "15")
	case 9:
		return pick(r, numbers...) + pick(r, "", "|contains", "|startswith") + ": " + list(func() string { return pick(r, "'4*'", "'?0?'", "'20'") })
	case 10:
		return pick(r, "stream", "logprobs") + ": " + pick(r, "true", "false")
	case 11:
		return pick(r, texts...) + "|" + pick(r, "base64offset|contains", "windash|contains", "wide|base64offset|contains") + ": " + `"ab -enc"`
	default:
		return pick(r, texts...) + pick(r, "", "|contains", "|startswith", "|endswith", "|contains|all", "|contains|cased", "|cased", "|startswith|neq", "|endswith|cased") + ": " + list(text)
	}
}

// event makes an event by chance.
func event(r *rand.Rand) schemas.Event {
	maybe := func(s string) string {
		if r.IntN(4) == 0 {
			return ""
		}
		return s
	}
	e := schemas.Event{
		Time: time.Date(2026, time.Month(1+r.IntN(12)), 1+r.IntN(28), r.IntN(24), r.IntN(60), 0, 0, time.UTC).UnixNano(), Path: maybe(word(r, false) + word(r, false)), Query: maybe(word(r, false)),
		Host: maybe(word(r, false)), UserAgent: maybe(word(r, false) + word(r, false)), Model: maybe(word(r, true)), Method: pick(r, "GET", "POST", ""),
		Route: pick(r, "", "chat", "/v1/chat"), Status: pick[uint16](r, 0, 200, 404, 500), InputTokens: pick[int64](r, 0, 5, 1000, 100000),
		RequestBytes: pick[int64](r, 0, 5, 200), Temperature: pick[float32](r, 0, 0.7, 1), Known: schemas.FieldSet(r.Uint32()),
		Auth: schemas.AuthOutcome(r.IntN(3)), ClientClass: schemas.ClientClass(r.IntN(8)), Stream: r.IntN(2) == 0, ASN: pick[uint32](r, 0, 5),
	}
	e.Position.Offset = pick[int64](r, 0, 5, 200)
	switch r.IntN(4) {
	case 0:
		e.ClientAddr = pick(r, netip.MustParseAddr("10.1.2.3"), netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("::ffff:10.9.9.9"))
	case 1:
		e.Client = pick(r, netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("10.1.9.9"))
	}
	return e
}

// disagree holds events against rules in both ways.
func disagree(t *testing.T, r *rand.Rand, rules, events int) (hits int) {
	t.Helper()
	var exprs []*sigma.Expr
	var written []string
	for range rules {
		text := ruleText(r)
		parsed, refused := sigma.Parse("r.yml", []byte(text), nil)
		require.Equal(t, 1, len(parsed)+len(refused), text)
		if len(parsed) == 1 {
			exprs, written = append(exprs, parsed[0].Expr), append(written, text)
		}
	}
	p, err := Compile(exprs)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(exprs), rules/2, "most of the rules are accepted")
	s := p.NewScratch()
	for range events {
		ev := event(r)
		for range 1 + r.IntN(2) { // the second time from the caches
			got := slices.Clone(s.Match(&ev))
			hits += len(got)
			for i, e := range exprs {
				if want := reference(e, &ev); want != slices.Contains(got, int32(i)) {
					require.Failf(t, "they disagree", "the reference says %v of\n%s\n%+v", want, written[i], ev)
				}
			}
		}
	}
	return hits
}

// TestCompiledAgreesWithTheReference holds random events against random rules,
// compiled together and one by one.
func TestCompiledAgreesWithTheReference(t *testing.T) {
	hits := 0
	for seed := range uint64(60) {
		hits += disagree(t, rand.New(rand.NewPCG(seed, 1)), 25, 40)
	}
	require.Greater(t, hits, 3000, "the rules hold often enough to mean something")
}

func FuzzCompiledAgreesWithTheReference(f *testing.F) {
	f.Add([]byte("seed"))
	f.Fuzz(func(t *testing.T, seed []byte) {
		var b [16]byte
		copy(b[:], seed)
		disagree(t, rand.New(rand.NewPCG(binary.LittleEndian.Uint64(b[:8]), binary.LittleEndian.Uint64(b[8:]))), 12, 10)
	})
}
