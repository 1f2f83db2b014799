package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// readBack reads a stretch through Events.
func readBack(t testing.TB, s *Store, h History) (out []schemas.Event) {
	t.Helper()
	for b, err := range s.Events(t.Context(), h) {
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range b.Parts {
			for i := range p.Events {
				if at := p.Events[i].Position; at.Topic != p.Range.Topic || at.Partition != p.Range.Partition || at.Offset >= p.Range.Next {
					t.Fatalf("an event at %+v is in a part of %+v", at, p.Range)
				}
			}
			out = append(out, p.Events...)
		}
	}
	return out
}

func TestEveryFieldIsReadBack(t *testing.T) {
	s := testStore(t)
	r := rand.New(rand.NewPCG(5, 6))
	now := time.Now()
	want := make([]schemas.Event, 64)
	for i := range want {
		want[i] = randomEvent(t, r, now.Add(time.Duration(i)*time.Second))
		want[i].Position = schemas.Position{Topic: "a\n'b", Partition: 3, Offset: int64(i / 2), Index: int32(i % 2)}
	}
	// The extremes: nothing known, everything known and zero, each bit alone, IPv6.
	want[0] = schemas.Event{Position: want[0].Position, Time: want[0].Time}
	want[1] = schemas.Event{Position: want[1].Position, Time: want[1].Time, Known: schemas.HasPrompt<<1 - 1}
	for bit := range 21 {
		want[2+bit] = schemas.Event{Position: want[2+bit].Position, Time: want[2+bit].Time, Known: 1 << bit}
	}
	want[30].Client = netip.MustParseAddr("2001:db8::1")
	want[31].Client = netip.Addr{}
	want[32].PromptMinHash = [4]uint32{}
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "r", Parts: []*schemas.Part{{Events: want}}}); err != nil {
		t.Fatal(err)
	}
	got := readBack(t, s, History{})
	if len(got) != len(want) {
		t.Fatalf("%d events of %d", len(got), len(want))
	}
	for i := range want {
		want[i].ClientAddr, want[i].Subject = netip.Addr{}, ""
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("event %d:\ngot  %+v\nwant %+v", i, got[i], want[i])
		}
	}
	e, err := s.Extent(t.Context(), History{From: want[2].When(), To: want[5].When()})
	if err != nil || e.Events != 3 || !e.First.Equal(want[2].When()) || !e.Last.Equal(want[4].When()) {
		t.Errorf("the extent is %+v, %v", e, err)
	}
	if e, err := s.Extent(t.Context(), History{To: now.Add(-time.Hour)}); err != nil || e != (Extent{}) {
		t.Errorf("the extent of nothing is %+v, %v", e, err)
	}
	if got := readBack(t, s, History{From: want[2].When(), To: want[5].When()}); len(got) != 3 || got[0].Position != want[2].Position {
		t.Errorf("a stretch gives %d events", len(got))
	}
}

// keepingStore keeps events of any time.
func keepingStore(t testing.TB) *Store {
	cfg := testConfig(t)
	cfg.TTL.Events = 0
	return openStore(t, cfg)
}

// logged are events of some partitions as gateways log them: when they are
// answered, which is up to late after their time.
func logged(partitions, each int, late time.Duration) []*schemas.Part {
	r := rand.New(rand.NewPCG(9, 9))
	start := time.Date(2026, 5, 4, 22, 30, 0, 0, time.UTC).UnixNano()
	var out []*schemas.Part
	for p := range partitions {
		type line struct{ at, written int64 }
		lines := make([]line, each)
		for i := range lines {
			at := start + int64(i)*int64(5*time.Hour)/int64(each) + r.Int64N(int64(time.Second))
			lines[i] = line{at, at + r.Int64N(int64(late)+1)}
		}
		slices.SortFunc(lines, func(a, b line) int { return int(a.written - b.written) })
		part := &schemas.Part{Range: schemas.Range{Topic: "t", Partition: int32(p)}}
		for i, l := range lines {
			part.Events = append(part.Events, schemas.Event{Time: l.at, RequestID: fmt.Sprintf("%d-%d", p, i),
				Position: schemas.Position{Topic: "t", Partition: int32(p), Offset: int64(i)}})
		}
		out = append(out, part)
	}
	return out
}

// TestEventsComeAsTheyCame stores partitions whose events are out of order, over
// midnight, and reads them back in small statements.
func TestEventsComeAsTheyCame(t *testing.T) {
	s := keepingStore(t)
	parts := logged(3, 5000, 3*time.Minute)
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "t", Parts: parts}); err != nil {
		t.Fatal(err)
	}
	got := readBack(t, s, History{})
	if len(got) != 15000 {
		t.Fatalf("%d events", len(got))
	}
	next, clock, latest := map[int32]int64{}, map[int32]int64{}, int64(0)
	for i := range got {
		at := got[i].Position
		if at.Offset != next[at.Partition] {
			t.Fatalf("offset %d of partition %d comes where %d is due", at.Offset, at.Partition, next[at.Partition])
		}
		next[at.Partition]++
		clock[at.Partition] = max(clock[at.Partition], got[i].Time)
		if c := clock[at.Partition] / int64(time.Second); c < latest {
			t.Fatalf("a partition is %d s behind another", latest-c)
		} else {
			latest = c
		}
	}
}

// TestAServerReadsWholeHours reads as from a server: an hour is one statement,
// which may sort on the disk.
func TestAServerReadsWholeHours(t *testing.T) {
	s := keepingStore(t)
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "t", Parts: logged(2, 4000, time.Minute)}); err != nil {
		t.Fatal(err)
	}
	want := readBack(t, s, History{})
	s.options.TransportFunc = nil
	if s.embedded() || s.readSettings()["max_bytes_before_external_sort"] == nil {
		t.Fatal("it is not read as from a server")
	}
	if got := readBack(t, s, History{}); len(got) != 8000 || !reflect.DeepEqual(got, want) {
		t.Errorf("%d events, not the same", len(got))
	}
}

func TestReadingEndsEarly(t *testing.T) {
	s := keepingStore(t)
	if err := s.WriteBatch(t.Context(), &schemas.Batch{Token: "t", Parts: logged(1, 300, 0)}); err != nil {
		t.Fatal(err)
	}
	for range s.Events(t.Context(), History{}) {
		break // and the connection is free again
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for b, err := range s.Events(ctx, History{}) {
		if err == nil || b != nil {
			t.Error("events are read after the end of the context")
		}
	}
	if got := readBack(t, s, History{}); len(got) != 300 {
		t.Errorf("%d events", len(got))
	}
}

func TestHoursAreCut(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2026, 5, 4, h, 0, 0, 0, time.UTC) }
	hours := []hourCount{{at(0), 10}, {at(1), 60}, {at(2), 40}, {at(5), 250}, {at(6), 1}}
	h := History{From: at(0).Add(20 * time.Minute), To: at(6).Add(30 * time.Minute)}
	whole := cut(hours, h, 100, false)
	want := []History{{h.From, at(2)}, {at(2), at(3)}, {at(5), at(6)}, {at(6), h.To}}
	if !reflect.DeepEqual(whole, want) {
		t.Errorf("whole hours: %v", whole)
	}
	parts := cut(hours, h, 100, true)
	if len(parts) != 6 || parts[3].From != at(5).Add(20*time.Minute) || parts[3].To != at(5).Add(40*time.Minute) {
		t.Errorf("parts of hours: %v", parts)
	}
	for i, p := range parts[1:] {
		if p.From.Before(parts[i].To) {
			t.Errorf("%v overlaps %v", p, parts[i])
		}
	}
	if cut(nil, h, 100, true) != nil {
		t.Error("no hours are something")
	}
}

func TestSubjectsAreTheOldestNames(t *testing.T) {
	s := keepingStore(t)
	events := []schemas.Event{{Time: 1e18, Principal: "h1:k1:a"}, {Time: 1e18 + 1, Principal: "h1:k2:a", Position: schemas.Position{Offset: 1}},
		{Time: 1e18 + 2, Principal: "h1:k3:a", Position: schemas.Position{Offset: 2}}, {Time: 1e18 + 3, Principal: "other", Position: schemas.Position{Offset: 3}}}
	b := &schemas.Batch{Token: "t", Parts: []*schemas.Part{{Events: events, Aliases: []schemas.Alias{
		{Old: "h1:k1:a", New: "h1:k2:a", Time: time.Now().UnixNano()}, {Old: "h1:k2:a", New: "h1:k3:a", Time: time.Now().UnixNano()},
		{Old: "x", New: "y", Time: time.Now().UnixNano()}, {Old: "y", New: "x", Time: time.Now().UnixNano()}}}}}
	if err := s.WriteBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range readBack(t, s, History{}) {
		got = append(got, e.Subject)
	}
	if want := []string{"", "h1:k1:a", "h1:k1:a", ""}; !slices.Equal(got, want) {
		t.Errorf("the subjects are %q, want %q", got, want)
	}
}

func TestFindingsAreReadBack(t *testing.T) {
	s := testStore(t)
	r := rand.New(rand.NewPCG(7, 8))
	want := make([]schemas.Finding, 3)
	for i := range want {
		f := &want[i]
		v := reflect.ValueOf(f).Elem()
		for j := range v.NumField() {
			switch v.Field(j).Kind() {
			case reflect.String, reflect.Float64, reflect.Int64:
				fill(t, r, v.Field(j))
			}
		}
		f.ID = fmt.Sprintf("abcdef%026x", i)
		f.Detector = []string{"rate.spike", "rates.spike", "rate.drop"}[i]
		f.Entity = schemas.Entity{Kind: schemas.EntityModel, Name: hostile[i]}
		f.Severity = schemas.Severity(i + 1)
		f.WindowStart = time.Now().UTC().Add(time.Duration(i) * time.Minute).Truncate(time.Nanosecond)
		f.WindowEnd, f.Detected = f.WindowStart.Add(time.Minute), f.WindowStart.Add(time.Second)
		f.Features = make([]schemas.Feature, i)
		for j := range f.Features {
			fill(t, r, reflect.ValueOf(&f.Features[j]).Elem())
		}
		f.Techniques = []schemas.Technique{{Framework: "MITRE ATLAS", ID: "AML.T0024", Name: "x"}}
		f.Samples = []string{"r1", "r2"}
	}
	want[0].Features, want[0].Samples = nil, nil
	want[1].Exception = &schemas.Exception{Owner: "me", Reason: "known"}
	if err := s.WriteFindings(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	for i := range want {
		want[i].WindowStart = want[i].WindowStart.Round(0)
		got, err := s.Finding(t.Context(), strings.ToUpper(want[i].ID))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*got, want[i]) {
			t.Errorf("finding %d:\ngot  %+v\nwant %+v", i, *got, want[i])
		}
	}
	if _, err := s.Finding(t.Context(), "abcdef"); err == nil || !strings.Contains(err.Error(), want[0].ID) || !strings.Contains(err.Error(), "more digits") {
		t.Errorf("of several: %v", err)
	}
	if _, err := s.Finding(t.Context(), "0123456"); !errors.Is(err, ErrNoFinding) {
		t.Errorf("of none: %v", err)
	}
	for _, id := range []string{"", "abcde", "abcdefg", "abcdef'"} {
		if _, err := s.Finding(t.Context(), id); err == nil || errors.Is(err, ErrNoFinding) {
			t.Errorf("id %q: %v", id, err)
		}
	}
	for name, c := range map[string]struct {
		f    FindingFilter
		want string
	}{
		"all":    {FindingFilter{Limit: 9}, "2 1 0"},
		"limit":  {FindingFilter{Limit: 1}, "2"},
		"family": {FindingFilter{Detector: "rate", Limit: 9}, "2 0"},
		"rule":   {FindingFilter{Detector: "rate.drop", Limit: 9}, "2"},
		"entity": {FindingFilter{Entity: hostile[1], Limit: 9}, "1"},
		"severe": {FindingFilter{Least: schemas.SeverityMedium, Limit: 9}, "2 1"},
		"time":   {FindingFilter{From: want[1].WindowStart, To: want[2].WindowStart, Limit: 9}, "1"},
	} {
		found, err := s.Findings(t.Context(), c.f)
		var got []string
		for _, f := range found {
			got = append(got, strings.TrimLeft(f.ID[6:len(f.ID)-1], "0")+f.ID[len(f.ID)-1:])
		}
		if err != nil || strings.Join(got, " ") != c.want {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	if _, err := s.Findings(t.Context(), FindingFilter{}); err == nil {
		t.Error("no limit is allowed")
	}
}

func BenchmarkReadEvents(b *testing.B) {
	s := keepingStore(b)
	r := rand.New(rand.NewPCG(1, 1))
	events := make([]schemas.Event, 50_000)
	for i := range events {
		events[i] = randomEvent(b, r, time.Unix(1_780_000_000, int64(i)*1e7))
		events[i].Position = schemas.Position{Topic: "t", Offset: int64(i)}
		events[i].Route, events[i].Format = "/v1/chat/completions", "kong"
	}
	if err := s.WriteBatch(b.Context(), &schemas.Batch{Token: "t", Parts: []*schemas.Part{{Events: events}}}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.ResetTimer()
	n := 0
	for b.Loop() {
		n += len(readBack(b, s, History{}))
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "events/s")
}
