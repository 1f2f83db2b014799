package decode

import (
	"strings"

	"github.com/gatehound/gatehound/ingest/decode/field"
)

// cutHeader takes what a log daemon wrote in front of a line off it, and says
// when and on which host that was, in env, if env does not say it yet:
//
//	<190>Nov 22 05:40:01 host tag[pid]: line      RFC 3164, with or without <190>
//	<190>1 2026-11-22T05:40:01.123Z host app pid id - line        RFC 5424
//	2026-11-22T05:40:01.123456789Z stdout F line  a container's log (CRI)
//
// A time of RFC 3164 has neither year nor zone and is not believed.
func cutHeader(s string, env Envelope) (string, Envelope, bool) {
	if len(s) < 24 {
		return "", env, false
	}
	var host, line string
	var at int64
	ok := false
	switch rest, priority := cutPriority(s); {
	case priority && strings.HasPrefix(rest, "1 "):
		host, line, at, ok = cutNewSyslog(rest[2:])
	case rest[3] == ' ' && rest[6] == ' ':
		host, line, ok = cutOldSyslog(rest)
	case !priority && s[4] == '-' && s[10] == 'T':
		line, at, ok = cutContainer(s)
	}
	if !ok {
		return "", env, false
	}
	if env.Time == 0 {
		env.Time = at
	}
	if env.Gateway == "" && host != "-" {
		env.Gateway = host
	}
	return line, env, true
}

// cutPriority takes "<190>" off s.
func cutPriority(s string) (rest string, ok bool) {
	if s[0] != '<' {
		return s, false
	}
	end := strings.IndexByte(s[:5], '>')
	if end < 2 {
		return s, false
	}
	if _, ok = field.Int(s[1:end], 191); !ok {
		return s, false
	}
	return s[end+1:], true
}

// cutOldSyslog reads "Nov 22 05:40:01 host tag[pid]: line". The tag has no
// spaces.
func cutOldSyslog(s string) (host, line string, ok bool) {
	if len(s) < 20 || s[9] != ':' || s[12] != ':' || s[15] != ' ' ||
		!strings.Contains("JanFebMarAprMayJunJulAugSepOctNovDec", s[:3]) {
		return "", "", false
	}
	host, rest, _ := strings.Cut(s[16:], " ")
	tag, line, ok := strings.Cut(rest, " ")
	if !ok || len(tag) < 2 || tag[len(tag)-1] != ':' {
		return "", "", false
	}
	return host, line, true
}

// cutNewSyslog reads "time host app pid id structured-data line". Structured
// data is stepped over if it has no spaces within brackets.
func cutNewSyslog(s string) (host, line string, at int64, ok bool) {
	time, s, _ := strings.Cut(s, " ")
	if at, ok = field.Time(time); !ok && time != "-" {
		return "", "", 0, false
	}
	host, s, _ = strings.Cut(s, " ")
	for range 3 {
		_, s, _ = strings.Cut(s, " ")
	}
	if strings.HasPrefix(s, "[") {
		_, line, ok = strings.Cut(s, `"] `)
	} else {
		_, line, ok = strings.Cut(s, " ")
	}
	return host, strings.TrimPrefix(line, "\ufeff"), at, ok
}

// cutContainer reads "time stdout F line"; "P" is a part of a line.
func cutContainer(s string) (line string, at int64, ok bool) {
	time, s, _ := strings.Cut(s, " ")
	stream, line, _ := strings.Cut(s, " ")
	if stream != "stdout" && stream != "stderr" {
		return "", 0, false
	}
	line, ok = strings.CutPrefix(line, "F ")
	if !ok {
		return "", 0, false
	}
	at, ok = field.Time(time)
	return line, at, ok
}

// headed decodes a line after the header of a log daemon, and reports whether
// it is of a format. What begins like JSON is read by a reader of its own: the
// line may be in JSON itself.
func (d *Decoder) headed(s string, raw []byte, env Envelope, opened int) bool {
	s, env, ok := cutHeader(s, env)
	if !ok {
		return false
	}
	s = strings.Trim(s, " \r\n\t")
	if !strings.HasPrefix(s, "{") {
		return d.text(s, raw, env)
	}
	if d.lines.busy {
		return false
	}
	if d.lines.doc == nil {
		d.lines.doc = field.NewDoc(d.opts.MaxDepth, d.buf)
	}
	value, n, err := d.lines.doc.Parse(field.Bytes(s))
	if err != nil || n != len(s) {
		return false
	}
	d.lines.busy = true
	d.walk(value, value.Raw(), env, opened)
	d.lines.busy = false
	return true
}
