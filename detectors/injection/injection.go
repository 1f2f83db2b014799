package injection

import (
	"math"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/sketch"
	"github.com/gatehound/gatehound/schemas"
)

// watch is the detector for one kind of caller: principals, and addresses for
// what comes without a principal.
type watch struct {
	kind schemas.EntityKind
	c    Config
}

var _ detectors.Detector[state, cohort] = (*watch)(nil)

// Watchers returns the family's watchers. The settings must be valid.
func Watchers(c Config) ([]detectors.Watcher, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	return []detectors.Watcher{
		detectors.Watch(&watch{schemas.EntityPrincipal, c}),
		detectors.Watch(&watch{schemas.EntityAddress, c}),
	}, nil
}

// Spec implements detectors.Detector.
func (d *watch) Spec() detectors.Spec {
	return detectors.Spec{
		ID: "injection." + d.kind.String(), Entity: d.kind, Window: 10 * time.Minute, MinEvents: 3, Share: 2,
		Wants: d.wants, Techniques: []schemas.Technique{direct, jailbreak, owaspInjection},
	}
}

// wants takes what tells something about a prompt or its answer.
func (d *watch) wants(ev *schemas.Event) bool {
	if detectors.Named(ev) != (d.kind == schemas.EntityPrincipal) {
		return false
	}
	return ev.PromptFingerprint != 0 || ev.Guardrail != schemas.GuardrailUnknown || ev.PromptSignals != 0 ||
		ev.FinishReason != "" || ev.Has(schemas.HasOutputTokens)
}

// attacks are the signatures of attacks on instructions, disguises the ways to
// hide text.
const (
	attacks   = schemas.SignalInjection | schemas.SignalJailbreak | schemas.SignalPromptLeak
	disguises = schemas.SignalInvisible | schemas.SignalEncoded | schemas.SignalLookalike
)

// oddShare is the percentage of hidden characters that no text has by itself.
const oddShare = 20

// blocked tells that a guardrail stopped the prompt or the answer.
func blocked(ev *schemas.Event) bool {
	return ev.Guardrail == schemas.GuardrailInputBlocked || ev.Guardrail == schemas.GuardrailOutputBlocked ||
		ev.FinishReason == "content_filter"
}

// Observe implements detectors.Detector.
func (d *watch) Observe(x *detectors.Context, s *state, ev *schemas.Event) {
	w := &s.Window[x.Slot]
	s.Seen = max(s.Seen, x.Now)
	hit, stopped := ev.PromptSignals&attacks != 0, blocked(ev)
	odd := ev.PromptHidden >= oddShare && ev.PromptSignals&(schemas.SignalInvisible|schemas.SignalLookalike) != 0
	if w.Events < math.MaxUint32 {
		w.Events++
		w.Prompts++
	}
	if x.Now-s.Run.Last > int64(pause) || x.Now-s.Run.Since > int64(longest) {
		s.Run = run{Since: x.Now, Last: x.Now, Before: s.Near}
	}
	r := &s.Run
	if r.Prompts < math.MaxUint32 {
		r.Prompts++
	}
	if ev.EndUser != "" && r.Prompts%4 == 0 {
		r.Everyone.Add(x.Hash(ev.EndUser))
	}
	if !hit && ev.PromptSignals&disguises != 0 {
		r.Disguised++
	}
	near := ev.PromptSimHash != 0 && r.Variants.add(ev.PromptSimHash, &ev.PromptMinHash, ev.PromptFingerprint, hit, stopped)
	if near {
		w.Near++
	}
	if near || hit || stopped || odd {
		r.Last = max(r.Last, x.Now)
	}
	if near {
		template := uint32(sketch.Mix(ev.TemplateFingerprint))
		// Letters that are swapped, or written large, leave the length as it is;
		// what fills a slot seldom does.
		filled := ev.TemplateFingerprint != 0 && template == r.Template && ev.PromptLength != r.Length
		r.Template, r.Length = template, ev.PromptLength
		if !filled && ev.Has(schemas.HasTemperature) && ev.Temperature >= 0.5 {
			r.Warm++
		}
	}
	if hit || stopped || odd {
		d.remarkable(x, s, w, ev, hit, stopped)
	}
	if !stopped && ev.Has(schemas.HasOutputTokens) && ev.Has(schemas.HasInputTokens) && ev.InputTokens > 0 {
		s.Chain.add(ev.InputTokens, ev.OutputTokens, ev.FinishReason == "length" || ev.MaxTokens > 0 && ev.MaxTokens <= 100)
	}
}

// remarkable takes in a prompt that hit a signature, hides text or was blocked.
func (d *watch) remarkable(x *detectors.Context, s *state, w *window, ev *schemas.Event, hit, stopped bool) {
	r, which := &s.Run, different(ev)
	if ev.ClientClass == schemas.ClientScanner {
		r.Tests++
	}
	if !hit && !stopped {
		r.Odd.Add(which)
		return
	}
	if hit {
		w.Hits++
		r.Hits.Add(which)
		if ev.PromptSignals&schemas.SignalPromptLeak != 0 {
			r.Leak.Add(which)
		}
		if ev.PromptSignals&disguises != 0 {
			r.Hidden.Add(which)
		}
	}
	if stopped {
		w.Blocks++
		r.Blocked.Add(which)
	}
	if ev.EndUser == "" {
		r.Nameless++
	} else {
		r.Users.Add(x.Hash(ev.EndUser))
	}
}

// different returns a hash that tells a prompt from others. Where no prompt is
// logged the size of the request does: who tries the same again sends the same.
func different(ev *schemas.Event) uint64 {
	switch {
	case ev.PromptFingerprint != 0:
		return sketch.Mix(ev.PromptFingerprint)
	case ev.InputTokens > 0:
		return sketch.Mix(uint64(ev.InputTokens))
	case ev.RequestBytes > 0:
		return sketch.Mix(uint64(ev.RequestBytes))
	}
	return sketch.Mix(uint64(ev.Time))
}

// speak tells whether a rule that is met now says so: it is quiet until what
// it saw was absent for that long.
func (s *state) speak(rule int, now int64) bool {
	was := s.Met[rule]
	s.Met[rule] = max(was, now)
	hold := daily
	if s.Hits >= 0.05 || s.Blocks >= 0.05 {
		hold = quiet
	}
	return was == 0 || now-was > int64(hold)
}

// How long a rule is quiet after what it saw was seen last: those who handle such
// texts as a habit do it every day or every week.
const (
	daily = 25 * time.Hour
	quiet = 8 * 24 * time.Hour
)
