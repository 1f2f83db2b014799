package alerting

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

// The test binary, started again with childVariable set, is a process that
// kills itself without notice where its role says.
const (
	childVariable = "GATEHOUND_TEST_CHILD"
	pathVariable  = "GATEHOUND_TEST_LOG"
	stepVariable  = "GATEHOUND_TEST_STEP"

	afterOffer    = "after Offer"       // decided, not delivered
	beforeAttempt = "before an attempt" // the receiver has nothing
	duringNotify  = "during Notify"     // the receiver has it, the log does not know
	afterSome     = "after some"        // three of eight delivered and noted
	beforeDigest  = "before a digest"   // one delivered, the others summed up
	duringDigest  = "during a digest"   // and the receiver has it
	duringStorm   = "during a storm"    // the receiver has it, others are to be summed up
)

func childRole() string { return os.Getenv(childVariable) }

func die() { _ = syscall.Kill(os.Getpid(), syscall.SIGKILL); select {} }

// runChild prints the keys of what it was told to tell and of what the
// receiver got, and dies.
func runChild(role string) {
	n := 0
	s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
		digest := strings.HasPrefix(c.key, "digest-")
		if role == beforeAttempt || role == beforeDigest && digest {
			die()
		}
		fmt.Println("got", c.key)
		if n++; role == duringNotify || role == duringStorm || n == 4 || role == duringDigest && digest {
			die()
		}
		return Ref("ref-of-" + c.alert.ID), nil
	}}
	cfg := DefaultConfig()
	cfg.Path = os.Getenv(pathVariable)
	if role == beforeDigest || role == duringDigest || role == duringStorm {
		stormy(&cfg)
	}
	m, err := New(cfg, []Sink{s}, quiet(), prometheus.NewRegistry())
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	alerts, err := m.Offer(context.Background(), many(8, noon, schemas.SeverityLow))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	for i := range alerts {
		fmt.Println("told", Key(&alerts[i]))
	}
	if role == afterOffer {
		die()
	}
	_ = m.Run(context.Background())
}

// stormy makes a digest of all but one.
func stormy(c *Config) { c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", PerMinute: 2}} }

func TestKilled(t *testing.T) {
	for _, c := range []struct {
		role       string
		got, again int // before the death, and repeated after it
	}{{afterOffer, 0, 0}, {beforeAttempt, 0, 0}, {duringNotify, 1, 1}, {afterSome, 4, 1}, {beforeDigest, 1, 0}, {duringDigest, 2, 1},
		{duringStorm, 1, 1}} {
		t.Run(c.role, func(t *testing.T) {
			path := logPath(t)
			cmd := exec.Command(os.Args[0])
			cmd.Env = append(os.Environ(), childVariable+"="+c.role, pathVariable+"="+path)
			out, err := cmd.Output()
			if err == nil || !strings.Contains(err.Error(), "killed") {
				t.Fatalf("the child ended with %v: %s", err, out)
			}
			var told, got []string
			for lines := bufio.NewScanner(bytes.NewReader(out)); lines.Scan(); {
				what, key, _ := strings.Cut(lines.Text(), " ")
				switch what {
				case "told":
					told = append(told, key)
				case "got":
					got = append(got, key)
				default:
					t.Fatalf("the child says %q", lines.Text())
				}
			}
			if len(told) != 8 || len(got) != c.got {
				t.Fatalf("the child was told %d alerts and got %d", len(told), len(got))
			}

			s := &fakeSink{name: "s"}
			settings := (func(*Config))(nil)
			if c.role == duringStorm {
				settings = stormy
			}
			r := open(t, path, settings, s)
			// The pipeline reads the batch again: nothing new is to be told.
			again := r.offer(t, many(8, noon, schemas.SeverityLow)...)
			if len(again) != 8 {
				t.Errorf("the repeated offer returned %d alerts to store, want 8", len(again))
			}
			stop := r.run(t)
			for len(r.Pending()) > 0 {
				time.Sleep(time.Millisecond)
			}
			stop()
			_, taken := s.all()
			all := append(slices.Clone(got), keys(taken)...)
			slices.Sort(all)
			once := slices.Compact(slices.Clone(all))
			if n := len(all) - len(once); n != c.again {
				t.Errorf("%d notifications came twice, want %d: the one in flight", n, c.again)
			}
			// Each alert is told of once, alone or in a digest.
			var of []string
			for _, key := range once {
				if !strings.HasPrefix(key, "digest-") {
					of = append(of, key)
					continue
				}
				i := slices.IndexFunc(taken, func(c call) bool { return c.key == key })
				for _, k := range told {
					if id, _, _ := strings.Cut(k, "-"); strings.Contains(taken[i].alert.Finding.Query, id) {
						of = append(of, k)
					}
				}
			}
			slices.Sort(of)
			slices.Sort(told)
			if !slices.Equal(of, told) {
				t.Errorf("receivers got %v before and after, want %v", of, told)
			}
		})
	}
}

// What decides about notifications outlives the process: the state of alerts,
// known findings, refs, what waits, and dead letters.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		start := time.Now()
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { return "C1/1.5", nil }}
		r := open(t, path, nil, s)
		stop := r.run(t)
		first := r.offer(t, finding("a", start, schemas.SeverityLow))[0]
		synctest.Wait()
		stop()
		r.offer(t, finding("b", start, schemas.SeverityLow)) // nobody delivers any more
		waiting := r.Pending()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}

		s2 := &fakeSink{name: "s"}
		r2 := open(t, path, nil, s2)
		if err := r2.Open(); err != nil {
			t.Fatal(err)
		}
		if got := r2.Pending(); len(got) != 1 || len(waiting) != 1 || got[0].Key != waiting[0].Key {
			t.Fatalf("%v waits after the restart, want %v", got, waiting)
		}
		if v := r2.value(t, "open_alerts"); v != 2 {
			t.Errorf("open_alerts is %v after the restart, want 2", v)
		}
		if v := r2.value(t, "queue_length", "sink", "s"); v != 1 {
			t.Errorf("queue_length is %v after the restart, want 1", v)
		}
		alerts, err := r2.Alerts()
		if err != nil || len(alerts) != 2 {
			t.Errorf("%d alerts after the restart, %v", len(alerts), err)
		}
		r2.offer(t, finding("a", start, schemas.SeverityLow), finding("a", start.Add(10*time.Minute), schemas.SeverityLow))
		if n := len(r2.Pending()); n != 1 {
			t.Errorf("%d wait: known and repeated findings are told after a restart", n)
		}
		stop = r2.run(t)
		r2.advance(t, start.Add(3*time.Hour))
		synctest.Wait()
		stop()
		_, got := s2.all()
		if len(got) != 3 {
			t.Fatalf("%v delivered, want b and two resolved", keys(got))
		}
		for _, c := range got {
			if c.alert.ID == first.ID && (c.prev != "C1/1.5" || c.alert.State != schemas.AlertResolved || c.alert.Sequence != 2) {
				t.Errorf("%s has ref %q, want the one from before the restart", line(c.alert), c.prev)
			}
		}
	})
}

func TestRemovedSink(t *testing.T) {
	path := logPath(t)
	r := open(t, path, nil, &fakeSink{name: "old"})
	r.offer(t, many(3, noon, schemas.SeverityLow)...)
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	r = open(t, path, nil, &fakeSink{name: "new"})
	dead, err := r.DeadLetters()
	if err != nil || len(dead) != 3 || dead[0].Sink != "old" || len(r.Pending()) != 0 {
		t.Errorf("dead letters are %v, %v; want three of the sink that went", dead, err)
	}
}

func TestExpiry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := open(t, logPath(t), nil, &fakeSink{name: "s"})
		stop := r.run(t)
		r.offer(t, many(20, time.Now(), schemas.SeverityLow)...)
		time.Sleep(169 * time.Hour)
		stop()
		alerts, err := r.Alerts()
		if err != nil || len(alerts) != 0 || r.total != 0 || r.seen != 0 {
			t.Errorf("%d alerts (%d by count) and %d findings are left, %v", len(alerts), r.total, r.seen, err)
		}
	})
}

func TestLogIsHeldOnce(t *testing.T) {
	path := logPath(t)
	first, second := open(t, path, nil), open(t, path, nil)
	if err := first.Open(); err != nil {
		t.Fatal(err)
	}
	if err := second.Open(); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("got %v, want that the log is held", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the log's mode is %v, %v; want 0600", info.Mode(), err)
	}
}

func TestDamagedLog(t *testing.T) {
	path := logPath(t)
	r := open(t, path, nil)
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(strings.Repeat("not a log ", 2000)), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := open(t, path, nil).Open(); err == nil {
		t.Error("opened a file that is no log")
	}
}

// An entry that cannot be read any more blocks nothing.
func TestDamagedEntry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := logPath(t)
		r := open(t, path, nil, &fakeSink{name: "s"})
		r.offer(t, many(3, noon, schemas.SeverityLow)...)
		if err := r.db.Update(func(tx *bolt.Tx) error {
			return tx.Bucket(journal.Outbox).Bucket([]byte("s")).Put(journal.Number(2), []byte(`{"key":`))
		}); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		s := &fakeSink{name: "s"}
		r = open(t, path, nil, s)
		stop := r.run(t)
		synctest.Wait()
		stop()
		if _, got := s.all(); len(got) != 2 || len(r.Pending()) != 0 {
			t.Errorf("%d delivered and %d wait, want the two others delivered", len(got), len(r.Pending()))
		}
	})
}

// What is redelivered is older than what was decided since: both are told.
func TestRedeliverBesideNewer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var broken atomic.Bool
		broken.Store(true)
		s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
			if broken.Load() && c.alert.Sequence == 2 {
				return "", Permanent(errAway)
			}
			if broken.Load() && c.alert.Sequence > 2 {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		for i, sev := range []schemas.Severity{0, 1, 2, 3} {
			r.offer(t, finding("a", noon.Add(time.Duration(i)*time.Minute), sev))
			synctest.Wait()
		}
		if n, err := r.Redeliver("s"); n != 1 || err != nil {
			t.Fatalf("redelivered %d, %v", n, err)
		}
		broken.Store(false)
		time.Sleep(time.Minute)
		stop()
		_, got := s.all()
		var seqs []int
		for _, c := range got {
			seqs = append(seqs, c.alert.Sequence)
		}
		if !slices.Equal(seqs, []int{1, 4, 2}) {
			t.Errorf("sequences %v were told, want 1, the latest, and the redelivered one", seqs)
		}
	})
}

func TestTemporaryLogGoes(t *testing.T) {
	r := open(t, "", nil)
	if err := r.Open(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.temp); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(r.temp); !os.IsNotExist(err) {
		t.Errorf("the temporary log is still there: %v", err)
	}
}
