package investigate

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Trait is a value that members' events have.
type Trait struct {
	// Kind is "model", "settings", "client", "network", "system", "country",
	// "tls", "tenant", "route" or "template".
	Kind  string `json:"kind"`
	Value string `json:"value"`
	// Calls are the members' requests that have it, Share of all of theirs;
	// Keys the members that have it and Others the other callers.
	Calls  int64   `json:"calls"`
	Share  float64 `json:"share"`
	Keys   int64   `json:"keys"`
	Others int64   `json:"others"`
}

// shownTraits is how many values of a kind are told.
const shownTraits = 3

// traitsOf are the kinds, in the order in which they are told, with what has
// their value in SQL; "" is none. Networks are /24 and /48 of the addresses as
// they are stored.
var traitsOf = [][2]string{
	{"model", "trim(concat(provider, ' ', model))"},
	{"settings", `if(model = '', '', arrayStringConcat(arrayFilter(x -> x != '', [
        ifNull(concat('max_tokens ', toString(max_tokens)), ''), ifNull(concat('temperature ', toString(temperature)), ''),
        ifNull(concat('n ', toString(choices)), ''), if(ifNull(stream, false), 'stream', ''),
        if(ifNull(logprobs, false) OR ifNull(top_logprobs, 0) > 0, 'logprobs', ''), if(ifNull(logit_bias, 0) > 0, 'logit_bias', ''),
        if(ifNull(tools, 0) > 0, 'tools', '')]), ', '))`},
	{"template", "if(template_fingerprint = 0, '', toString(template_fingerprint))"},
	{"client", "user_agent"},
	{"tls", "toString(tls)"},
	{"network", "if(client = toIPv6('::'), '', cutIPv6(client, 10, 1))"},
	{"system", "if(asn = 0, '', concat('AS', toString(asn)))"},
	{"country", "toString(country)"},
	{"tenant", "toString(tenant)"},
	{"route", "trim(concat(toString(method), ' ', toString(route)))"},
}

// pairs is the list of (kind, value) of an event, in SQL.
func pairs() string {
	out := make([]string, len(traitsOf))
	for i, t := range traitsOf {
		out[i] = "('" + t[0] + "', " + t[1] + ")"
	}
	return "[" + strings.Join(out, ",\n    ") + "]"
}

// traits fills what the members' events of the last stretch have in common, and
// how many others have it too.
func (a *asker) traits(r *Report, stretch time.Duration) error {
	c := a.found.Campaign
	r.TraitsFrom, r.TraitsTo = c.First, c.Last.Truncate(time.Minute).Add(time.Minute)
	if from := r.TraitsTo.Add(-stretch); from.After(r.TraitsFrom) {
		r.TraitsFrom = from
	}
	within := "time >= " + moment(r.TraitsFrom) + " AND time < " + moment(r.TraitsTo)
	var calls int64
	if err := a.rows("SELECT toInt64(countIf(principal IN "+a.keys+")), toInt64(uniqIf(principal, principal != '' AND principal NOT IN "+a.keys+")) FROM events WHERE "+within,
		func(row []any) { calls, r.Callers = integer(row[0]), integer(row[1]) }); err != nil || calls == 0 {
		return err
	}
	at := make(map[[2]string]int)
	var list []string
	if err := a.rows(fmt.Sprintf(`
SELECT kind, value, toInt64(count()) AS calls, toInt64(uniqExact(who)) AS keys FROM (
    SELECT %s AS who, arrayJoin(%s) AS pair, pair.1 AS kind, pair.2 AS value FROM events%sWHERE %s AND principal IN %s)
WHERE value != '' GROUP BY kind, value ORDER BY keys DESC, calls DESC, value LIMIT %d BY kind`, oldest, pairs(), a.older, within, a.keys, shownTraits), func(row []any) {
		t := Trait{Kind: text(row[0]), Value: text(row[1]), Calls: integer(row[2]), Keys: integer(row[3])}
		t.Share = float64(t.Calls) / float64(calls)
		at[[2]string{t.Kind, t.Value}] = len(r.Traits)
		list = append(list, "("+quoted(t.Kind)+", "+quoted(t.Value)+")")
		r.Traits = append(r.Traits, t)
	}); err != nil || len(list) == 0 {
		return err
	}
	if err := a.rows(fmt.Sprintf(`
SELECT pair.1, pair.2, toInt64(uniq(principal)) FROM (
    SELECT principal, arrayJoin(arrayFilter(x -> x IN (%s), %s)) AS pair FROM events WHERE %s AND principal != '' AND principal NOT IN %s)
GROUP BY pair`, strings.Join(list, ", "), pairs(), within, a.keys), func(row []any) {
		if i, ok := at[[2]string{text(row[0]), text(row[1])}]; ok {
			r.Traits[i].Others = integer(row[2])
		}
	}); err != nil {
		return err
	}
	r.Traits = inOrder(r.Traits)
	return nil
}

// inOrder puts traits into the order of traitsOf, and networks into words.
func inOrder(list []Trait) (out []Trait) {
	for _, kind := range traitsOf {
		for _, t := range list {
			if t.Kind != kind[0] {
				continue
			}
			if t.Kind == "network" {
				t.Value = networkName(t.Value)
			}
			out = append(out, t)
		}
	}
	return out
}

// networkName writes a network as ClickHouse cuts it: "::ffff:192.0.2.0" is of an
// IPv4 address.
func networkName(s string) string {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	bits := 48
	if addr = addr.Unmap(); addr.Is4() {
		bits = 24
	}
	return netip.PrefixFrom(addr, bits).Masked().String()
}
