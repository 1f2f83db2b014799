package litellm

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// guard collects what guardrails did.
type guard struct {
	status                     string // the summary of all, in current versions
	passed, intervened, masked bool
	failed                     bool // the word of before 1.77
	after                      bool // one that intervened did so after the call
}

// read reads guardrail_information: of one guardrail, or a list.
func (g *guard) read(v field.Value, r *decode.Record) {
	if v.Kind() == field.Array {
		for it := v.Members(); it.Next(); {
			g.one(it.Value(), r)
		}
		return
	}
	g.one(v, r)
}

func (g *guard) one(v field.Value, r *decode.Record) {
	var status string
	var after bool
	for it := v.Members(); it.Next(); {
		m := it.Value()
		switch it.Key() {
		case "guardrail_status":
			status = m.Text()
		case "guardrail_mode": // a word, or a list, of which the last
			after = strings.HasPrefix(m.Text(), "post_call")
		case "masked_entity_count":
			for it := m.Members(); it.Next(); {
				n, _ := field.Int(it.Value().Text(), field.MaxCount)
				g.masked = g.masked || n > 0
			}
		case "guardrail_request", "guardrail_response", "match_details":
			r.Dropped += present(m) // they may quote the prompt
		}
	}
	switch status {
	case "success":
		g.passed = true
	case "guardrail_intervened":
		g.intervened = true
		g.after = g.after || after
	case "failure":
		g.failed = true
		g.after = g.after || after
	}
}

// judge sets the verdict. To intervene is to block or to modify: a block fails
// the call.
func (g *guard) judge(failed bool, r *decode.Record) {
	intervened := g.intervened || g.status == "guardrail_intervened"
	switch {
	case failed && (intervened || g.failed):
		r.Guardrail = schemas.GuardrailInputBlocked
		if g.after {
			r.Guardrail = schemas.GuardrailOutputBlocked
		}
	case intervened || g.masked:
		r.Guardrail = schemas.GuardrailMasked
	case !g.failed && (g.passed || g.status == "success"):
		r.Guardrail = schemas.GuardrailPassed
	}
}
