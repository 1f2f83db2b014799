package pipeline

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// TestACrashAtAnyStepLosesAndDoublesNothing stops a process dead at every step
// of its n-th batch, and starts the next one over what it left behind.
func TestACrashAtAnyStepLosesAndDoublesNothing(t *testing.T) {
	steps := []string{"observed", "offered", "before intent", "after intent", "after insert", "after findings",
		"before commit", "after commit", "checkpointed"}
	for _, step := range steps {
		for _, nth := range []int{1, 2, 5} {
			t.Run(fmt.Sprintf("%s %d", step, nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { crash(t, newWorld(3, 400), step, nth) })
			})
		}
	}
}

func TestACrashWhileSpoolingLosesAndDoublesNothing(t *testing.T) {
	for _, nth := range []int{1, 3} {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(2, 400)
				writes := 0
				w.fail = func(context.Context) error {
					if writes++; writes > 4 && writes < 40 {
						return errAway
					}
					return nil
				}
				crash(t, w, "spooled", nth)
			})
		})
	}
}

// crash takes a copy of all that is durable at the step, as a killed process
// would leave it, and goes on from the copy with a new process.
func crash(t *testing.T, w *world, step string, nth int) {
	t.Helper()
	var left *world
	n := 0
	pr := start(t, w, func(set *Settings, _ *Parts) {
		set.BatchEvents, set.CheckpointEvery = 100, 0
		set.Step = func(name string) {
			if name == step {
				if n++; n == nth {
					left = w.clone()
				}
			}
		}
	})
	require.NoError(t, pr.feed(t.Context(), 13))
	pr.Revoked(t.Context(), w.assignments())
	time.Sleep(time.Hour)
	pr.stop(t)
	require.NotNil(t, left, "the step was reached")
	w.exactlyOnce(t)

	next := start(t, left, nil)
	require.NoError(t, next.feed(t.Context(), 29))
	next.Revoked(t.Context(), left.assignments())
	time.Sleep(time.Hour)
	next.stop(t)
	left.exactlyOnce(t)
}

func (w *world) clone() *world {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &world{messages: maps.Clone(w.messages), committed: maps.Clone(w.committed), intents: slices.Clone(w.intents),
		tokens: maps.Clone(w.tokens), events: maps.Clone(w.events), findings: maps.Clone(w.findings), notified: maps.Clone(w.notified),
		spooled: slices.Clone(w.spooled), handles: slices.Clone(w.handles), refused: slices.Clone(w.refused), serial: w.serial, room: w.room}
	if w.saved != nil {
		saved := *w.saved
		c.saved = &saved
	}
	return c
}
