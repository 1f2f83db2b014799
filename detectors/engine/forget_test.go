package engine_test

import (
	"bytes"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func TestForget(t *testing.T) {
	e := detectortest.New(t, detectortest.Settings(), toys()...)
	if _, err := e.Observe(detectortest.Batch(0, traffic(2, 500)), nil); err != nil {
		t.Fatal(err)
	}
	var events []schemas.Event
	for i := range 20 {
		events = append(events, detectortest.Event(20*time.Minute+time.Duration(i)*time.Second, func(ev *schemas.Event) {
			ev.Principal, ev.ClientAddr = "h1:k1:somebody", netip.MustParseAddr("203.0.113.77")
			ev.Client = netip.MustParseAddr("10.77.77.77")
		}))
	}
	if _, err := e.Observe(detectortest.Batch(500, events), nil); err != nil {
		t.Fatal(err)
	}
	knows := func(name string) bool {
		again := detectortest.New(t, detectortest.Settings(), toys()...)
		state, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Restore(state); err != nil {
			t.Fatal(err)
		}
		for _, f := range again.Flush() {
			if strings.Contains(f.Entity.Name+f.Query, name) {
				return true
			}
		}
		return bytes.Contains(state, []byte(name))
	}
	if !knows("h1:k1:somebody") || !knows("10.77.77.77") {
		t.Fatal("the test does not see what is known")
	}
	if n := e.Forget([]string{"h1:k9:nobody"}, nil); n != 0 {
		t.Errorf("%d states of nobody", n)
	}
	if n := e.Forget([]string{"h1:k0:x", "h1:k1:somebody"}, []netip.Addr{netip.MustParseAddr("203.0.113.77")}); n != 2 {
		t.Errorf("%d states went, want that of the principal and that of the address", n)
	}
	if knows("h1:k1:somebody") || knows("10.77.77.77") {
		t.Error("they are still known")
	}
	if len(e.Flush()) == 0 {
		t.Error("the others are forgotten too")
	}
}

// TestForgetCountsWhoIsInAWaitingFindingAlone matters to those who keep snapshots:
// one of which nothing went is not written anew.
func TestForgetCountsWhoIsInAWaitingFindingAlone(t *testing.T) {
	p := gated()
	p.spoil = func(f *schemas.Finding) {
		f.Campaign.Members = append(f.Campaign.Members, schemas.Member{Principal: "h1:k1:gone"})
	}
	e := detectortest.New(t, detectortest.Settings(), p.watch())
	observe(t, e, 0, packed([]string{"a", "b"}, []string{"b"}))
	close(p.goOn)
	if n := e.Forget([]string{"h1:k1:gone"}, nil); n != 1 {
		t.Errorf("%d went, want the member of the finding", n)
	}
	if n := e.Forget([]string{"h1:k1:gone"}, nil); n != 0 {
		t.Errorf("%d went of nobody", n)
	}
	state, err := e.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	if found := e.Correlated(); len(members(found)) != 1 || bytes.Contains(state, []byte("h1:k1:gone")) {
		t.Errorf("found %q", members(found))
	}
}
