package notify_test

import (
	"context"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/schemas"
)

// conformText sends alerts whose every string is hostile.
func conformText(t *testing.T, m *member) {
	for name, text := range hostile {
		t.Run(name, func(t *testing.T) {
			for _, state := range []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved} {
				a := sample(state)
				fill(&a, text)
				for _, prev := range []alerting.Ref{"", m.ref} {
					for _, got := range deliver(t, m, &a, "key-1", prev) {
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
	for _, state := range []schemas.AlertState{schemas.AlertOpen, schemas.AlertUpdated, schemas.AlertResolved} {
		a := sample(state)
		key := alerting.Key(&a)
		first, second := deliver(t, m, &a, key, ""), deliver(t, m, &a, key, "")
		if len(first) != 1 || len(second) != 1 {
			t.Fatalf("%s: %d and %d requests, want one an attempt", state, len(first), len(second))
		}
		if first[0].key != second[0].key || !m.keyless && first[0].key != key {
			t.Errorf("%s: keys are %q and %q, want %q", state, first[0].key, second[0].key, key)
		}
		if string(first[0].body) != string(second[0].body) {
			t.Errorf("%s: a repeated attempt says something else", state)
		}
		want := state.String()
		if !strings.Contains(strings.ToLower(string(first[0].body)), m.states[want]) {
			t.Errorf("%s: the body does not say %q", state, m.states[want])
		}
	}
}

// deliver sends a to a new receiver and returns what it got.
func deliver(t *testing.T, m *member, a *schemas.Alert, key string, prev alerting.Ref) []request {
	t.Helper()
	if m.options == nil {
		return m.local(t, a, key)
	}
	r := receive(t, m, false)
	ref, err := m.make(t, r.URL, nil).Notify(context.Background(), a, key, prev)
	if err != nil {
		t.Fatal(err)
	}
	if len(ref) > alerting.MaxRef {
		t.Errorf("the ref has %d bytes", len(ref))
	}
	return r.requests()
}
