// Package decode turns one Kafka message, or one line of a file, into raw
// records, whatever gateway wrote it.
//
// A Decoder takes messages apart in three steps: it frames them (gzip, arrays,
// {"records": […]}, lines, the envelope of a log shipper), finds the format of
// every record by the names of its members, and has that format's own package
// fill a Record. What all formats share is done once, here: time bounds, the
// outcome of authentication, the operation, credentials in queries.
//
// The formats are in folders below this one; package formats lists them.
// Nothing here redacts: a Record is raw, and only ingest may see it.
package decode

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// Auto is the name of the choice to find the format of every record.
const Auto = "auto"

// Options set a Decoder up. The zero value is ready: it gives the defaults.
type Options struct {
	// Format is Auto (the default) or the name of the format that all records
	// have. Envelopes and arrays are unpacked either way.
	Format string
	// MaxBytes bounds one record: 1 KiB to 64 MiB, by default 1 MiB.
	MaxBytes int
	// MaxDepth bounds the nesting of JSON: 8 to 1,000, by default 64.
	MaxDepth int
	// NoEnvelope takes the members of an envelope for those of the record.
	NoEnvelope bool
	// MaxFuture is how far a record may be ahead of Now: by default an hour.
	MaxFuture time.Duration
	// Now is the clock that MaxFuture is measured against: by default time.Now.
	Now func() time.Time
}

func (o *Options) setDefaults() error {
	if o.Format == "" {
		o.Format = Auto
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 1 << 20
	}
	if o.MaxDepth == 0 {
		o.MaxDepth = 64
	}
	if o.MaxFuture == 0 {
		o.MaxFuture = time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	switch {
	case o.MaxBytes < 1<<10 || o.MaxBytes > 64<<20:
		return fmt.Errorf("max bytes is %d: want 1024 to 67108864", o.MaxBytes)
	case o.MaxDepth < 8 || o.MaxDepth > 1000:
		return fmt.Errorf("max depth is %d: want 8 to 1000", o.MaxDepth)
	case o.MaxFuture < 0:
		return fmt.Errorf("max future is %v: want 0 or more", o.MaxFuture)
	}
	return nil
}

// Decoder decodes messages. It is not safe for concurrent use: every worker has
// its own.
type Decoder struct {
	opts     Options
	fixed    *Format // nil: find the format of every record
	texts    []*Format
	fallback []*Format
	detector *detector
	buf      *field.Buffer
	doc      *field.Doc
	gzip     inflater
	rec      Record
	// lines reads the JSON in lines of text, once such a line is met.
	lines struct {
		doc  *field.Doc
		busy bool
	}

	// The message in hand: its sink, how many records and rejects it gave, and
	// whether to stop because there are too many.
	sink    Sink
	index   int32
	rejects int
	stop    bool
	// outer and opened are around the envelope that is being split; yield is
	// the method part, which would else be made anew for every envelope.
	outer  Envelope
	opened int
	yield  func(Envelope) bool
	// latest is the latest time that was believed when the clock was last asked.
	latest int64
	// skipped counts what Format.Skip took, over all messages.
	skipped int64
	// unbalanced is set once the end of an unreadable value was searched in
	// vain: each such search looks at all the rest of the message.
	unbalanced bool
}

// New returns a decoder of the given formats. It fails if opts are out of
// bounds or name a format that is not among them.
func New(opts Options, formats []*Format) (*Decoder, error) {
	if err := opts.setDefaults(); err != nil {
		return nil, err
	}
	det, err := newDetector(formats)
	if err != nil {
		return nil, err
	}
	d := &Decoder{opts: opts, detector: det, buf: &field.Buffer{}}
	d.doc = field.NewDoc(opts.MaxDepth, d.buf)
	d.yield = d.part
	names := []string{Auto}
	for _, f := range formats {
		names = append(names, f.Name)
		if f.Name == opts.Format {
			d.fixed = f
		}
		if f.Text != nil {
			d.texts = append(d.texts, f)
		}
		if f.Fallback {
			d.fallback = append(d.fallback, f)
		}
	}
	if d.fixed == nil && opts.Format != Auto {
		return nil, fmt.Errorf("unknown format: want one of %s", strings.Join(names, ", "))
	}
	slices.SortStableFunc(d.texts, func(a, b *Format) int {
		switch {
		case a.TextFirst == b.TextFirst:
			return 0
		case a.TextFirst:
			return -1
		}
		return 1
	})
	if d.fixed != nil && !d.fixed.envelope() {
		d.texts = nil
		if d.fixed.Text != nil {
			d.texts = []*Format{d.fixed}
		}
	}
	return d, nil
}

// Skipped returns how many objects were understood and are no requests, since
// the decoder was made.
func (d *Decoder) Skipped() int64 { return d.skipped }

// Decode gives sink the records of one message, in order, and a reject for
// every part that is none, but for what a format skips: at most one call for an
// index, and at least one call, or Skipped has risen.
func (d *Decoder) Decode(value []byte, sink Sink) {
	d.sink, d.index, d.rejects, d.stop, d.unbalanced = sink, 0, 0, false, false
	d.buf.Reset()
	if text, reason := d.gzip.open(value); reason != "" {
		d.reject(StageFrame, reason, "", value)
	} else {
		d.frame(text)
	}
	d.sink = nil
	d.doc.Release()
	d.lines.doc.Release()
	d.gzip.release()
	d.rec.Reset()
	if cap(d.rec.Prompt) > keptPrompts {
		d.rec.Prompt = nil
	}
	clear(d.rec.Prompt[:cap(d.rec.Prompt)])
}

// keptPrompts is how many texts of prompts are kept room for.
const keptPrompts = 256

// maxEnvelopes is how many envelopes are opened around one record: a shipper's
// around a collector's around the record.
const maxEnvelopes = 2

// object decodes one JSON object; raw is its text, opened the number of
// envelopes that were opened around it.
func (d *Decoder) object(o field.Value, raw []byte, env Envelope, opened int) {
	if env.As != nil {
		d.decode(env.As, o, raw, env, opened)
		return
	}
	names := d.detector.names(o)
	f, wrap := d.detector.formats(&names, o)
	if wrap != nil && wrap.Split != nil && f != nil {
		// Batches have no members of a record's. Where clients choose names, one
		// more name must not turn a record into a batch that is skipped.
		wrap = nil
	}
	if wrap != nil && opened < maxEnvelopes && !d.opts.NoEnvelope {
		if f != nil && f.Fallback && d.detector.hits(&names, f) < 2 {
			// One name may be the shipper's own, such as Logstash's "path".
			if env, line := d.lined(wrap, o, env); line && d.recordLine(env, raw, opened+1) {
				return
			}
		}
		d.unwrap(wrap, f, o, raw, env, opened)
		return
	}
	if f == nil {
		if list := o.Get("records"); list.Kind() == field.Array {
			d.walk(list, raw, env, opened)
			return
		}
	}
	d.decode(f, o, raw, env, opened)
}

// unwrap decodes what the envelope o of format wrap holds. f is the format of
// its own members, if they are of one: the record was lifted into the envelope.
func (d *Decoder) unwrap(wrap, f *Format, o field.Value, raw []byte, outer Envelope, opened int) {
	if wrap.Split == nil {
		env := wrap.Open(o).within(outer)
		if f == nil && env.Inner.Kind() != field.None {
			d.inner(env, raw, opened+1)
			return
		}
		d.decode(f, o, raw, env, opened+1)
		return
	}
	if wrap.Skip != nil && wrap.Skip(o) {
		d.skipped++
		return
	}
	first, rejects, skipped := d.index, d.rejects, d.skipped
	around, depth := d.outer, d.opened
	d.outer, d.opened = outer, opened+1
	wrap.Split(o, d.yield)
	d.outer, d.opened = around, depth
	if d.index == first && d.rejects == rejects && d.skipped == skipped {
		d.reject(StageFrame, Empty, wrap.Name, raw)
	}
}

// part decodes one of the records of the envelope that is being split.
func (d *Decoder) part(env Envelope) bool {
	own := env.Origin.Agent != ""
	env = env.within(d.outer)
	env.Origin.Single = env.Origin.Single && own // the outer one is that of them all
	d.inner(env, env.Inner.Raw(), d.opened)
	return !d.stop
}

// lined opens the envelope o of format wrap, and reports whether the line in it
// is a record for sure.
func (d *Decoder) lined(wrap *Format, o field.Value, outer Envelope) (Envelope, bool) {
	if wrap.Open == nil {
		return Envelope{}, false
	}
	env := wrap.Open(o).within(outer)
	return env, env.Inner.Kind() == field.String && isRecordLine(env.Inner.Raw())
}

// recordLine decodes the line that an envelope holds, and reports whether it
// was one. Applications have messages, too, and clients have words in them.
func (d *Decoder) recordLine(env Envelope, raw []byte, opened int) bool {
	if text := trim(env.Inner.Raw()); len(text) == 0 || text[0] != '{' {
		return d.text(env.Inner.Text(), raw, env)
	}
	value, err := env.Inner.Open()
	if err != nil || value.Kind() != field.Object {
		return false
	}
	names := d.detector.names(value)
	f, wrap := d.detector.formats(&names, value)
	switch {
	case wrap != nil || f != nil && !f.Fallback:
		d.object(value, value.Raw(), env, opened)
		return true
	case f != nil:
		if d.rec.Reset(); f.JSON(value, &d.rec) {
			d.finish(f, env, value.Raw())
			return true
		}
	}
	return false
}

// isRecordLine reports whether a text is a JSON object, or has a status after a
// quote, as access logs have it after the request line. s may have escapes.
func isRecordLine(s []byte) bool {
	s = trim(s)
	if len(s) > 0 && s[0] == '{' {
		return true
	}
	for {
		i := bytes.Index(s, []byte(`" `))
		if i < 0 || i+5 > len(s) {
			return false
		}
		if _, ok := field.Status(field.View(s[i+2 : i+5])); ok {
			return true
		}
		s = s[i+2:]
	}
}

// within returns e with what an outer envelope says, where e does not.
func (e Envelope) within(outer Envelope) Envelope {
	if e.Time == 0 {
		e.Time = outer.Time
	}
	if e.Gateway == "" {
		e.Gateway = outer.Gateway
	}
	if e.Origin.Agent == "" {
		e.Origin = outer.Origin
	}
	e.Optional = e.Optional || outer.Optional
	return e
}

// decode has format f decode o; f is nil if no rule matched.
func (d *Decoder) decode(f *Format, o field.Value, raw []byte, env Envelope, opened int) {
	if f != nil && f.Skip != nil && f.Skip(o) {
		d.skipped++
		return
	}
	d.rec.Reset()
	d.rec.Context = env.Context
	switch {
	case d.fixed != nil && !d.fixed.envelope():
		if f = d.fixed; f.JSON != nil && f.JSON(o, &d.rec) {
			d.finish(f, env, raw)
			return
		}
	case d.fixed != nil && opened == 0:
		f = d.fixed
	case f != nil:
		if f.JSON != nil && f.JSON(o, &d.rec) {
			d.finish(f, env, raw)
			return
		}
	default:
		for _, f := range d.fallback {
			if f.JSON(o, &d.rec) {
				d.finish(f, env, raw)
				return
			}
			d.rec.Reset()
		}
		d.unknown(env, raw)
		return
	}
	if f.Fallback && env.Optional {
		d.unknown(env, raw)
		return
	}
	d.reject(StageDecode, UnknownFormat, f.Name, raw)
}

// unknown takes what is of no format.
func (d *Decoder) unknown(env Envelope, raw []byte) {
	if env.Optional {
		d.skipped++
		return
	}
	d.reject(StageDecode, UnknownFormat, "", raw)
}

// line decodes a line of text.
func (d *Decoder) line(s string, raw []byte, env Envelope, opened int) {
	if d.fixed != nil && d.fixed.envelope() && opened == 0 || !d.headed(s, raw, env, opened) && !d.text(s, raw, env) {
		d.unknown(env, raw)
	}
}

// text decodes a line of text, and reports whether it is of a format.
func (d *Decoder) text(s string, raw []byte, env Envelope) bool {
	for _, f := range d.texts {
		d.rec.Reset()
		if f.Text(s, d.buf, &d.rec) {
			d.finish(f, env, raw)
			return true
		}
	}
	return false
}
