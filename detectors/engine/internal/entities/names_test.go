package entities

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

func subject(kind schemas.EntityKind, ev schemas.Event) Subject {
	d := New(kind, room(kind, 10))
	place, _ := d.See(0x0123456789abcdef, 0, &Traits{})
	d.Earn(place, 0, &ev)
	return d.SubjectOf(place)
}

func TestNames(t *testing.T) {
	long := strings.Repeat("p", 60)
	cases := map[string]struct {
		kind       schemas.EntityKind
		ev         schemas.Event
		name, text string
	}{
		"principal": {schemas.EntityPrincipal, schemas.Event{Principal: "h1:k1:abc"}, "h1:k1:abc", "principal = 'h1:k1:abc'"},
		"long principal": {schemas.EntityPrincipal, schemas.Event{Principal: long}, long[:48] + "~89abcdef",
			"startsWith(principal, '" + long[:48] + "')"},
		"rotated principal": {schemas.EntityPrincipal, schemas.Event{Principal: "h1:k1:'"}, "h1:k1:'",
			`(principal = 'h1:k1:\x27' OR principal IN (SELECT new FROM db.aliases WHERE old = 'h1:k1:\x27') OR principal IN (SELECT old FROM db.aliases WHERE new = 'h1:k1:\x27'))`},
		"rotated and long": {schemas.EntityPrincipal, schemas.Event{Principal: long}, long[:48] + "~89abcdef",
			"startsWith(principal, '" + long[:48] + "')"},
		"rotated route": {schemas.EntityRoute, schemas.Event{Method: "GET", Route: "/a"}, "GET /a", "method = 'GET' AND route = '/a'"},
		"quoting": {schemas.EntityPrincipal, schemas.Event{Principal: `a' OR 1=1; --\`}, `a' OR 1=1; --\`,
			`principal = 'a\x27 OR 1=1\x3B --\x5C'`},
		"control": {schemas.EntityPrincipal, schemas.Event{Principal: "a\x00\n\x1b"}, "a\x00\n\x1b", `principal = 'a\x00\x0A\x1B'`},
		"route":   {schemas.EntityRoute, schemas.Event{Method: "GET", Route: "/v1/files/{id}"}, "GET /v1/files/{id}", "method = 'GET' AND route = '/v1/files/{id}'"},
		"ipv4": {schemas.EntityAddress, schemas.Event{Client: netip.MustParseAddr("192.0.2.7"), ClientAddr: netip.MustParseAddr("203.0.113.9")},
			"192.0.2.7", "client = toIPv6('192.0.2.7')"},
		"ipv6": {schemas.EntityAddress, schemas.Event{Client: netip.MustParseAddr("2001:db8:1:2:3:4:5:6")}, "2001:db8:1:2::/64",
			"client >= toIPv6('2001:db8:1:2::') AND client <= toIPv6('2001:db8:1:2:ffff:ffff:ffff:ffff')"},
		"address not stored": {schemas.EntityAddress, schemas.Event{ClientAddr: netip.MustParseAddr("203.0.113.9")}, "~0123456789abcdef", "AND 0"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := subject(c.kind, c.ev)
			s.Joined = strings.HasPrefix(name, "rotated")
			if s.Name != c.name {
				t.Errorf("name %q, want %q", s.Name, c.name)
			}
			q := Evidence("db.events", &s, "status >= 400", 5, 9)
			if !strings.Contains(q, c.text) || !strings.HasPrefix(q, "SELECT * FROM db.events WHERE time >= fromUnixTimestamp64Nano(5) AND time < fromUnixTimestamp64Nano(9)") {
				t.Errorf("query %q, want %q in it", q, c.text)
			}
			if strings.Contains(q, "status >=") {
				t.Errorf("query %q: the condition is for all traffic", q)
			}
			if strings.Contains(q, "203.0.113.9") {
				t.Error("the true address is in the query")
			}
		})
	}
}

func TestAllTrafficIsShownByTheDetectorsCondition(t *testing.T) {
	all := &Subject{Kind: schemas.EntityGlobal, Name: "global"}
	for among, want := range map[string]string{
		"":              "nano(9) ORDER BY time LIMIT 1000",
		"status >= 400": "nano(9) AND status >= 400 ORDER BY time LIMIT 1000",
	} {
		if q := Evidence("events", all, among, 5, 9); !strings.HasSuffix(strings.ReplaceAll(q, "Nano(", "nano("), want) {
			t.Errorf("query %q, want %q at its end", q, want)
		}
	}
}

func TestTableName(t *testing.T) {
	for name, want := range map[string]bool{"events": true, "db.events": true, "": false, "a.b.c": false, "x;y": false, "`x`": false} {
		if TableName(name) != want {
			t.Errorf("%q: got %v", name, !want)
		}
	}
}

func TestNamesOfPrincipalsAreTheSameByBothWays(t *testing.T) {
	for _, n := range []int{0, 1, 47, 48, 49, 500} {
		principal := strings.Repeat("p", n)
		s := subject(schemas.EntityPrincipal, schemas.Event{Principal: principal})
		if got := PrincipalName(principal, 0x0123456789abcdef); got != s.Name {
			t.Errorf("%d bytes: %q, want %q", n, got, s.Name)
		}
	}
}

func TestAppendName(t *testing.T) {
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
	place, _ := d.See(7, 0, &Traits{})
	d.Earn(place, 0, &schemas.Event{Principal: "somebody"})
	b := make([]byte, 0, 100)
	if n := testing.AllocsPerRun(100, func() { b = d.AppendName(b[:0], place) }); n != 0 || string(b) != "somebody" {
		t.Errorf("%v allocations for %q", n, b)
	}
	if d.Client(place).IsValid() {
		t.Error("a principal has an address")
	}
	a := New(schemas.EntityAddress, room(schemas.EntityAddress, 10))
	place, _ = a.See(7, 0, &Traits{})
	if a.Client(place).IsValid() {
		t.Error("an address without a card is known")
	}
	a.Earn(place, 0, &schemas.Event{Client: netip.MustParseAddr("192.0.2.7")})
	if got := a.Client(place); got != netip.MustParseAddr("192.0.2.7") {
		t.Errorf("client %v", got)
	}
}

func TestMembers(t *testing.T) {
	const id = "c-0123456789ab"
	want := "SELECT * FROM events WHERE time >= fromUnixTimestamp64Nano(5) AND time < fromUnixTimestamp64Nano(9)" +
		" AND principal IN (SELECT principal FROM campaign_members WHERE campaign = 'c-0123456789ab') ORDER BY time LIMIT 1000"
	if got := Members("events", id, false, 5, 9); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got := Members("db.events", id, true, 5, 9)
	for _, part := range []string{"FROM db.events", "FROM db.campaign_members", "FROM db.aliases WHERE old IN (", "FROM db.aliases WHERE new IN ("} {
		if !strings.Contains(got, part) {
			t.Errorf("got %q, want %q in it", got, part)
		}
	}
}
