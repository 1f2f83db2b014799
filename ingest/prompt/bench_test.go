package prompt

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

// fill repeats unit to n bytes.
func fill(unit string, n int) string { return strings.Repeat(unit, n/len(unit)+1)[:n] }

var encoded = base64.StdEncoding.EncodeToString([]byte(fill(essay, 3000)))

// hard are texts that are made to be slow.
var hard = map[string]string{
	"spaces": " ", "one word": "a", "alternating scripts": "aяaλa日aあa한", "near signatures": "ignore all of your previous ",
	"spaced signatures": "i g n o r e ", "common pieces": "your reasoning system the all ", "runs that are too short": strings.Repeat("aB3", 10) + ".",
	"runs": strings.Repeat("aB3", 20) + " ", "zero width": "\u200b", "joiners": "a\u200d", "tags": "\U000E0069", "combining marks": "a\u0301\u0336",
	"ligatures": "ﷺ㎏ﬃ", "broken": "\xff\xc0\xe2\x80", "quotes": "\"'`<[{", "open quotes": "\"a ", "colons": "a: ", "lines": "\n\n", "emoji": "👨\u200d👩\u200d👧",
	"leet": "1gn0r3 @11 ", "styled": "𝓲𝓰𝓷𝓸𝓻𝓮 ", "look-alikes": "іgnоrе ",
}

func BenchmarkEvent(b *testing.B) {
	cases := []struct{ name, text string }{
		{"English 1 KiB", fill(essay, 1<<10)}, {"Chinese 1 KiB", fill(chinese, 3*341)}, {"Russian 1 KiB", fill("Гавань была тихой, когда пришли лодки. ", 1<<10)},
		{"base64 4 KiB", fill(encoded, 4<<10)}, {"English 64 KiB", fill(essay, 64<<10)}, {"English 100 KiB", fill(essay, 100<<10)},
	}
	for name, unit := range hard {
		cases = append(cases, struct{ name, text string }{"hard/" + name, fill(unit, 8<<10)})
	}
	for _, c := range cases {
		b.Run(c.name, func(b *testing.B) {
			r := newReader(b)
			rec := decode.Record{Prompt: []string{c.text}}
			var ev schemas.Event
			r.Event(&rec, &ev, nil)
			b.ReportAllocs()
			b.SetBytes(int64(len(c.text)))
			for b.Loop() {
				r.Event(&rec, &ev, nil)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)*1024/float64(len(c.text)), "ns/KiB")
		})
	}
}

func BenchmarkSeal(b *testing.B) {
	r := sealing(b, 16<<10)
	rec := decode.Record{Prompt: []string{fill(essay, 1<<10)}}
	var ev schemas.Event
	var part schemas.Part
	b.ReportAllocs()
	for b.Loop() {
		part.Sealed = part.Sealed[:0]
		r.Event(&rec, &ev, &part)
	}
}
