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

// TestACrashAmongRedeliveries has each record six times: in three partitions at
// once, and again in each of them 1,000 offsets later.
func TestACrashAmongRedeliveries(t *testing.T) {
	steps := []string{"observed", "offered", "before intent", "after intent", "after insert", "after findings",
		"before commit", "after commit", "checkpointed"}
	for _, step := range steps {
		for _, nth := range []int{1, 4, 12} {
			t.Run(fmt.Sprintf("%s %d", step, nth), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWorld(3, 2000)
					next := crashed(t, w, step, nth, remembering)
					once(t, next.w, 1000)
					next.sawEachOnce(t, 1000)
				})
			})
		}
	}
}

// TestACrashWhileRedeliveriesAreSpooled: a store that is away while the records
// and their copies come, and a crash between.
func TestACrashWhileRedeliveriesAreSpooled(t *testing.T) {
	for _, nth := range []int{1, 3, 9} {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(2, 1500)
				writes := 0
				w.fail = func(context.Context) error {
					if writes++; writes > 4 && writes < 40 {
						return errAway
					}
					return nil
				}
				next := crashed(t, w, "spooled", nth, remembering)
				once(t, next.w, 1000)
				next.sawEachOnce(t, 1000)
			})
		})
	}
}

// sawEachOnce holds what the detectors saw, in the lives whose state was kept.
func (pr *process) sawEachOnce(t *testing.T, n int) {
	t.Helper()
	require.Len(t, pr.engine.records, n)
	for d, times := range pr.engine.records {
		require.Equal(t, 1, times, "record %d", d)
	}
}

// crash takes a copy of all that is durable at the step, as a killed process
// would leave it, and goes on from the copy with a new process.
func crash(t *testing.T, w *world, step string, nth int) {
	t.Helper()
	next := crashed(t, w, step, nth, func(*Settings, *Parts) {})
	w.exactlyOnce(t)
	next.w.exactlyOnce(t)
}

func crashed(t *testing.T, w *world, step string, nth int, change func(*Settings, *Parts)) *process {
	t.Helper()
	var left *world
	n := 0
	pr := start(t, w, func(set *Settings, parts *Parts) {
		change(set, parts)
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

	next := start(t, left, change)
	require.NoError(t, next.feed(t.Context(), 29))
	next.Revoked(t.Context(), left.assignments())
	time.Sleep(time.Hour)
	next.stop(t)
	return next
}

func (w *world) clone() *world {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := &world{messages: maps.Clone(w.messages), committed: maps.Clone(w.committed), intents: slices.Clone(w.intents),
		tokens: maps.Clone(w.tokens), events: maps.Clone(w.events), sealed: maps.Clone(w.sealed), aliases: maps.Clone(w.aliases), findings: maps.Clone(w.findings), notified: maps.Clone(w.notified),
		spooled: slices.Clone(w.spooled), handles: slices.Clone(w.handles), refused: slices.Clone(w.refused), serial: w.serial, room: w.room}
	if w.saved != nil {
		saved := *w.saved
		c.saved = &saved
	}
	return c
}
