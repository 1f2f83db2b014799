package appjson

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
	"github.com/gatehound/gatehound/schemas"
)

// logger is what tells which logger wrote the line: it decides the unit of a
// duration without one, and whether the line is of a request at all.
type logger struct {
	level, message bool
	word           bool   // the level is a word
	msg            bool   // the message is named msg
	ts             bool   // the time is a number named ts
	text           string // the message
	latency        string // a duration whose name has no unit
	milliseconds   bool   // which is in milliseconds by convention
	human          string // the same, with its unit
	code           string
}

// isWrapper reports whether an object at the top holds what other loggers have
// at the top: winston's meta, Serilog's Properties, .NET's State.
func isWrapper(name string) bool {
	switch name {
	case "meta", "metadata", "properties", "state", "fields", "attributes", "extra", "context", "data", "details", "message", "msg", "jsonpayload":
		return true
	}
	return false
}

// line takes what every line of an application's log has.
func (in *reader) line(name string, v field.Value) bool {
	l := &in.logger
	switch name {
	case "level", "severity", "levelname", "loglevel", "lvl", "log.level", "@l":
		l.level = true
		l.word = v.Kind() == field.String
	case "@mt", "@m", "messagetemplate", "event":
		l.message = l.message || v.Kind() == field.String
		l.level = l.level || name[0] == '@' // Serilog leaves the usual level out
	case "msg", "message":
		l.message, l.msg = true, name == "msg"
		if v.Kind() == field.String {
			l.text = v.Text()
		}
	case "code":
		l.code = v.Text()
	default:
		return false
	}
	return true
}

// finish takes what depends on several members.
func (in *reader) finish() {
	r, l := in.r, &in.logger
	if l.message && r.Path == "" {
		in.readMessage(l.text)
	}
	if l.code != "" && r.Path != "" && r.Known&schemas.HasStatus == 0 { // structlog's name for it
		r.SetStatus(l.code)
	}
	switch {
	case l.human != "":
		in.setLatency(l.human, field.Nanoseconds) // Echo, which has nanoseconds beside it
	case l.latency != "":
		in.guessLatency()
	}
}

// isRequest reports whether the object is of a request. An application's line
// with level and message has to say what was asked and what came of it, or what
// a model was used for: paths, statuses and models are in other lines, too.
func (in *reader) isRequest() bool {
	r := in.r
	status := r.Known&schemas.HasStatus != 0
	if in.logger.level && in.logger.message {
		const used = schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost
		return r.Path != "" && (status || r.Method != "") || r.Model != "" && (status || r.Path != "" || r.Known&used != 0)
	}
	return r.Path != "" || r.Model != "" || status
}

// readMessage reads the lines of morgan and its like: "GET /v1 200 12.3 ms - 57"
// and "HTTP GET /v1".
func (in *reader) readMessage(s string) {
	s = strings.TrimPrefix(s, "HTTP ")
	method, rest, _ := strings.Cut(s, " ")
	switch method {
	case "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS":
	default:
		return
	}
	target, rest, _ := strings.Cut(rest, " ")
	if !strings.HasPrefix(target, "/") && !strings.HasPrefix(target, "http") {
		return
	}
	if strings.HasPrefix(rest, "HTTP/") {
		_, rest, _ = strings.Cut(rest, " ")
	}
	status, rest, _ := strings.Cut(rest, " ")
	in.r.Method = method
	in.r.SetTarget(target)
	if in.r.Known&schemas.HasStatus == 0 {
		in.r.SetStatus(status)
	}
	if end := strings.Index(rest, "ms"); end >= 0 && in.logger.latency == "" {
		in.setLatency(rest[:end+2], field.Milliseconds)
	}
}

// isSource reports whether s is a place in source code, zap's caller:
// "server/log.go:42".
func isSource(s string) bool {
	file, line, found := strings.Cut(s, ":")
	return found && strings.IndexByte(file, '.') > 0 && strings.Trim(line, "0123456789") == ""
}

// The bounds of a number without a unit.
const (
	// maxGuessed is the longest latency, 10 minutes, that it can be in
	// milliseconds: what is longer is in micro- or nanoseconds.
	maxGuessed = 600_000
	// minNanos is the least number that is taken for nanoseconds in lines of
	// Go's loggers: 20 µs, which no request is answered in, and 20 seconds,
	// which few take.
	minNanos = 20_000
)

// guessLatency reads a number whose name has no unit. It is milliseconds, but
// for the loggers of Go: zap writes seconds, slog and logrus nanoseconds.
func (in *reader) guessLatency() {
	l := &in.logger
	unit := field.Milliseconds
	n, whole := field.Int(l.latency, field.MaxCount)
	whole = whole && strings.IndexByte(l.latency, '.') < 0
	switch {
	case l.milliseconds || !l.word || !l.msg:
	case l.ts:
		unit = field.Seconds
	case whole && n >= minNanos:
		unit = field.Nanoseconds
	}
	if unit == field.Milliseconds && n > maxGuessed {
		return
	}
	in.setLatency(l.latency, unit)
}

// setLatency reads a number in unit, or one that has its own ("12ms", "1.5s").
func (in *reader) setLatency(s string, unit field.Unit) {
	if n, ok := field.TextDuration(s, unit); ok {
		in.r.LatencyNS = n
		in.r.Known |= schemas.HasLatency
	}
}

// elapsed reads durations whose names end with their unit.
func (in *reader) elapsed(name string, v field.Value) {
	if last := name[max(len(name)-1, 0):]; last != "s" && last != "c" { // as all units do
		return
	}
	upstream := false
	for _, who := range [...]string{"upstream", "backend", "provider", "llm"} {
		if rest, found := strings.CutPrefix(name, who); found {
			name, upstream = strings.TrimPrefix(rest, "."), true
			break
		}
	}
	for _, what := range [...]string{"duration", "latency", "elapsed", "elapsedtime", "responsetime", "requesttime", "totaltime", "processingtime", "runtime", "took"} {
		rest, found := strings.CutPrefix(name, what)
		if !found {
			continue
		}
		unit, known := unitOf(strings.TrimPrefix(rest, "in"))
		if !known {
			continue
		}
		n, ok := field.TextDuration(v.Text(), unit)
		switch {
		case !ok:
		case upstream:
			in.r.UpstreamLatencyNS = n
			in.r.Known |= schemas.HasUpstreamLatency
		default:
			in.r.LatencyNS = n
			in.r.Known |= schemas.HasLatency
		}
		return
	}
}

func unitOf(suffix string) (field.Unit, bool) {
	switch suffix {
	case "ms", "msec", "millis", "milliseconds":
		return field.Milliseconds, true
	case "s", "sec", "secs", "seconds":
		return field.Seconds, true
	case "us", "usec", "micros", "microseconds":
		return field.Microseconds, true
	case "ns", "nsec", "nanos", "nanoseconds":
		return field.Nanoseconds, true
	}
	return 0, false
}
