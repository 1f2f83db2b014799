package engine_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/authfail"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/schemas"
)

// rotatedAt gives the events from number n on the names that they have after a
// rotation of the key ring.
func rotatedAt(events []schemas.Event, n int) []schemas.Event {
	out := append([]schemas.Event(nil), events...)
	for i := n; i < len(out); i++ {
		ev := &out[i]
		if ev.Principal != "" {
			ev.Subject = ev.Principal
			ev.Principal = strings.Replace(ev.Principal, "k1:", "k2:", 1) + "'"
		}
	}
	return out
}

// attack is one principal's brute force: many failures, from some addresses.
func attack() []schemas.Event {
	var events []schemas.Event
	for i := range 400 {
		events = append(events, detectortest.Event(time.Duration(i)*500*time.Millisecond, func(ev *schemas.Event) {
			ev.Principal = "h1:k1:victim"
			ev.ClientAddr = detectortest.Address(i % 40)
			ev.Client = ev.ClientAddr
			ev.Credential, ev.Responder = fmt.Sprint("c1:k1:guess", i), schemas.ResponderGateway
			ev.Status, ev.Auth, ev.AuthReason, ev.Known = 401, schemas.AuthFailure, schemas.ReasonInvalid, schemas.HasStatus
		}), detectortest.Event(time.Duration(i)*500*time.Millisecond, func(ev *schemas.Event) {
			ev.Principal = fmt.Sprint("h1:k1:other", i%7)
		}))
	}
	return events
}

func authfailWatchers(t *testing.T) []detectors.Watcher {
	t.Helper()
	watchers, err := authfail.Watchers(authfail.DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	return append(watchers, toys()...)
}

// TestARotationInTheMiddleOfAnAttack holds the findings of a run in which the
// key ring is rotated, with a restart from a snapshot, against those of a run
// without one. All callers were seen before: one who was not has his new name.
func TestARotationInTheMiddleOfAnAttack(t *testing.T) {
	events := attack()
	run := func(events []schemas.Event, at int) []schemas.Finding {
		e := detectortest.New(t, detectortest.Settings(), authfailWatchers(t)...)
		found, err := e.Observe(detectortest.Batch(0, events[:at]), nil)
		if err != nil {
			t.Fatal(err)
		}
		state, err := e.Snapshot()
		if err != nil {
			t.Fatal(err)
		}
		again := detectortest.New(t, detectortest.Settings(), authfailWatchers(t)...)
		if err := again.Restore(state); err != nil {
			t.Fatal(err)
		}
		rest, err := again.Observe(detectortest.Batch(int64(at), events[at:]), nil)
		if err != nil {
			t.Fatal(err)
		}
		return append(append(found, rest...), again.Flush()...)
	}
	plain := func(found []schemas.Finding) []schemas.Finding {
		for i := range found {
			found[i].Query = "" // it names the new pseudonyms too
		}
		return found
	}
	for _, at := range []int{57, 400, 799} {
		want, got := run(events, at), run(rotatedAt(events, at), at)
		if !hasFamily(want, "authfail") {
			t.Fatal("the attack is not found even without a rotation")
		}
		joined := false
		for _, f := range got {
			joined = joined || strings.Contains(f.Query, "SELECT new FROM aliases WHERE old = 'h1:k1:")
		}
		if !joined {
			t.Errorf("at %d: no finding's query finds the events under both names", at)
		}
		if !reflect.DeepEqual(plain(got), plain(want)) {
			t.Errorf("at %d: %d findings with a rotation, want the same %d", at, len(got), len(want))
		}
	}
}

func hasFamily(found []schemas.Finding, family string) bool {
	for _, f := range found {
		if strings.HasPrefix(f.Detector, family+".") {
			return true
		}
	}
	return false
}

func TestTheAllowlistMatchesOldAndNewNames(t *testing.T) {
	for name, c := range map[string]struct {
		principal string
		want      bool
	}{
		"old": {"h1:k1:someone", true}, "new": {"h1:k2:someone'", true}, "another's": {"h1:k2:other'", false},
	} {
		for _, at := range []int{0, 2, 3} { // before the first event, between, never
			s := detectortest.Settings()
			s.Config.Allow = []engine.Allow{
				{Principal: "h1:k9:nobody", Owner: "x", Reason: "x"},
				{Principal: c.principal, Owner: "ops", Reason: "eval"},
			}
			e := detectortest.New(t, s, toys()...)
			ev := detectortest.Event(time.Second, func(ev *schemas.Event) { ev.Principal = "h1:k1:someone" })
			found, err := e.Observe(detectortest.Batch(0, rotatedAt([]schemas.Event{ev, ev, ev}, at)), nil)
			if err != nil {
				t.Fatal(err)
			}
			want := c.want && (at < 3 || name == "old")
			n := 0
			for _, f := range append(found, e.Flush()...) {
				if f.Entity.Kind != schemas.EntityPrincipal {
					continue
				}
				n++
				if got := f.Exception != nil && f.Exception.Owner == "ops"; got != want {
					t.Errorf("%s name, rotated at %d: covered %v", name, at, got)
				}
			}
			if n == 0 {
				t.Error("nothing was found of the principal")
			}
		}
	}
}
