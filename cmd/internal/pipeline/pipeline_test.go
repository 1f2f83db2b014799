package pipeline

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEveryEventIsStoredOnceAndThenCommitted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(3, 1000)
		pr := start(t, w, nil)
		require.NoError(t, pr.feed(t.Context(), 7))
		pr.Revoked(t.Context(), w.assignments())
		pr.stop(t)
		w.exactlyOnce(t)
		require.NotNil(t, w.saved, "a snapshot was taken while running")
	})
}

// TestTheLastSnapshotIsSavedBeforeRevokedReturns: the process ends at once after
// that, and the next one shows the detectors nothing again.
func TestTheLastSnapshotIsSavedBeforeRevokedReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 100)
		w.saving = 3 * time.Second
		pr := start(t, w, func(s *Settings, _ *Parts) { s.CheckpointEvery = time.Hour })
		require.NoError(t, pr.feed(t.Context(), 7))
		pr.Revoked(t.Context(), w.assignments())
		pr.cancel()
		pr.stop(t)
		require.Equal(t, []schemas.Range{{Topic: topic, Next: 100}}, w.saved.Seen)
	})
}

func TestFinishStoresWhatOpenWindowsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 10)
		pr := start(t, w, nil)
		require.NoError(t, pr.feed(t.Context(), 5))
		require.NoError(t, pr.Finish(t.Context()))
		pr.stop(t)
		require.Equal(t, 1, w.findings["flushed"])
	})
}

// TestFindingsOfTheTimeAreToldAndStored: nothing arrives, and that is found.
func TestFindingsOfTheTimeAreToldAndStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 50)
		pr := start(t, w, nil)
		pr.engine.mu.Lock()
		pr.engine.quiet, pr.engine.last = time.Minute, time.Now()
		pr.engine.mu.Unlock()
		require.NoError(t, pr.feed(t.Context(), 5))
		time.Sleep(50*time.Second + time.Millisecond) // not at a tick
		synctest.Wait()
		w.mu.Lock()
		require.NotContains(t, w.notified, "quiet")
		w.mu.Unlock()
		time.Sleep(20 * time.Second)
		require.NoError(t, pr.Idle(t.Context()))
		pr.stop(t)
		require.Equal(t, 1, w.notified["quiet"])
		require.Equal(t, 1, w.findings["quiet"])
	})
}

func TestDetectionGoesOnWhileTheStoreIsAway(t *testing.T) {
	for _, away := range []struct {
		name string
		fail func(context.Context) error
	}{
		{"refuses connections", func(context.Context) error { return errAway }},
		{"hangs", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }},
	} {
		t.Run(away.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(2, 500)
				var mu sync.Mutex
				var reported error
				pr := start(t, w, func(s *Settings, _ *Parts) {
					s.Report = func(err error) { mu.Lock(); reported = err; mu.Unlock() }
				})
				works := func() bool { mu.Lock(); defer mu.Unlock(); return reported == nil }
				as := w.assignments()
				_, err := pr.Assigned(t.Context(), as)
				require.NoError(t, err)
				w.mu.Lock()
				w.fail = away.fail
				w.mu.Unlock()
				for o := int64(0); o < 500; o += 50 {
					for p := range int32(2) {
						require.NoError(t, pr.Chunk(t.Context(), chunkOf(p, o, o+50)))
					}
					time.Sleep(500 * time.Millisecond)
					require.False(t, o >= 150 && works(), "it is told within StallAfter that the store is away")
				}
				w.mu.Lock()
				require.Len(t, w.notified, 100, "every finding was told while the store was away")
				require.Empty(t, w.events)
				require.NotEmpty(t, w.spooled)
				w.fail = nil
				w.mu.Unlock()
				pr.Revoked(t.Context(), as)
				time.Sleep(time.Minute)
				pr.stop(t)
				require.Empty(t, w.spooled, "the spool was drained")
				require.True(t, works(), "it is told that the store is back")
				w.exactlyOnce(t)
			})
		})
	}
}

func TestABatchThatTheStoreRefusesIsKeptAndTheRestGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 300)
		calls := 0
		w.fail = func(context.Context) error {
			if calls++; calls == 3 {
				return errRefused
			}
			return nil
		}
		pr := start(t, w, nil)
		require.NoError(t, pr.feed(t.Context(), 50))
		pr.Revoked(t.Context(), w.assignments())
		pr.stop(t)
		require.Len(t, w.refused, 1)
		require.Len(t, w.events, 300-w.refused[0].Len())
		require.EqualValues(t, 300, w.committed[0], "the refused batch is durable in the spool")
	})
}

func TestAFullSpoolHoldsIngestBackAndLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 2000)
		w.room = 2
		var away atomic.Bool
		away.Store(true)
		w.fail = func(context.Context) error {
			if away.Load() {
				return errAway
			}
			return nil
		}
		pr := start(t, w, nil)
		fed := make(chan error, 1)
		go func() { fed <- pr.feed(t.Context(), 50) }()
		time.Sleep(time.Minute)
		require.Empty(t, fed, "the source is held back")
		away.Store(false)
		require.NoError(t, <-fed)
		pr.Revoked(t.Context(), w.assignments())
		time.Sleep(time.Minute)
		pr.stop(t)
		w.exactlyOnce(t)
	})
}

func TestRevokeIsBoundedAndTheNextOwnerReadsTheRest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 400)
		pr := start(t, w, func(_ *Settings, parts *Parts) { parts.Spool = nil })
		as := w.assignments()
		_, err := pr.Assigned(t.Context(), as)
		require.NoError(t, err)
		w.mu.Lock()
		w.fail = func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
		w.mu.Unlock()
		require.NoError(t, pr.Chunk(t.Context(), chunkOf(0, 0, 50)))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		pr.Revoked(ctx, as)
		require.Equal(t, 3*time.Second, time.Since(begin))
		w.mu.Lock()
		require.Zero(t, w.committed[0])
		w.fail = nil
		w.mu.Unlock()
		next := start(t, w, nil)
		require.NoError(t, next.feed(t.Context(), 50))
		next.Revoked(t.Context(), as)
		next.stop(t)
		time.Sleep(time.Minute)
		pr.stop(t)
		w.exactlyOnce(t)
	})
}

func TestRevokeDoesNotWaitForWhatItsReadersWillNotBring(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 50)
		pr := start(t, w, nil)
		as := w.assignments()
		_, err := pr.Assigned(t.Context(), as)
		require.NoError(t, err)
		for p := range int32(2) {
			c := chunkOf(p, 0, 25)
			c.More = true // and then the readers are stopped
			require.NoError(t, pr.Chunk(t.Context(), c))
		}
		require.NoError(t, pr.Chunk(t.Context(), chunkOf(1, 25, 50)))
		begin := time.Now()
		pr.Revoked(t.Context(), as)
		require.Less(t, time.Since(begin), time.Second)
		require.EqualValues(t, 25, w.committed[0])
		require.EqualValues(t, 50, w.committed[1])
		pr.stop(t)
	})
}

func TestCatchingUpMergesPartitionsByTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2, 1000)
		w.slow = map[int32]time.Duration{1: 700 * time.Millisecond}
		var times []int64
		pr := start(t, w, func(set *Settings, _ *Parts) {
			set.Observed = func(b *schemas.Batch, _ []schemas.Finding) {
				for _, part := range b.Parts {
					times = append(times, part.Events[0].Time)
				}
			}
		})
		require.NoError(t, pr.feed(t.Context(), 10))
		pr.Revoked(t.Context(), w.assignments())
		pr.stop(t)
		require.Len(t, times, 200)
		require.IsNonDecreasing(t, times)
	})
}

func TestSpooledEventsThatAnotherOwnerStoredAreDropped(t *testing.T) {
	w := newWorld(1, 100)
	w.intents = []schemas.Intent{{Token: "other", Ranges: []schemas.Range{{Topic: topic, First: 20, Next: 60}}}}
	pr := start(t, w, nil)
	b := &schemas.Batch{Parts: []*schemas.Part{normalizer{}.Normalize(chunkOf(0, 0, 100))}}
	b.Seal()
	require.NoError(t, pr.dropCovered(t.Context(), b))
	require.Equal(t, 60, b.Len())
	pr.stop(t)
}

// TestWhatHasNoEventsLeavesTheSpoolToo: what was found, or done to alerts, while
// nothing was logged is a batch without ranges.
func TestWhatHasNoEventsLeavesTheSpoolToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(1, 0)
		require.NoError(t, (*memorySpool)(w).Append(&schemas.Batch{Alerts: []schemas.Alert{{ID: "a"}}}, "g"))
		p := start(t, w, nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		w.mu.Lock()
		n := len(w.spooled)
		w.mu.Unlock()
		require.Zero(t, n, "batches still wait")
		p.cancel()
		require.NoError(t, <-p.ended)
	})
}
