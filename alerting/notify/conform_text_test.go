package notify_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// conformText sends alerts whose every string is hostile, to one receiver.
func conformText(t *testing.T, m *member) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			send := sender(t, m)
			for _, state := range states {
				if len(text) > 5000 && state != schemas.AlertUpdated && state != schemas.AlertResolved {
					continue // it is long, and says no more in other states
				}
				a := sample(state)
				fill(&a, text)
				a.Test = state == schemas.AlertUpdated
				for _, prev := range slices.Compact([]alerting.Ref{"", m.ref}) {
					for _, got := range send(&a, "key-1", prev) {
						m.harmless(t, got)
					}
				}
			}
		})
	}
}

// conformKeys checks that an attempt that is repeated says the same under the
// same key, and that every state is told.
func conformKeys(t *testing.T, m *member) {
	for _, state := range states {
		a := sample(state)
		key := alerting.Key(&a)
		first, second := deliver(t, m, &a, key, ""), deliver(t, m, &a, key, "")
		if len(first) != m.count() || len(second) != m.count() {
			t.Fatalf("%s: %d and %d requests, want %d an attempt", state, len(first), len(second), m.count())
		}
		for i := range first {
			if first[i].key != second[i].key || !m.keyless && first[i].key != key {
				t.Errorf("%s: keys are %q and %q, want %q", state, first[i].key, second[i].key, key)
			}
			if string(first[i].body) != string(second[i].body) {
				t.Errorf("%s: a repeated attempt says something else", state)
			}
		}
		if want := m.states[state.String()]; want == "" || !strings.Contains(strings.ToLower(bodies(first)), want) {
			t.Errorf("%s: the body does not say %q:\n%.3000s", state, want, bodies(first))
		}
	}
}

// conformLife checks that the receiver is told of a test, of who has taken an
// alert, of how it ended and of what it became a part of; and that a digest
// arrives.
func conformLife(t *testing.T, m *member) {
	says := func(what string, a schemas.Alert, want string) {
		t.Helper()
		if slices.Contains(m.lacks, what) {
			return
		}
		if body := bodies(deliver(t, m, &a, "key-1", "")); !strings.Contains(body, want) {
			t.Errorf("%s: the body does not say %q:\n%.3000s", what, want, body)
		}
	}
	trial := sample(schemas.AlertOpen)
	trial.Test = true
	says("test", trial, "TEST")
	resolved := sample(schemas.AlertResolved)
	says("outcome", resolved, resolved.Outcome)
	says("acknowledged", sample(schemas.AlertAcknowledged), "ana.k")
	resolved.MergedInto = "abcdabcdabcdabcdabcdabcdabcdabcd"
	says("merged", resolved, resolved.MergedInto)
	says("digest", digest(), "12 alerts in one message")
}

// bodies are those of requests, a line each.
func bodies(got []request) string {
	var out strings.Builder
	for _, r := range got {
		out.Write(r.body)
		out.WriteByte('\n')
	}
	return out.String()
}

// deliver sends a to a new receiver and returns what it got.
func deliver(t *testing.T, m *member, a *schemas.Alert, key string, prev alerting.Ref) []request {
	t.Helper()
	return sender(t, m)(a, key, prev)
}

// sender returns a function that sends to a new receiver and returns what that
// got of it.
func sender(t *testing.T, m *member) func(a *schemas.Alert, key string, prev alerting.Ref) []request {
	t.Helper()
	if m.options == nil {
		return func(a *schemas.Alert, key string, _ alerting.Ref) []request { return m.local(t, a, key) }
	}
	r := receive(t, m, false)
	s := m.make(t, r.URL, nil)
	return func(a *schemas.Alert, key string, prev alerting.Ref) []request {
		t.Helper()
		before := len(r.requests())
		ref, err := s.Notify(context.Background(), a, key, prev)
		if err != nil {
			t.Fatal(err)
		}
		if len(ref) > alerting.MaxRef {
			t.Errorf("the ref has %d bytes", len(ref))
		}
		return r.requests()[before:]
	}
}
