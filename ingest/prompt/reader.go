// Package prompt computes what is kept of a prompt from its text in memory,
// before the text is dropped or sealed: length, keyed fingerprints and sketches,
// script and language, hidden characters, and signatures of attacks.
//
// A Reader belongs to one worker and has no lock; Signatures are shared by all
// workers. What a prompt is about is not understood, and answers are not read.
package prompt

import (
	"fmt"
	"math"
	"unsafe"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/prompt/glyph"
	"github.com/gatehound/gatehound/ingest/prompt/signature"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Reader reads the prompts of records. It is not safe for concurrent use: every
// worker has its own.
type Reader struct {
	cfg     Config
	keys    *redact.Keys
	sigs    *Signatures
	redact  func(string) string
	prompts *prompter
	scan    scan
	matcher signature.Matcher
	// parts, folded and window are scratch of the prompt at hand.
	parts  []string
	folded []byte
	window []byte
}

// New returns a Reader for one worker. Without sigs the built-in signatures are
// looked for. redactText takes personal data and secrets out of a text; only
// sealing needs it.
func New(cfg Config, keys *redact.Keys, sigs *Signatures, redactText func(string) string) (*Reader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if keys == nil {
		return nil, fmt.Errorf("reading prompts needs a key ring")
	}
	if redactText == nil && cfg.Keep == Seal {
		return nil, fmt.Errorf("sealing prompts needs a redactor")
	}
	r := &Reader{cfg: cfg, keys: keys, sigs: sigs, redact: redactText, prompts: newPrompter(keys.PromptKey(""))}
	r.scan.glyphs = glyph.Default()
	var err error
	r.scan.sketch, err = newSketch(keys.PromptKey("sketch"))
	return r, err
}

// Event sets the fields of ev that are computed from the prompt of rec, and adds
// its sealed text to part if policy keeps it. It is called after the redactor,
// which sets ev's other fields. Of rec nothing is referenced afterwards.
func (r *Reader) Event(rec *decode.Record, ev *schemas.Event, part *schemas.Part) {
	if len(rec.Prompt) == 0 {
		return
	}
	ev.Known |= schemas.HasPrompt
	length, fingerprint := r.prompts.measure(rec.Prompt)
	ev.PromptLength = int32(min(length, math.MaxInt32))
	ev.PromptFingerprint = fingerprint
	ev.TemplateFingerprint = r.prompts.template(rec.Prompt)

	r.parts = sample(r.parts[:0], rec.Prompt)
	s := &r.scan
	s.reset()
	r.folded = r.folded[:0]
	for _, t := range r.parts {
		s.text(t)
		s.hidden.runs(t)
		r.folded = s.glyphs.AppendFold(r.folded, t)
	}
	clear(r.parts)
	ev.PromptSimHash, ev.PromptMinHash = s.sketch.finish()
	script, most := s.script()
	ev.PromptScript, ev.PromptLanguage = script, s.language(most)
	ev.PromptSignals, ev.PromptHidden = s.hidden.signals(s)

	r.matcher.Use(r.sigs.current())
	ev.PromptSignals |= r.matcher.Match(r.folded)
	if len(s.hidden.decoded) > 0 {
		r.folded = s.glyphs.AppendFold(r.folded[:0], view(s.hidden.decoded))
		ev.PromptSignals |= r.matcher.Match(r.folded)
	}
	if r.cfg.Keep == Seal {
		r.seal(rec.Prompt, ev, part)
	}
}

// view returns b as a string that is valid until b is written again.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
