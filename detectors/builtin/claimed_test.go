package builtin

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/detectortest"
	"github.com/gatehound/gatehound/schemas"
)

func all(t testing.TB) []detectors.Watcher {
	t.Helper()
	c := DefaultConfig()
	w, err := c.Watchers()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const victim = "h1:k1:victim"

// quiet is a day of a caller with a request in half a minute.
func quiet(until time.Duration) (out []schemas.Event) {
	for at := time.Duration(0); at < until; at += 30 * time.Second {
		out = append(out, detectortest.Event(at, func(ev *schemas.Event) {
			ev.Principal, ev.Credential = victim, "c1:k1:victim"
			ev.Model, ev.Provider, ev.Operation = "gpt-4o", "openai", "chat"
			ev.InputTokens, ev.OutputTokens, ev.Cost = 500, 200, 0.01
			ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost
		}))
	}
	return out
}

// TestNobodyIsFramedByHisName lets somebody do what each family looks for under
// the name of another, with a wrong credential: only authfail may speak of that
// name, because it is what is attacked.
func TestNobodyIsFramedByHisName(t *testing.T) {
	events := quiet(26 * time.Hour)
	from := 24 * time.Hour
	for i := range 6000 {
		events = append(events, detectortest.Event(from+time.Duration(i)*time.Second, func(ev *schemas.Event) {
			ev.Principal, ev.Credential, ev.Auth, ev.AuthReason = victim, fmt.Sprintf("c1:k1:%d", i%3), schemas.AuthFailure, schemas.ReasonInvalid
			ev.Status, ev.UpstreamStatus, ev.Responder = 403, 0, schemas.ResponderGateway
			ev.ClientAddr, ev.Client = detectortest.Address(300+i%40), detectortest.Address(300+i%40)
			ev.Country, ev.UserAgent, ev.EndUser = []string{"VN", "BR"}[i%2], fmt.Sprintf("tool%d/1", i%9), fmt.Sprintf("user%d", i)
			switch i % 3 {
			case 0: // prompts, as a gateway may log them before it looks at keys
				ev.Model, ev.Operation, ev.PromptFingerprint = "claude-opus-4", "chat", uint64(i)
				ev.PromptSignals, ev.Guardrail = schemas.SignalInjection|schemas.SignalEncoded, schemas.GuardrailInputBlocked
				ev.InputTokens, ev.OutputTokens, ev.Cost = 1e8, 1e8, 1e4
				ev.Known |= schemas.HasInputTokens | schemas.HasOutputTokens | schemas.HasCost
			case 1:
				ev.Model, ev.Operation = fmt.Sprintf("model-%d", i), "chat"
			default:
				ev.Method, ev.Route, ev.Path = "GET", "{other}", "/.env."+strings.Repeat("x", i%200)
			}
		}))
	}
	for _, f := range detectortest.Run(t, events, all(t)...) {
		if f.Entity.Name == victim && !strings.HasPrefix(f.Detector, "authfail.") {
			t.Errorf("%s (%s) names him who was only named: %s", f.Detector, f.Severity, f.Title)
		}
	}
}

// TestNamesHideNoScanner lets a scanner name somebody else each time, with a
// wrong credential, or where nobody asks for one.
func TestNamesHideNoScanner(t *testing.T) {
	for _, auth := range []schemas.AuthOutcome{schemas.AuthFailure, schemas.AuthUnknown} {
		var events []schemas.Event
		for i := range 400 {
			events = append(events, detectortest.Event(time.Duration(i)*time.Second, func(ev *schemas.Event) {
				ev.Principal, ev.Credential, ev.Auth = fmt.Sprintf("h1:k1:%d", i), "", auth
				if auth == schemas.AuthFailure {
					ev.AuthReason = schemas.ReasonInvalid
				}
				ev.Status, ev.UpstreamStatus, ev.Responder = 404, 0, schemas.ResponderGateway
				ev.Method, ev.Route, ev.Path = "GET", "{other}", "/try"+strings.Repeat("y", i)
			}))
		}
		found := detectortest.Run(t, events, all(t)...)
		if !slices.Contains(detectortest.Rules(found), "scan.paths") {
			t.Errorf("authentication %s: found %v, want scan.paths", auth, detectortest.Rules(found))
		}
	}
}

// TestNamesHideNoFlood lets a flood name somebody else each time: it does not
// come from an office.
func TestNamesHideNoFlood(t *testing.T) {
	var events []schemas.Event
	flood := func(minute, n int) {
		for i := range n {
			events = append(events, detectortest.Event(time.Duration(minute)*time.Minute+time.Duration(i)*time.Minute/time.Duration(n), func(ev *schemas.Event) {
				ev.Principal, ev.Credential, ev.Auth, ev.AuthReason = fmt.Sprintf("h1:k1:%d", i%97), "", schemas.AuthFailure, schemas.ReasonInvalid
				ev.Status, ev.UpstreamStatus, ev.Responder = 401, 0, schemas.ResponderGateway
			}))
		}
	}
	for m := range 90 {
		flood(m, 6)
	}
	flood(90, 3000)
	found := detectortest.Of(detectortest.Run(t, events, all(t)...), "rate.spike")
	if !slices.ContainsFunc(found, func(f schemas.Finding) bool { return f.Entity.Kind == schemas.EntityAddress }) {
		t.Errorf("the flood is not told of its address: %+v", found)
	}
}
