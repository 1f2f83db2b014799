package clickhouse

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

var (
	jane   = Person{Names: []string{"h1:k1:jane'", "h1:k2:jane"}}
	janeAt = netip.MustParseAddr("10.1.2.3")
)

// crowded is a store with events of jane, as a caller under two keys and as an
// end user, and of others, with all that is made of them.
func crowded(t *testing.T) *Store {
	t.Helper()
	s := testStore(t)
	b := sealedBatch()
	part := b.Parts[0]
	for i, who := range []struct{ principal, user, client string }{
		{jane.Names[0], "", "10.1.2.3"}, {jane.Names[1], "h1:k2:u", "10.1.2.4"}, {"h1:k2:shared", jane.Names[1], "10.9.9.9"},
		{"h1:k2:other", "h1:k2:u", "10.1.2.3"}, {"h1:k2:other", "", "2001:db8:1:2:3::4"},
	} {
		part.Events = append(part.Events, schemas.Event{
			Position: schemas.Position{Topic: "t", Offset: int64(10 + i)}, Time: midnight.UnixNano() + int64(i)*int64(time.Minute),
			Principal: who.principal, EndUser: who.user, Client: netip.MustParseAddr(who.client), KeyID: "k2",
			Path: "/v1/x", Tenant: "acme", Known: schemas.HasStatus, Status: 200,
		})
		part.Sealed = append(part.Sealed, schemas.Sealed{Position: schemas.Position{Topic: "t", Offset: int64(10 + i)}, Time: midnight.UnixNano(),
			Principal: who.principal, Data: []byte("x")})
	}
	part.Events[len(part.Events)-1].Path, part.Events[len(part.Events)-1].UserAgent = "/u/jane.doe/x", "bot of jane.doe"
	part.Aliases = append(part.Aliases, schemas.Alias{Old: jane.Names[0], New: jane.Names[1], Time: midnight.UnixNano()})
	part.Rejects = []schemas.Reject{{Position: schemas.Position{Topic: "t", Offset: 90}, Stage: "decode", Reason: "x", Excerpt: "user jane.doe did"},
		{Position: schemas.Position{Topic: "t", Offset: 91}, Stage: "decode", Reason: "x", Excerpt: "nobody"}}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	finding := func(kind schemas.EntityKind, name, query string) schemas.Finding {
		f := testFinding(0)
		f.Entity = schemas.Entity{Kind: kind, Name: name}
		f.ID, f.Query = schemas.FindingID(f.Detector, f.Entity, f.WindowStart), query
		f.Features = append([]schemas.Feature(nil), f.Features...)
		return f
	}
	about := []schemas.Finding{
		finding(schemas.EntityPrincipal, jane.Names[0], "SELECT 1"),
		finding(schemas.EntityPrincipal, "h1:k2:other", "SELECT 1"),
		finding(schemas.EntityAddress, "10.1.2.3", "SELECT 1"),
		finding(schemas.EntityGlobal, "global", "SELECT * FROM events WHERE principal IN ('h1:k2:jane', 'h1:k2:x')"),
		finding(schemas.EntityGlobal, "all", "SELECT 2"),
	}
	about[4].Features[0].Text = "the busiest was h1:k2:jane"
	var alerts []schemas.Alert
	for i, f := range about {
		alerts = append(alerts, schemas.Alert{ID: fmt.Sprint("a", i), Sequence: 1, Entity: f.Entity, Finding: f, FirstSeen: at(0), LastSeen: at(1),
			History: []schemas.AlertEvent{{Number: 1, At: at(0), What: "opened", Text: f.Entity.Name}}})
	}
	// What is not about jane but ties her, or her address, to somebody.
	for i, e := range []schemas.Entity{{Kind: schemas.EntityPrincipal, Name: jane.Names[1]}, {Kind: schemas.EntityAddress, Name: janeAt.String()}} {
		f := finding(schemas.EntityGlobal, fmt.Sprint("tied ", i), "SELECT 3")
		f.Related = []schemas.Entity{{Kind: schemas.EntityAddress, Name: "10.1.2.33"}, e}
		about = append(about, f)
		part := schemas.AlertPart{Detector: "x.y", Entity: e}
		alerts = append(alerts, schemas.Alert{ID: fmt.Sprint("tied", i), Sequence: 1, Entity: f.Entity, Finding: testFinding(1), LastSeen: at(1), Parts: []schemas.AlertPart{part}},
			schemas.Alert{ID: fmt.Sprint("tied too", i), Sequence: 1, Entity: f.Entity, Finding: f, LastSeen: at(1)})
	}
	alerts = append(alerts, schemas.Alert{ID: "said", Sequence: 1, Finding: schemas.Finding{}, LastSeen: at(1),
		Resolution: &schemas.Mark{At: at(2), By: "op", Comment: "it was h1:k2:jane"},
		History:    []schemas.AlertEvent{{Number: 2, At: at(2), What: "resolved", Text: "it was h1:k2:jane"}}})
	if err := s.WriteFindings(t.Context(), about); err != nil {
		t.Fatal(err)
	}
	plots := []schemas.Finding{plotted("c-aa11aa11aa11", 1, 4), plotted("c-bb11bb11bb11", 1, 4)}
	plots[0].Campaign.Members[2].Principal = jane.Names[1]
	plots[1].Campaign.Links[0].Text = "the first was h1:k2:jane"
	if err := s.writeCampaigns(t.Context(), plots); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteAlerts(t.Context(), alerts); err != nil {
		t.Fatal(err)
	}
	return s
}

// erased renders what a table lost.
func erased(list []Erased) string {
	var out []string
	for _, e := range list {
		out = append(out, fmt.Sprintf("%s %d-%d=%d left %d", e.Table, e.Before, e.Removed, e.After, e.Left))
	}
	return strings.Join(out, "\n")
}

func TestForgetAPerson(t *testing.T) {
	s := crowded(t)
	who := jane
	who.Text = "jane.doe"
	counted, err := s.Count(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if got := erased(counted); strings.Contains(got, "left 0") {
		t.Errorf("counting changed something, or the test has nothing to forget:\n%s", got)
	}
	mentions, err := s.Mentions(t.Context(), who)
	if err != nil || len(mentions) < 12 {
		t.Errorf("the test sees %v, error %v", mentions, err)
	}
	gone, err := s.Forget(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	want := `events 15-3=12 left 0
sealed_prompts 15-2=13 left 0
rollup_principal 7-2=5 left 0
aliases 2-1=1 left 0
findings 7-4=3 left 0
campaign_members 8-1=7 left 0
campaigns 2-1=1 left 0
alerts 10-6=4 left 0
alert_history 6-2=4 left 0
rejects 2-1=1 left 0`
	if got := erased(gone); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if mentions, err = s.Mentions(t.Context(), who); err != nil || len(mentions) > 0 {
		t.Errorf("after it %v, error %v", mentions, err)
	}
	if got := one[string](t, s, "SELECT toString((path, user_agent)) FROM events WHERE principal = 'h1:k2:other' AND path != '/v1/x'"); got != "('/u/[FORGOTTEN]/x','bot of [FORGOTTEN]')" {
		t.Errorf("another's event became %s", got)
	}
	// Again, and of nobody, nothing is changed.
	if gone, err = s.Forget(t.Context(), who); err != nil || strings.Contains(erased(gone), "-1=") || strings.Contains(erased(gone), "-3=") {
		t.Errorf("again: %v\n%s", err, erased(gone))
	}
	if n := one[uint64](t, s, "SELECT sum(requests) FROM rollup_address WHERE client = toIPv6('10.1.2.3')"); n != 2 {
		t.Errorf("the sums of an address are %d, want as they were", n)
	}
}

func TestForgetAnAddress(t *testing.T) {
	s := crowded(t)
	gone, err := s.Forget(t.Context(), Person{Clients: []netip.Addr{janeAt}})
	if err != nil {
		t.Fatal(err)
	}
	want := `events 15-2=13 left 0
rollup_address 7-2=5 left 0
findings 7-2=5 left 0
alerts 10-3=7 left 0
alert_history 6-1=5 left 0`
	if got := erased(gone); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	gone, err = s.Forget(t.Context(), Person{Clients: []netip.Addr{netip.MustParseAddr("2001:db8:1:2:3::4")}})
	if err != nil || !strings.Contains(erased(gone), "events 13-1=12 left 0") {
		t.Errorf("IPv6: %v\n%s", err, erased(gone))
	}
}

func TestForgetNobody(t *testing.T) {
	s := crowded(t)
	gone, err := s.Forget(t.Context(), Person{})
	if err != nil || len(gone) != 0 {
		t.Errorf("%v, %v", gone, err)
	}
	many := Person{}
	for i := range 1000 {
		many.Names = append(many.Names, fmt.Sprint("h1:k1:", i, "\\'\n"))
	}
	many.Names = append(many.Names, "o", "t") // a short name is none of a text
	many.Text = "jane.do"                     // and a part of another's is none
	gone, err = s.Forget(t.Context(), many)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range gone {
		if e.Removed != 0 || e.Before != e.After {
			t.Errorf("%+v", e)
		}
	}
	if m, err := s.Mentions(t.Context(), many); err != nil || len(m) > 0 {
		t.Errorf("%v, %v", m, err)
	}
}

func TestJoinedNames(t *testing.T) {
	s := testStore(t)
	b := &schemas.Batch{Token: "x", Parts: []*schemas.Part{{}}}
	for i := range 4 {
		b.Parts[0].Aliases = append(b.Parts[0].Aliases, schemas.Alias{Old: fmt.Sprint("a", i), New: fmt.Sprint("a", i+1), Time: midnight.UnixNano()},
			schemas.Alias{Old: fmt.Sprint("b", i), New: fmt.Sprint("b", i+1), Time: midnight.UnixNano()})
	}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	got, err := s.Joined(t.Context(), []string{"a2", "c'"})
	if err != nil || fmt.Sprint(got) != "[a0 a1 a2 a3 a4 c']" {
		t.Errorf("%v, %v", got, err)
	}
	if got, err = s.Joined(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("%v, %v", got, err)
	}
}

func TestWhatRevealNeeds(t *testing.T) {
	s := crowded(t)
	ids, err := s.KeysOf(t.Context(), janeAt)
	if err != nil || fmt.Sprint(ids) != "[k2]" {
		t.Errorf("keys %v, %v", ids, err)
	}
	if ids, err = s.KeysOf(t.Context(), netip.MustParseAddr("192.0.2.1")); err != nil || len(ids) != 0 {
		t.Errorf("keys of nobody %v, %v", ids, err)
	}
	tenants, err := s.Tenants(t.Context())
	if err != nil || fmt.Sprint(tenants) != "[acme t]" {
		t.Errorf("tenants %v, %v", tenants, err)
	}
	sealed, err := s.SealedOf(t.Context(), "r2")
	if err != nil || len(sealed) != 2 || sealed[1].Position != (schemas.Position{Topic: "t", Partition: 1, Offset: 2, Index: 1}) ||
		sealed[0].Time != midnight.UnixNano() || string(sealed[0].Data) != "\x00\xff\x02'" || sealed[0].KeyID != "k2" {
		t.Errorf("sealed %+v, %v", sealed, err)
	}
	if sealed, err = s.SealedAt(t.Context(), schemas.Position{Topic: "t", Partition: 1, Offset: 3, Index: 1}); err != nil || len(sealed) != 1 {
		t.Errorf("sealed %+v, %v", sealed, err)
	}
	if sealed, err = s.SealedAt(t.Context(), schemas.Position{Topic: "t", Offset: 3}); err != nil || len(sealed) != 0 {
		t.Errorf("sealed %+v, %v", sealed, err)
	}
}

func TestCheckpointsAreDropped(t *testing.T) {
	s := testStore(t)
	for i, group := range []string{"g", "g", "other'"} {
		c := schemas.Checkpoint{Group: group, Fingerprint: "f", Created: at(i), State: []byte("state h1:k1:jane")}
		if err := s.SaveCheckpoint(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.Checkpoints(t.Context())
	if err != nil || len(list) != 2 || !list[0].Created.Equal(at(1)) {
		t.Fatalf("%+v, %v", list, err)
	}
	if m, err := s.Mentions(t.Context(), Person{Names: []string{"h1:k1:jane"}}); err != nil || len(m) != 1 || m[0].Table != "checkpoints" {
		t.Errorf("%v, %v", m, err)
	}
	if err := s.DropCheckpoints(t.Context(), "g", "f", at(1)); err != nil {
		t.Fatal(err)
	}
	if n := one[uint64](t, s, "SELECT count() FROM checkpoints"); n != 2 {
		t.Errorf("%d rows, want that of the newest of g and that of the other", n)
	}
	if err := s.DropCheckpoints(t.Context(), "other'", "f", at(9)); err != nil {
		t.Fatal(err)
	}
	if list, err = s.Checkpoints(t.Context()); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestForgettingWritesNoName holds that the name, which no table has, does not
// get into the mutations that ClickHouse remembers; where texts have it, it must.
func TestForgettingWritesNoName(t *testing.T) {
	s := crowded(t)
	who := Person{Names: append([]string{"zorblax@quux.example"}, jane.Names...), Text: "zorblax@quux.example"}
	gone, err := s.Forget(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if got := erased(gone); !strings.Contains(got, "events 15-3=12 left 0") {
		t.Errorf("got\n%s", got)
	}
	if n := one[uint64](t, s, "SELECT count() FROM system.mutations WHERE database = currentDatabase() AND is_done"); n == 0 {
		t.Error("no mutations are remembered: the test sees nothing")
	}
	if n := one[uint64](t, s, "SELECT count() FROM system.mutations WHERE command LIKE '%zorblax%'"); n > 0 {
		t.Errorf("%d mutations name the person", n)
	}
}
