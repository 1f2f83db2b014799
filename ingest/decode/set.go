package decode

import (
	"math"
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// The setters below take what a log says as text and set a field and its bit
// in Known, if the text is a value that can be believed. Else they leave both
// as they are.

// Count sets a number from 0 to 2^53.
func (r *Record) Count(bit schemas.FieldSet, to *int64, s string) {
	if n, ok := field.Int(s, field.MaxCount); ok {
		*to = n
		r.Known |= bit
	}
}

// Small sets a number from 0 to 2^31-1.
func (r *Record) Small(bit schemas.FieldSet, to *int32, s string) {
	if n, ok := field.Int(s, math.MaxInt32); ok {
		*to = int32(n)
		r.Known |= bit
	}
}

// Duration sets a duration that is given in unit.
func (r *Record) Duration(bit schemas.FieldSet, to *int64, s string, unit field.Unit) {
	if n, ok := field.Duration(s, unit); ok {
		*to = n
		r.Known |= bit
	}
}

// Attempts sets a duration that is the sum of a list, one for each attempt.
func (r *Record) Attempts(bit schemas.FieldSet, to *int64, s string, unit field.Unit) {
	if n, ok := field.SumDuration(s, unit); ok {
		*to = n
		r.Known |= bit
	}
}

// Flag sets a truth.
func (r *Record) Flag(bit schemas.FieldSet, to *bool, v field.Value) {
	if b, ok := v.Bool(); ok {
		*to = b
		r.Known |= bit
	}
}

// SetStatus sets the status that the client got.
func (r *Record) SetStatus(s string) {
	if n, ok := field.Status(s); ok {
		r.Status = n
		r.Known |= schemas.HasStatus
	}
}

// SetUpstreamStatus sets the last status of a list of attempts.
func (r *Record) SetUpstreamStatus(s string) {
	if n, ok := field.LastStatus(s); ok {
		r.UpstreamStatus = n
		r.Known |= schemas.HasUpstreamStatus
	}
}

// SetTime sets the time, in any of the forms of field.Time.
func (r *Record) SetTime(s string) {
	if t, ok := field.Time(s); ok {
		r.Time = t
	}
}

// SetCost sets the cost in US dollars, up to a million.
func (r *Record) SetCost(s string) {
	if f, ok := field.Float(s, 1e6); ok {
		r.Cost = f
		r.Known |= schemas.HasCost
	}
}

// SetTemperature sets the sampling temperature. Providers take 0 to 2; up to
// 100 is kept, because asking for more than is allowed tells something too.
func (r *Record) SetTemperature(s string) {
	if f, ok := field.Float(s, 100); ok {
		r.Temperature = float32(f)
		r.Known |= schemas.HasTemperature
	}
}

// SetCredential sets the credential, without its scheme. What a gateway wrote
// in its place ("REDACTED", "***", "****abcd", "sk-...abcd") tells that there was
// one: its last letters are those of many.
func (r *Record) SetCredential(s string) {
	if s == "" {
		return
	}
	r.Presented = PresentedSome
	scheme, rest, found := strings.Cut(s, " ")
	if found && (strings.EqualFold(scheme, "bearer") || strings.EqualFold(scheme, "basic") ||
		strings.EqualFold(scheme, "apikey") || strings.EqualFold(scheme, "token")) {
		s = strings.TrimLeft(rest, " ")
	}
	if strings.EqualFold(s, "redacted") || strings.EqualFold(s, "[redacted]") || strings.Trim(s, "*") == "" ||
		strings.Contains(s, "***") || strings.Contains(s, "...") {
		return
	}
	r.Credential = s
}

// SetTarget sets path and query, and the host if s is an absolute URL.
func (r *Record) SetTarget(s string) {
	if i := strings.Index(s, "://"); i > 0 && i < 8 && s[0] != '/' {
		s = s[i+3:]
		end := strings.IndexAny(s, "/?#")
		if end < 0 {
			end = len(s)
		}
		if r.Host == "" {
			r.Host = s[strings.LastIndexByte(s[:end], '@')+1 : end]
		}
		r.Path = "/"
		s = s[end:]
	}
	path, query, found := strings.Cut(s, "?")
	if path != "" {
		r.Path = path
	}
	if found {
		r.Query = query
	}
}

// SetRequestLine sets method and target from "GET /path HTTP/1.1". What is not
// of that form (a TLS hello on a plain port) sets neither.
func (r *Record) SetRequestLine(s string) {
	method, rest, found := strings.Cut(s, " ")
	if !found || len(method) > 32 || !isToken(method) {
		return
	}
	if i := strings.LastIndex(rest, " HTTP/"); i >= 0 {
		rest = rest[:i]
	} else if i := strings.LastIndexByte(rest, ' '); i > 0 {
		switch rest[i+1:] {
		case "1.0", "1.1", "2", "3", "ws": // hypercorn writes the version alone
			rest = rest[:i]
		}
	}
	r.Method = method
	r.SetTarget(rest)
}

func isToken(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i] | 0x20; (c < 'a' || c > 'z') && s[i] != '-' && s[i] != '_' {
			return false
		}
	}
	return s != ""
}
