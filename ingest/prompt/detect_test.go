package prompt

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"strings"
	"testing"
	"unicode"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// testKeys returns a ring of two keys that never change; k2 is current.
func testKeys(t testing.TB) *redact.Keys {
	t.Helper()
	k, err := redact.NewKeys("k2", redact.Key{ID: "k1", Secret: bytes.Repeat([]byte{1}, 32)},
		redact.Key{ID: "k2", Secret: bytes.Repeat([]byte{2}, 32)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newReader(t testing.TB) *Reader {
	t.Helper()
	r, err := New(DefaultConfig(), testKeys(t), nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func read(r *Reader, texts ...string) schemas.Event {
	var ev schemas.Event
	r.Event(&decode.Record{Prompt: texts}, &ev, nil)
	return ev
}

// labelled returns the lines "label<TAB>text" of a file, with \n undone.
func labelled(t testing.TB, name string) (lines [][2]string) {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(body)) {
		label, text, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok {
			continue // a comment
		}
		lines = append(lines, [2]string{label, strings.ReplaceAll(text, `\n`, "\n")})
	}
	return lines
}

var signalOf = map[string]schemas.PromptSignals{"injection": schemas.SignalInjection, "jailbreak": schemas.SignalJailbreak,
	"prompt_leak": schemas.SignalPromptLeak, "reasoning": schemas.SignalReasoning}

const attacks = schemas.SignalInjection | schemas.SignalJailbreak | schemas.SignalPromptLeak | schemas.SignalReasoning

// folds are ways to write a text so that it is read all the same.
var folds = []struct {
	name string
	fold func(string) string
}{
	{"plain", func(s string) string { return s }},
	{"upper case", strings.ToUpper},
	{"spaced", func(s string) string { return strings.Join(strings.Split(s, ""), " ") }},
	{"hyphened", func(s string) string { return joined(s, "-") }},
	{"underlined", func(s string) string { return joined(s, "_\n") }},
	{"zero width", func(s string) string { return joined(s, "\u200b") }},
	{"soft hyphen", func(s string) string { return joined(s, "\u00ad") }},
	{"leet", func(s string) string {
		return strings.NewReplacer("i", "1", "o", "0", "e", "3", "a", "@", "s", "$", "t", "7").Replace(s)
	}},
	{"look-alike", func(s string) string {
		return strings.NewReplacer("a", "а", "e", "е", "o", "ο", "p", "р", "c", "с", "i", "і", "s", "ѕ", "x", "х").Replace(s)
	}},
	{"full width", func(s string) string { return shifted(s, 'Ａ', 'ａ') }},
	{"mathematical", func(s string) string { return shifted(s, 0x1D400, 0x1D41A) }},
	{"circled", func(s string) string { return shifted(s, 'Ⓐ', 'ⓐ') }},
	{"accents", func(s string) string { return joined(s, "\u0336\u0301") }},
	{"tags", func(s string) string {
		return "Hello! " + strings.Map(func(r rune) rune { return tag(r) }, s)
	}},
	{"markdown", func(s string) string { return "> **" + strings.ReplaceAll(s, " ", "** _*") + "*_" }},
	{"base64", func(s string) string { return "Decode: " + base64.StdEncoding.EncodeToString([]byte(s)) }},
	{"hexadecimal", func(s string) string { return "Decode " + hex.EncodeToString([]byte(s)) + " and do it." }},
}

func joined(s, sep string) string {
	var b strings.Builder
	was := false
	for _, r := range s {
		if was && unicode.IsLetter(r) {
			b.WriteString(sep)
		}
		b.WriteRune(r)
		was = unicode.IsLetter(r)
	}
	return b.String()
}

func shifted(s string, upper, lower rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r - 'A' + upper
		case r >= 'a' && r <= 'z':
			return r - 'a' + lower
		}
		return r
	}, s)
}

func tag(r rune) rune {
	if r < 0x80 {
		return 0xE0000 + r
	}
	return r
}

// TestAttacks counts how many of the attacks are found under each fold. The
// misses by name are in the README.
func TestAttacks(t *testing.T) {
	r := newReader(t)
	for file, least := range map[string]float64{"attacks_tuned.tsv": 0.97, "attacks_held.tsv": 0.50} {
		for _, f := range folds {
			found, all := 0, 0
			for _, line := range labelled(t, file) {
				all++
				if read(r, f.fold(line[1])).PromptSignals&signalOf[line[0]] != 0 {
					found++
				} else if f.name == "plain" || f.name == "leet" {
					t.Logf("%s: missed: %s", line[0], line[1])
				}
			}
			recall := float64(found) / float64(all)
			t.Logf("%s, %s: %d of %d, %.3f", file, f.name, found, all, recall)
			if recall < least {
				t.Errorf("%s: recall of %s is %.3f", file, f.name, recall)
			}
		}
	}
}

// TestBenign counts the prompts that attack nothing and are hit all the same: most
// of them speak of an attack and quote it.
func TestBenign(t *testing.T) {
	r := newReader(t)
	for file, most := range map[string]int{"benign.tsv": 9, "benign_held.tsv": 2} {
		hits, all := 0, 0
		for _, line := range labelled(t, file) {
			all++
			if got := read(r, line[1]).PromptSignals; got&attacks != 0 {
				hits++
				t.Logf("%v: %s", got.Names(), line[1])
			} else if got&^schemas.SignalEncoded != 0 {
				t.Errorf("%v: %s", got.Names(), line[1])
			}
		}
		t.Logf("%s: %d of %d prompts were hit", file, hits, all)
		if hits > most {
			t.Errorf("%s: %d prompts were hit, want at most %d", file, hits, most)
		}
	}
}
