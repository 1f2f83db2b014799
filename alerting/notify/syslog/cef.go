package syslog

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

// cefSeverities are CEF's, 0 to 10, by ours.
var cefSeverities = [...]string{"2", "4", "6", "8", "10"}

// The lengths of fields are those of the dictionary of "Implementing ArcSight
// Common Event Format": 63 for act and outcome, 40 for externalId, 255 for
// deviceExternalId, and 1023, which custom strings may exceed.
const (
	limitSignature = 255
	limitName      = 512
	limitShort     = 63
	limitText      = 1023
)

// Text within a field has neither line breaks nor controls: neutral.Text has
// taken them out. So a record cannot end before its end.
var (
	headerEscapes = strings.NewReplacer(`\`, `\\`, `|`, `\|`)
	valueEscapes  = strings.NewReplacer(`\`, `\\`, `=`, `\=`)
)

// extension is the fields of a CEF record.
type extension struct {
	out   strings.Builder
	limit int
}

// add appends a field, unless it is empty or the record would become too long:
// a field is there whole or not at all.
func (e *extension) add(key, value string, limit int) {
	value = valueEscapes.Replace(neutral.Text(value, limit))
	if value == "" || e.out.Len()+len(key)+len(value)+2 > e.limit {
		return
	}
	if e.out.Len() > 0 {
		e.out.WriteByte(' ')
	}
	e.out.WriteString(key + "=" + value)
}

// custom appends a field that needs a label.
func (e *extension) custom(key, label, value string, limit int) {
	before := e.out.Len()
	e.add(key, value, limit)
	if e.out.Len() > before {
		e.add(key+"Label", label, limitText)
	}
}

func (e *extension) number(key string, n int64) { e.add(key, strconv.FormatInt(n, 10), 20) }

func (e *extension) time(key string, t time.Time) {
	if !t.IsZero() {
		e.number(key, t.UnixMilli())
	}
}

// cef returns a as a record of the Common Event Format of at most limit bytes.
// The fields that matter most come first.
func cef(a *schemas.Alert, key, version, host string, limit int) string {
	head := "CEF:0|Gatehound|Gatehound|" + field(version, limitShort) + "|" + field(a.Detector, limitSignature) + "|" +
		headerEscapes.Replace(neutral.Title(a, limitName)) + "|" + cefSeverities[min(int(a.Severity), len(cefSeverities)-1)] + "|"
	e := &extension{limit: limit - len(head)}
	e.add("externalId", a.ID, 40)
	e.add("deviceExternalId", host, 255)
	e.time("rt", neutral.Moment(a))
	e.time("start", a.FirstSeen)
	e.time("end", a.LastSeen)
	e.add("act", a.State.String(), limitShort)
	e.number("cnt", a.Events)
	e.custom("flexString1", "idempotency key", key, limitText)
	e.custom("flexString2", "entity "+a.Entity.Kind.String(), a.Entity.Name, limitText)
	entity(e, a.Entity)
	e.custom("cs1", "detector", a.Detector, limitText)
	e.custom("cs2", "model", strings.TrimSpace(a.Finding.Provider+" "+a.Finding.Model), limitText)
	e.custom("cs3", "techniques", techniques(a.Finding.Techniques), limitText)
	e.custom("cs4", "tenant", a.Tenant, limitText)
	if c := a.Finding.Campaign; c != nil {
		e.custom("cs5", "campaign", c.ID, limitText)
	}
	e.custom("cs6", "case", a.URL, limitText)
	e.custom("cn1", "findings", strconv.Itoa(a.Findings), 20)
	e.custom("cn2", "confidence percent", strconv.Itoa(int(a.Confidence*100+0.5)), 20)
	e.custom("cn3", "sequence", strconv.Itoa(a.Sequence), 20)
	e.add("cat", "alert", limitText)
	if a.MergedInto != "" {
		e.add("reason", "merged into "+a.MergedInto, limitText)
	} else if a.Resolution != nil {
		e.add("reason", a.Resolution.Comment, limitText)
	}
	e.add("outcome", outcome(a), limitShort)
	e.add("msg", message(a), limitText)
	e.add("request", a.Finding.Query, limitText) // cut, it says that it was
	return head + e.out.String()
}

// field returns a field of the header.
func field(s string, limit int) string { return headerEscapes.Replace(neutral.Text(s, limit)) }

// message says what happened, and what came of it.
func message(a *schemas.Alert) string {
	text := a.Summary
	if c := a.Finding.Campaign; c != nil {
		text = neutral.Text(text, 400) + campaign(c)
	}
	if a.Outcome != "" {
		text = neutral.Text(a.Outcome, limitText/2) + " " + text
	}
	return text
}

func campaign(c *schemas.Campaign) string {
	text := " " + strconv.Itoa(c.Size) + " keys took " + strconv.FormatInt(c.Exchanges, 10) + " exchanges."
	for _, l := range c.Links[:min(len(c.Links), 3)] {
		text += " Link: " + neutral.Text(l.Text, 80) + "."
	}
	for i, n := range c.Named[:min(len(c.Named), 3)] {
		if i == 0 {
			text += " Keys:"
		}
		text += " " + neutral.Text(n, 60)
	}
	return text
}

// outcome is who has it, in few words.
func outcome(a *schemas.Alert) string {
	switch {
	case a.State == schemas.AlertResolved:
		return "resolved"
	case a.Acknowledged != nil:
		return "acknowledged by " + a.Acknowledged.By
	case a.Escalated > 0:
		return "escalated"
	}
	return ""
}

// entity puts the entity where SIEMs look for it.
func entity(e *extension, who schemas.Entity) {
	switch who.Kind {
	case schemas.EntityPrincipal:
		e.add("suser", who.Name, limitText)
	case schemas.EntityHost:
		e.add("dhost", who.Name, limitText)
	case schemas.EntityAddress:
		name, _, _ := strings.Cut(who.Name, "/")
		at, err := netip.ParseAddr(name)
		if err != nil {
			return // a pseudonym
		}
		if at = at.Unmap(); at.Is4() {
			e.add("src", at.String(), limitShort)
		} else {
			e.custom("c6a2", "Source IPv6 Address", at.WithZone("").String(), limitShort)
		}
	}
}

func techniques(ts []schemas.Technique) string {
	var ids []string
	for _, t := range ts[:min(len(ts), 8)] {
		ids = append(ids, neutral.Text(t.ID, 40))
	}
	return strings.Join(ids, ",")
}
