package decode

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// earliest is the first time that is believed: no gateway logs from before
// 2000, but clocks that were never set do.
var earliest = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()

// finish does what is the same for all formats, and hands the record over.
func (d *Decoder) finish(f *Format, env Envelope, raw []byte) {
	r := &d.rec
	if r.Time == 0 {
		r.Time = env.Time
	}
	switch {
	case r.Time == 0:
		d.reject(StageDecode, NoTime, f.Name, raw)
		return
	case r.Time < earliest || d.ahead(r.Time):
		d.reject(StageDecode, TimeOutOfRange, f.Name, raw)
		return
	}
	r.Format = f.Name
	if r.Gateway == "" {
		r.Gateway = env.Gateway
	}
	if r.Origin.Agent == "" {
		r.Origin = env.Origin
	}
	if r.Operation == "" {
		r.Operation = OperationOf(r.Path)
	}
	if r.Query != "" {
		r.readQuery()
	}
	if len(r.Prompt) > 0 {
		r.Known |= schemas.HasPrompt
	}
	r.judge()
	d.emit()
}

// ahead reports whether a time is further ahead of the clock than is believed. The
// clock, which only goes on, is asked for no time that was in bounds before.
func (d *Decoder) ahead(t int64) bool {
	if t > d.latest {
		d.latest = d.opts.Now().Add(d.opts.MaxFuture).UnixNano()
	}
	return t > d.latest
}

// readQuery takes what the parameters of the query tell.
func (r *Record) readQuery() {
	for rest := r.Query; rest != ""; {
		var pair string
		pair, rest, _ = strings.Cut(rest, "&")
		name, value, _ := strings.Cut(pair, "=")
		if value == "" || len(name) > 16 {
			continue
		}
		var lower [16]byte
		switch string(field.Fold(lower[:0], name)) {
		case "apikey", "accesstoken", "xapikey", "authtoken":
			r.setQueryCredential(value)
		case "key", "token":
			// Short ones are names of things; credentials have 16 letters or more.
			if len(value) >= 16 {
				r.setQueryCredential(value)
			}
		case "alt":
			if value == "sse" && r.Known&schemas.HasStream == 0 {
				r.Stream = true
				r.Known |= schemas.HasStream
			}
		}
	}
}

// setQueryCredential sets a credential of the query, unless a header has one:
// who calls with that cannot look like another caller by adding to the query.
func (r *Record) setQueryCredential(s string) {
	if r.Credential == "" {
		r.SetCredential(s)
	}
}
