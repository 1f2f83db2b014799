package entities

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

func TestSamples(t *testing.T) {
	d := New(schemas.EntityPrincipal, room(schemas.EntityPrincipal, 10))
	at := func(seconds int) int64 { return int64(time.Duration(1000*60+seconds) * time.Second) }
	note := func(seconds int, id string, status uint16) {
		ev := &schemas.Event{Time: at(seconds), RequestID: id, Status: status}
		place, _ := d.See(1, 0, &Traits{Time: ev.Time})
		if d.Places(place) == nil {
			d.Earn(place, 0, ev)
		}
		d.Sample(place, ev)
	}
	want := func(from, to int, ids ...string) {
		t.Helper()
		if got := d.Samples(nil, 0, at(from), at(to)); !slices.Equal(got, ids) {
			t.Errorf("from %d to %d: %q, want %q", from, to, got, ids)
		}
	}
	note(1, "first", 200)
	note(2, "second-of-the-minute", 200)
	note(3, "refused", 403)
	note(61, "next-minute", 200)
	note(62, "failed\x1b[31m", 500)
	want(0, 60, "refused", "first")
	want(60, 120, "next-minute")
	note(122, "later", 200)
	want(0, 200, "refused", "later", "next-minute")
	want(200, 300)
	if d.Remove(0); len(d.Samples(nil, 0, 0, 1<<62)) > 0 && d.records.used > 0 {
		t.Error("samples outlive their entity")
	}
}

func TestShowable(t *testing.T) {
	for id, want := range map[string]bool{
		"550e8400-e29b-41d4-a716-446655440000": true, "Root=1-5759e988-bd862e3fe1be46a994272793": true, "chatcmpl-1.a_b:c/d+e=": true,
		"": false, "a b": false, "a@b.example": false, "<x>": false, "é": false, "a\nb": false, "`id`": false,
		strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	} {
		if Showable(id) != want {
			t.Errorf("%q: %v", id, !want)
		}
	}
}
