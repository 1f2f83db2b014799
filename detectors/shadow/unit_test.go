package shadow

import (
	"testing"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestSucceeded(t *testing.T) {
	for name, c := range map[string]struct {
		change change
		want   bool
	}{
		"ordinary":           {func(*schemas.Event) {}, true},
		"created":            {func(ev *schemas.Event) { ev.Status = 201 }, true},
		"not modified":       {func(ev *schemas.Event) { ev.Status = 304 }, true},
		"redirected":         {func(ev *schemas.Event) { ev.Status = 302 }, false},
		"not found":          {refused, false},
		"the gateway's own":  {func(ev *schemas.Event) { ev.Responder = schemas.ResponderGateway }, false},
		"not authenticated":  {func(ev *schemas.Event) { ev.Auth = schemas.AuthFailure }, false},
		"masked by gateway":  {func(ev *schemas.Event) { ev.UpstreamStatus = 502 }, false},
		"no upstream stated": {func(ev *schemas.Event) { ev.UpstreamStatus = 0 }, true},
		"no status":          {func(ev *schemas.Event) { ev.Status = 0 }, false},
	} {
		ev := detectortest.Event(0, c.change)
		if got := succeeded(&ev); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestListing(t *testing.T) {
	of := func(known, unlisted uint32) *counts {
		w := &counts{calls: known + unlisted}
		w.listings[schemas.ListingKnown], w.listings[schemas.ListingUnlisted] = known, unlisted
		return w
	}
	route, host := &watch{schemas.EntityRoute, DefaultConfig()}, &watch{schemas.EntityHost, DefaultConfig()}
	for _, c := range []struct {
		d    *watch
		w    *counts
		want schemas.Listing
	}{
		{route, of(3, 7), schemas.ListingUnlisted}, {route, of(7, 3), schemas.ListingKnown}, {route, of(5, 5), schemas.ListingUnknown},
		{host, of(1, 9), schemas.ListingUnknown}, {host, of(0, 9), schemas.ListingUnlisted},
	} {
		if got := c.d.listing(c.w); got != c.want {
			t.Errorf("a %s with %v is %v, want %v", c.d.kind, c.w.listings, got, c.want)
		}
	}
}
