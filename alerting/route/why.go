package route

import (
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
)

// maxShown is how much of a value is shown, in code points, and maxValues how
// many values of a label.
const (
	maxShown  = 60
	maxValues = 3
)

// verdict is what became of a route.
type verdict struct {
	route   *route
	subject *subject
	ok      bool
	// failed is the matcher that does not hold, or -1; outside tells that it is
	// not the time for the route.
	// partly that it does not hold for all parts and the route has no sinks.
	failed          int
	outside, partly bool
	muted           string
	until           time.Time
}

// String says it in a line: "route oncall: severity is high, wants >=high:
// matched; goes to slack, pager".
func (v verdict) String() string {
	b := make([]byte, 0, 120)
	b = append(b, "route "...)
	b = append(b, v.route.Name...)
	b = append(b, ": "...)
	list := v.route.matchers.list
	switch {
	case v.failed >= 0:
		b = condition(b, &list[v.failed], v.subject)
		return string(append(b, ": not matched"...))
	case v.partly:
		return string(append(b, "has no sinks and does not cover all parts: not matched"...))
	case v.outside:
		b = append(b, "outside of mute time "...)
		return string(append(b, strings.Join(v.route.During, ", ")...))
	case len(list) == 0:
		b = append(b, "takes everything"...)
	}
	for i := range list {
		if i > 0 {
			b = append(b, "; "...)
		}
		b = condition(b, &list[i], v.subject)
	}
	b = append(b, ": matched; "...)
	switch {
	case len(v.route.Sinks) == 0:
		b = append(b, "has no sinks, so it tells nobody"...)
	case v.muted != "":
		b = append(b, "silent in "...)
		b = append(b, v.muted...)
		b = until(b, v.until)
		b = append(b, ", else goes to "...)
		b = append(b, strings.Join(v.route.Sinks, ", ")...)
	default:
		b = append(b, "goes to "...)
		b = append(b, strings.Join(v.route.Sinks, ", ")...)
	}
	if v.route.Continue {
		b = append(b, "; and on"...)
	}
	return string(b)
}

// condition adds "severity is high, wants >=high".
func condition(b []byte, m *matcher, s *subject) []byte {
	b = append(b, m.label.String()...)
	b = append(b, " is "...)
	values := s.of(m.label)
	for i, v := range values {
		if i == maxValues {
			b = append(b, " and others"...)
			break
		}
		if i > 0 {
			b = append(b, ", "...)
		}
		if v == "" {
			b = append(b, "not known"...)
		} else {
			b = append(b, shown(v)...)
		}
	}
	b = append(b, ", wants "...)
	return append(b, shown(m.wants)...)
}

// shown returns v as it may be shown to people.
func shown(v string) string {
	if len(v) <= maxShown {
		plain := true
		for i := range len(v) {
			plain = plain && v[i] >= ' ' && v[i] < 0x7f
		}
		if plain {
			return v
		}
	}
	return neutral.Text(v, maxShown)
}

func until(b []byte, t time.Time) []byte {
	if t.IsZero() {
		return b
	}
	b = append(b, " until "...)
	return t.AppendFormat(b, time.RFC3339)
}

func everySink(t *Tree) string {
	why := "no route matched: goes to every sink"
	if len(t.routes) == 0 {
		why = "no routes are configured: goes to every sink"
	}
	if len(t.sinks) == 0 {
		return why + ", and there is none"
	}
	return why + ": " + strings.Join(t.sinks, ", ")
}

func whySilence(x *silence) string {
	b := append([]byte("silence "), shown(x.ID)...)
	if x.By != "" {
		b = append(b, " of "...)
		b = append(b, shown(x.By)...)
	}
	b = until(append(b, " covers it"...), x.Until)
	return string(append(b, ": nobody is told"...))
}

func whyMaintenance(m *maintenance, end time.Time) string {
	b := until(append([]byte("maintenance "+m.Name), " covers it"...), end)
	if m.Comment != "" {
		b = append(b, " ("...)
		b = append(b, shown(m.Comment)...)
		b = append(b, ')')
	}
	return string(append(b, ": nobody is told"...))
}
