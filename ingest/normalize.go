package ingest

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// excerptBytes bounds the redacted excerpt of a reject.
const excerptBytes = 512

// Normalizer turns chunks of raw messages into parts of redacted events. It is
// not safe for concurrent use: every worker has its own.
type Normalizer struct {
	decoder  *decode.Decoder
	enricher *enrich.Enricher
	redactor *redact.Redactor
	prompts  *prompt.Reader

	part     *schemas.Part
	arena    schemas.Arena
	position schemas.Position
}

var _ decode.Sink = (*Normalizer)(nil)

// NewNormalizer puts the steps together.
func NewNormalizer(d *decode.Decoder, e *enrich.Enricher, r *redact.Redactor, p *prompt.Reader) *Normalizer {
	return &Normalizer{decoder: d, enricher: e, redactor: r, prompts: p}
}

// Normalize empties c into a part. Every message gives at least one event or
// one reject, or is counted as skipped; none is passed over. c is free
// afterwards.
func (n *Normalizer) Normalize(c *Chunk) *schemas.Part {
	n.part = &schemas.Part{
		Range:  schemas.Range{Topic: c.Topic, Partition: c.Partition, First: c.First, Next: c.Next},
		Events: make([]schemas.Event, 0, len(c.Ends)),
	}
	n.position = schemas.Position{Topic: c.Topic, Partition: c.Partition}
	skipped := n.decoder.Skipped()
	start, cuts := 0, c.Cut
	for i, end := range c.Ends {
		n.position.Offset = c.Offsets[i]
		message := c.Slab[start:end]
		start = end
		if len(cuts) > 0 && cuts[0].Index == i {
			n.Reject(0, decode.StageFrame, cuts[0].Reason, "", message)
			if cuts[0].Bytes >= 0 {
				n.part.Rejects[len(n.part.Rejects)-1].Bytes = cuts[0].Bytes
			}
			cuts = cuts[1:]
			continue
		}
		n.decoder.Decode(message, n)
	}
	part := n.part
	part.Aliases = n.redactor.Aliases()
	part.Skipped = n.decoder.Skipped() - skipped
	n.part = nil
	if c.Free != nil {
		c.Free()
	}
	return part
}

// Record makes an event of a record; the decoder calls it.
func (n *Normalizer) Record(index int32, r *decode.Record) {
	ev := n.next()
	ev.Position = n.position
	ev.Position.Index = index
	n.enricher.Event(r, ev)
	if err := n.redactor.Event(r, ev, &n.arena); err != nil {
		*ev = schemas.Event{}
		n.part.Events = n.part.Events[:len(n.part.Events)-1]
		n.reject(index, "redact", "unproven", r.Format, nil)
		return
	}
	if n.redactor.PromptFeatures() {
		n.prompts.Event(r, ev, n.part)
	}
}

// next adds an event to the part. What lies between its length and its capacity
// is empty already: nothing is written there twice.
func (n *Normalizer) next() *schemas.Event {
	if i := len(n.part.Events); i < cap(n.part.Events) {
		n.part.Events = n.part.Events[:i+1]
	} else {
		n.part.Events = append(n.part.Events, schemas.Event{})
	}
	return &n.part.Events[len(n.part.Events)-1]
}

// Reject keeps what could not become an event; the decoder calls it.
func (n *Normalizer) Reject(index int32, stage, reason, format string, raw []byte) {
	n.reject(index, stage, reason, format, raw)
}

func (n *Normalizer) reject(index int32, stage, reason, format string, raw []byte) {
	at := n.position
	at.Index = index
	n.part.Rejects = append(n.part.Rejects, schemas.Reject{
		Position: at, Stage: stage, Reason: reason, Format: n.arena.String(format),
		Bytes: int64(len(raw)), Excerpt: n.redactor.Line(whole(raw), excerptBytes),
	})
}

// cutToken is the least length of a token at the end of a record that is left
// out of its excerpt: a record that does not decode may have been cut off, and
// a piece of a secret is not recognised as one. Shorter pieces tell nothing.
const cutToken = 8

// whole returns raw without a token at its end that may not be whole.
func whole(raw []byte) []byte {
	end := len(raw)
	for end > 0 && raw[end-1] > ' ' && strings.IndexByte("\"',;(){}[]<>", raw[end-1]) < 0 {
		end--
	}
	if len(raw)-end < cutToken {
		return raw
	}
	return raw[:end]
}
