package entities

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/gatehound/gatehound/detectors/words"
	"github.com/gatehound/gatehound/schemas"
)

// TableName tells whether s can stand in a query unquoted.
func TableName(s string) bool { return tableNames.MatchString(s) }

var tableNames = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)?$`)

// evidenceRows is how many events a finding's query shows.
const evidenceRows = 1000

// Evidence returns the ClickHouse statement that shows the events of an entity
// from start to end (not in it), in Unix nanoseconds. Names come from clients:
// they stand in it as quoted literals only. Of all traffic it shows the events
// that meet the condition among, unless that is empty.
func Evidence(table string, who *Subject, among string, start, end int64) string {
	var b strings.Builder
	fmt.Fprintf(&b, "SELECT * FROM %s WHERE time >= fromUnixTimestamp64Nano(%d) AND time < fromUnixTimestamp64Nano(%d)", table, start, end)
	switch who.Kind {
	case schemas.EntityPrincipal:
		same := equals("principal", who.text, who.cut)
		if who.Joined && !who.cut {
			same = joined(table, words.Literal(who.text))
		}
		b.WriteString(" AND " + same)
	case schemas.EntityRoute:
		method, route, _ := strings.Cut(who.text, " ")
		b.WriteString(" AND " + equals("method", method, false) + " AND " + equals("route", route, who.cut))
	case schemas.EntityAddress:
		switch p := who.network; {
		case !p.IsValid():
			b.WriteString(" AND 0 /* client addresses are not stored */")
		case p.IsSingleIP():
			b.WriteString(" AND client = toIPv6('" + p.Addr().String() + "')")
		default:
			fmt.Fprintf(&b, " AND client >= toIPv6('%s') AND client <= toIPv6('%s')", p.Addr(), lastOf(p))
		}
	case schemas.EntityModel:
		provider, model, _ := strings.Cut(who.text, "/")
		b.WriteString(" AND " + equals("provider", provider, false) + " AND " + equals("model", model, who.cut))
	case schemas.EntityTenant:
		b.WriteString(" AND " + equals("tenant", who.text, who.cut))
	case schemas.EntityHost:
		b.WriteString(" AND " + equals("host", who.text, who.cut))
	case schemas.EntityGlobal:
		if among != "" {
			b.WriteString(" AND " + among)
		}
	case schemas.EntityNone, schemas.EntitySource:
	}
	fmt.Fprintf(&b, " ORDER BY time LIMIT %d", evidenceRows)
	return b.String()
}

// Members returns the ClickHouse statement that shows the events of a campaign's
// members from start to end (not in it). It stands in the query unquoted: id is
// "c-" and hexadecimal digits. With rotated a member's pseudonym may not be that
// of all its events.
func Members(table, id string, rotated bool, start, end int64) string {
	members := "(SELECT principal FROM " + beside(table, "campaign_members") + " WHERE campaign = '" + id + "')"
	same := "principal IN " + members
	if rotated {
		aliases := beside(table, "aliases")
		same = "(" + same + " OR principal IN (SELECT new FROM " + aliases + " WHERE old IN " + members +
			") OR principal IN (SELECT old FROM " + aliases + " WHERE new IN " + members + "))"
	}
	return fmt.Sprintf("SELECT * FROM %s WHERE time >= fromUnixTimestamp64Nano(%d) AND time < fromUnixTimestamp64Nano(%d) AND %s ORDER BY time LIMIT %d",
		table, start, end, same, evidenceRows)
}

// beside returns the name of a table in the same database as table.
func beside(table, name string) string {
	if database, _, ok := strings.Cut(table, "."); ok {
		return database + "." + name
	}
	return name
}

// joined finds a principal by the quoted name and by the pseudonyms that a
// rotation of the key ring has joined to it.
func joined(table, name string) string {
	aliases := beside(table, "aliases")
	return "(principal = " + name + " OR principal IN (SELECT new FROM " + aliases + " WHERE old = " + name +
		") OR principal IN (SELECT old FROM " + aliases + " WHERE new = " + name + "))"
}

func equals(column, value string, cut bool) string {
	if cut {
		return "startsWith(" + column + ", " + words.Literal(value) + ")"
	}
	return column + " = " + words.Literal(value)
}

// lastOf returns the last address of an IPv6 prefix of 64 bits.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Addr().As16()
	for i := 8; i < 16; i++ {
		b[i] = 0xff
	}
	return netip.AddrFrom16(b)
}
