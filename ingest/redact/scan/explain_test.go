package scan

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/redact/scan/labelled"
	"github.com/gatehound/gatehound/schemas"
)

func explained(s *Scanner, text string, mode Mode) (all []string) {
	s.Explain(text, mode, func(kind schemas.RedactionKind, recogniser string, start, end int) {
		all = append(all, fmt.Sprintf("%s %s %q", kind, recogniser, text[start:end]))
	})
	return all
}

func TestExplain(t *testing.T) {
	var s Scanner
	for _, c := range []struct {
		text string
		want []string
	}{
		{"/v1/chat/completions", nil},
		{"mail a@b.com now", []string{`email email.address "a@b.com"`}},
		{"mail a%40b.com now", []string{`email email.address "a%40b.com"`}},
		{"é 203.0.113.7 a@b.com", []string{`address address.ipv4 "203.0.113.7"`, `email email.address "a@b.com"`}},
		{"4111 1111 1111 1111", []string{`card card.luhn "4111 1111 1111 1111"`}},
		{"a=1&password=hunter2&b=2", []string{`parameter parameter.name "hunter2"`}},
		{"ssn 078-05-1120", []string{`national_id national.us_ssn "078-05-1120"`}},
		{"call +14155552671 or 4155552671", []string{`phone phone.e164 "+14155552671"`}},
		{"gh" + "p_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5", []string{`cloud_key secret.github "` + "gh" + `p_aB3dE5fG7hI9jK1lM3nO5pQ7rS9tU1vW3xY5"`}},
		{"a\x00b", []string{`unproven text.control "\x00"`}},
		{strings.Repeat("a@b ", MaxInput), []string{fmt.Sprintf("unproven bound.length %q", strings.Repeat("a@b ", MaxInput))}},
		// The address shows once the one before it is gone.
		{"a@b.com@c.com", []string{`email email.address "a@b.com"`}},
	} {
		if got := explained(&s, c.text, 0); !slices.Equal(got, c.want) {
			t.Errorf("%.40q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestRecogniserNames(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Recognisers() {
		family, what, ok := strings.Cut(name, ".")
		if !ok || family == "" || what == "" || seen[name] {
			t.Errorf("recogniser %q", name)
		}
		seen[name] = true
	}
	if len(seen) < 80 {
		t.Errorf("%d recognisers", len(seen))
	}
}

// TestExplainTellsWhatCleanDoes holds that both find the same, and that what
// Explain points at lies within the text.
func TestExplainTellsWhatCleanDoes(t *testing.T) {
	var s Scanner
	rng := rand.New(rand.NewPCG(7, 7))
	texts := readLabelled(t, 7, labelled.Tuning...)
	for range 3000 {
		a, b := texts[rng.IntN(len(texts))].Text, texts[rng.IntN(len(texts))].Text
		text := a[:rng.IntN(len(a)+1)] + b[rng.IntN(len(b)+1):]
		for _, mode := range []Mode{0, ID, Prompts, Parameters} {
			_, want := clean(t, &s, text, mode)
			var got schemas.RedactionCounts
			s.Explain(text, mode, func(kind schemas.RedactionKind, recogniser string, start, end int) {
				if start < 0 || end <= start || end > len(text) {
					t.Errorf("%s at %d to %d of %d bytes", recogniser, start, end, len(text))
				}
				if recogniser != "text.control" || got[schemas.RedactedUnproven] == 0 {
					got.Add(kind)
				}
			})
			if got != want {
				t.Errorf("%q: explained %v, cleaned %v", text, got, want)
			}
		}
	}
}
