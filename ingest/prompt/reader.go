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

	"github.com/gatehound/gatehound/ingest/decode"
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
	// window is scratch of sealing.
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
	return &Reader{cfg: cfg, keys: keys, sigs: sigs, redact: redactText, prompts: newPrompter(keys.PromptKey(""))}, nil
}

// Event sets the fields of ev that are computed from the prompt of rec, and adds
// its sealed text to part if policy keeps it. It is called after the redactor,
// which sets ev's other fields. Of rec nothing is referenced afterwards.
func (r *Reader) Event(rec *decode.Record, ev *schemas.Event, part *schemas.Part) {
	if len(rec.Prompt) == 0 {
		return
	}
	length, fingerprint := r.prompts.measure(rec.Prompt)
	ev.Known |= schemas.HasPrompt
	ev.PromptLength = int32(min(length, math.MaxInt32))
	ev.PromptFingerprint = fingerprint
	ev.TemplateFingerprint = r.prompts.template(rec.Prompt)
	if r.cfg.Keep == Seal {
		r.seal(rec.Prompt, ev, part)
	}
}
