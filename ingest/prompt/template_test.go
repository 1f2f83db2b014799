package prompt

import (
	"fmt"
	"strings"
	"testing"
)

func TestPromptFingerprint(t *testing.T) {
	p := newPrompter([32]byte{1})
	of := func(texts ...string) uint64 { _, f := p.measure(texts); return f }
	base := of("Tell me  a joke")
	for _, same := range []string{"tell me a joke", " TELL\tme\na joke \n", "tell me a joke\u00a0"} {
		if of(same) != base {
			t.Errorf("%q differs", same)
		}
	}
	for _, other := range [][]string{{"tell me a jokes"}, {"tell me", "a joke"}, {"tell me a joke", ""}, {}, {""}} {
		if of(other...) == base {
			t.Errorf("%q is the same", other)
		}
	}
	if of("É") != of("é") {
		t.Error("case beyond ASCII counts")
	}
	_, other := newPrompter([32]byte{2}).measure([]string{"tell me a joke"})
	if other == base {
		t.Error("the key does not count")
	}
	long := strings.Repeat("word ", 5000)
	if of(long) == of(long+"x") || of(long) != of(long+" ") {
		t.Error("long prompts")
	}
}

// TestTemplates fills the slots of templates and counts the fingerprints.
func TestTemplates(t *testing.T) {
	p := newPrompter([32]byte{1})
	fill := []string{"france", "Germany", "the united kingdom of great britain", "42", "\"a quoted thing\"", "jane@example.org",
		"https://example.com/a?b=c", "```\ncode\n```", "O'Brien & Sons", "x", "A much longer text, with commas. And two sentences!", "日本"}
	for template, share := range map[string]float64{
		"What is the capital of %s?":                                          0.75,
		"Translate the following sentence into French: %s":                    0.75,
		"Classify the sentiment of this review as positive or negative: %s":   0.75,
		"Write a short poem about %s and the sea":                             0.75,
		"Summarize the following article in one paragraph.\n\n%s":             0.75,
		"<document>%s</document>\nExtract all names from the document above.": 0.75,
		"Order %s: list what could be missing from it":                        0.5, // the slot is among the first words
	} {
		seen := map[uint64]int{}
		for i, f := range fill {
			text := fmt.Sprintf(template, f)
			seen[p.template([]string{text})]++
			seen[p.template([]string{strings.ToLower(text[:1]) + text[1:]})]++
			if i%2 == 0 { // and under a system prompt
				if p.template([]string{"You are helpful.", text}) == p.template([]string{text}) {
					t.Errorf("the system prompt does not count")
				}
			}
		}
		most := 0
		for _, n := range seen {
			most = max(most, n)
		}
		if float64(most) < share*2*float64(len(fill)) {
			t.Errorf("%q has %d fingerprints, the most common %d of %d times", template, len(seen), most, 2*len(fill))
		}
	}
}

func TestTemplatesOfLongMaterial(t *testing.T) {
	p := newPrompter([32]byte{1})
	seen := map[uint64]bool{}
	for i := range 20 {
		material := strings.Repeat(fmt.Sprintf("some words of the article number %d that go on and on ", i), 20)
		seen[p.template([]string{material + "\n\nSummarize the text above in one sentence."})] = true
	}
	if len(seen) != 1 {
		t.Errorf("%d fingerprints where the instruction follows the material", len(seen))
	}
}

func TestDifferentPromptsHaveDifferentTemplates(t *testing.T) {
	p := newPrompter([32]byte{1})
	seen := map[uint64]string{}
	for _, text := range []string{
		"How do I bake sourdough bread at home?", "Why is the sky blue at noon?", "Fix the bug in this function please",
		"Explain quantum entanglement like I am five", "Write a cover letter for a nurse", "Plan a trip to the mountains",
		"What should I cook tonight", "Translate hello into Spanish", "Compare two mortgage offers for me", "Give me names for a cat",
		"你好，请问今天天气怎么样", "请把这句话翻译成英文", "今日の天気を教えてください", "1 + 1", "", "THE END",
	} {
		f := p.template([]string{text})
		if was, ok := seen[f]; ok {
			t.Errorf("%q and %q are one template", text, was)
		}
		seen[f] = text
	}
}

func TestSkeleton(t *testing.T) {
	for in, want := range map[string]string{
		"Sum 12 and 3.5, please":                   "sum # and # please ",
		"Mail jane@example.org or Jane Roe now":    "mail # or # now ",
		"Don't stop 'the music' now":               "don't stop # now ",
		"See https://example.com/x. Then go":       "see # then go ",
		"Use ```go\nfunc main() {}\n``` as a base": "use # as a base ",
		"a <b>c d</b> e":                           "a # e ",
		"one two three four five six seven":        "one two three four five ",
		"id abcdefghijklmnopqrstuvwxyz done":       "id # done ",
		"unclosed \"quote goes on":                 "unclosed quote goes on ",
		"翻译 apple":                                 "翻 译 apple ",
		"  ":                                       "",
	} {
		p := newPrompter([32]byte{1})
		if p.skeleton(in, taskWords); string(p.words) != want {
			t.Errorf("skeleton of %q is %q, want %q", in, p.words, want)
		}
	}
}
