package extraction

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
)

// hits are attacks; by is the hour by whose end they have to be found.
var hits = []struct {
	name string
	rule string
	by   float64
	use  use
}{
	{"forty a second for a minute", "extraction.harvest", 1,
		use{perHour: 144_000, jitter: 0.2, from: 0.1, until: 0.12, templates: 1, in: 76, out: 1600, spread: 0.25, maxTokens: 4096, logprobs: true}},
	{"2,000 an hour with one template", "extraction.harvest", 2,
		use{perHour: 2000, jitter: 1, from: 0.3, until: 4, templates: 1, in: 120, out: 800, spread: 0.4}},
	{"2,000 an hour with free prompts", "extraction.harvest", 2,
		use{perHour: 2000, jitter: 1, from: 0.3, until: 4, in: 100, out: 900, spread: 0.4}},
	{"1,000 an hour by a pool of workers", "extraction.harvest", 2,
		use{perHour: 1000, jitter: 0.3, from: 0.3, until: 4, templates: 2, in: 90, out: 700, spread: 0.4}},
	{"long answers without a log of prompts", "extraction.harvest", 2,
		use{perHour: 4000, jitter: 0.3, from: 0.3, until: 4, unlogged: true, in: 90, out: 1200, spread: 0.3}},
	{"600 an hour like a clock", "extraction.harvest", 3,
		use{perHour: 600, jitter: 0.05, from: 0.3, until: 30, templates: 1, in: 76, out: 1600, spread: 0.25, maxTokens: 2048}},
	{"twenty an hour round the clock", "extraction.sustained", 26,
		use{perHour: 20, jitter: 0.6, from: 0, until: 30, templates: 1, in: 90, out: 900, spread: 0.4}},
	{"forty an hour round the clock, free prompts", "extraction.sustained", 26,
		use{perHour: 40, jitter: 1, from: 0, until: 30, in: 80, out: 1100, spread: 0.4}},
	{"logits by logit_bias", "extraction.logits", 1,
		use{perHour: 72_000, jitter: 0.1, from: 0.1, until: 0.11, prompts: 1, templates: 1, in: 11, out: 1, spread: 0.01, maxTokens: 1, logprobs: true, biases: 20}},
	{"logits of many prefixes", "extraction.logits", 1,
		use{perHour: 6000, jitter: 0.5, from: 0.1, until: 0.9, in: 30, out: 1, spread: 0.3, maxTokens: 1, logprobs: true, biases: 30}},
	{"logits, metadata only", "extraction.logits", 1,
		use{perHour: 8000, jitter: 0.2, from: 0.05, until: 0.95, unlogged: true, in: 11, out: 1, spread: 0.001}},
}

func TestHits(t *testing.T) {
	for _, c := range hits {
		for seed := range seeds(3) {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				found := run(t, c.use.events(seed, "h1:k1:thief"))
				detectortest.Readable(t, found)
				if seed == 0 {
					tell(t, found[:min(len(found), 1)])
				}
				hit := slices.ContainsFunc(found, func(f finding) bool {
					return f.Detector == c.rule && f.Detected.Sub(detectortest.Start).Hours() <= c.by
				})
				if !hit {
					t.Errorf("%s was not found by hour %v; found %v", c.rule, c.by, detectortest.Rules(found))
				}
			})
		}
	}
}

// quiet are honest uses that look like an attack in some way.
var quiet = []struct {
	name string
	use  use
}{
	{"the evaluation at night, the same prompts", use{perHour: 12_000, jitter: 0.4, from: 2.2, until: 2.7, daily: 3, prompts: 6000, templates: 4, in: 150, out: 220, maxTokens: 512}},
	{"a long evaluation with reasoning, new prompts", use{perHour: 6600, jitter: 0.3, from: 2.2, until: 4, templates: 1, in: 150, out: 260, maxTokens: 1024}},
	{"product texts written in bulk", use{perHour: 1500, jitter: 1, diurnal: true, from: 0, until: 30, templates: 1, in: 220, out: 600}},
	{"an evaluation of multiple choice", use{perHour: 20_000, jitter: 0.4, from: 2.2, until: 2.6, daily: 2, prompts: 8000, templates: 3, in: 400, out: 1, spread: 0.4, maxTokens: 1, logprobs: true}},
	{"a classifier that biases two labels", use{perHour: 5000, jitter: 0.7, from: 8, until: 18, templates: 1, in: 300, out: 1, spread: 0.5, maxTokens: 1, logprobs: true, biases: 1}},
	{"bulk enrichment with one template", use{perHour: 6000, jitter: 0.3, from: 1, until: 6, templates: 1, in: 700, out: 60, maxTokens: 128}},
	{"retrieval with one template", use{perHour: 3000, jitter: 1, diurnal: true, from: 0, until: 48, templates: 1, in: 1900, out: 220, users: 400}},
	{"a chat application", use{perHour: 8000, jitter: 1, diurnal: true, from: 0, until: 30, in: 420, out: 250, multi: 0.7, users: 2000}},
	{"an agent", use{perHour: 2500, jitter: 0.6, from: 3, until: 12, in: 2600, out: 180, multi: 0.9, tools: true}},
	{"a load test", use{perHour: 60_000, jitter: 0.1, from: 5, until: 5.3, prompts: 10, templates: 2, in: 60, out: 300}},
	{"a load test of one-token answers", use{perHour: 60_000, jitter: 0.1, from: 5, until: 5.3, prompts: 1, templates: 1, in: 20, out: 1, spread: 0.001, maxTokens: 1}},
	{"a synthetic check, round the clock", use{perHour: 60, jitter: 0, from: 0, until: 60, prompts: 5, templates: 1, in: 20, out: 60}},
	{"a bot for all time zones", use{perHour: 60, jitter: 1, diurnal: true, from: 0, until: 60, in: 300, out: 350, multi: 0.5, users: 500}},
	{"translation in bulk", use{perHour: 3000, jitter: 0.6, from: 9, until: 15, templates: 1, in: 320, out: 330}},
	{"embeddings by bytes only", use{perHour: 9000, jitter: 0.3, from: 0, until: 5, tokenless: true, in: 800, out: 300}},
	{"text for customers on demand", use{perHour: 450, jitter: 1, diurnal: true, from: 0, until: 60, in: 250, out: 700, users: 300}},
	{"refused calls", use{perHour: 20_000, jitter: 0.2, from: 1, until: 3, status: 429, templates: 1, in: 76, out: 1600}},
	{"a summary of documents each night", use{perHour: 4000, jitter: 0.3, from: 0, until: 4, daily: 2, templates: 1, in: 3000, out: 400, maxTokens: 600}},
}

func TestQuiet(t *testing.T) {
	for _, c := range quiet {
		for seed := range seeds(3) {
			t.Run(fmt.Sprintf("%s/%d", c.name, seed), func(t *testing.T) {
				found := run(t, c.use.events(seed, "h1:k1:honest"))
				if len(found) > 0 {
					tell(t, found[:1])
					t.Errorf("%d findings, want none", len(found))
				}
			})
		}
	}
}
