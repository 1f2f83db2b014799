package alerting

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

func TestTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answer := error(nil)
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { return "ref", answer }}
		r := open(t, logPath(t), func(c *Config) {
			c.CaseURL = "https://cases.example/{id}"
			c.Sinks = []SinkConfig{{Name: "s", Kind: "fake", MinSeverity: "critical", Title: "{{upper .Title}}"}}
		}, s)
		if err := r.Try(t.Context(), "s"); err != nil {
			t.Fatal(err)
		}
		if err := r.Try(t.Context(), "other"); !errors.Is(err, ErrNoSink) {
			t.Errorf("got %v of a sink that is not there", err)
		}
		answer = After(errAway, time.Minute)
		if err := r.Try(t.Context(), "s"); !errors.Is(err, answer) || err.Error() != answer.Error() {
			t.Errorf("got %v, want the sink's own error", err)
		}
		calls, _ := s.all()
		if len(calls) != 2 || calls[0].key == calls[1].key {
			t.Fatalf("keys are %v, want two", keys(calls))
		}
		a := calls[0].alert
		if !a.Test || !strings.HasPrefix(a.ID, "test-") || calls[0].key != a.ID+"-1" || a.Title != "SOMEBODY TRIES THIS SINK" || a.URL != "" ||
			len(a.Parts) != 1 || a.FirstSeen.IsZero() || calls[0].prev != "" {
			t.Errorf("sent %+v under %q", a, calls[0].key)
		}
		if alerts, err := r.Alerts(); err != nil || len(alerts) != 0 || len(r.Pending()) != 0 {
			t.Errorf("the test alert is in the log: %d, %v", len(alerts), err)
		}
		if dead, err := r.DeadLetters(); err != nil || len(dead) != 0 {
			t.Errorf("%d dead letters, %v", len(dead), err)
		}
	})
}

// Notify is called by one at a time: Try waits for the worker, within the sink's
// timeout, and the worker for it.
func TestTryWaitsForTheWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		inside, most := 0, 0
		s := &fakeSink{name: "s", answer: func(ctx context.Context, c call) (Ref, error) {
			inside++
			most = max(most, inside)
			time.Sleep(5 * time.Second)
			inside--
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		r.offer(t, many(2, noon, schemas.SeverityLow)...)
		synctest.Wait()
		start := time.Now()
		if err := r.Try(t.Context(), "s"); err != nil || time.Since(start) < 10*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		r.lanes[0].turn <- struct{}{}
		if err := r.Try(ctx, "s"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v while the sink is busy", err)
		}
		<-r.lanes[0].turn
		time.Sleep(time.Minute)
		stop()
		if _, taken := s.all(); most != 1 || len(taken) != 3 {
			t.Errorf("%d calls at once, %d in all", most, len(taken))
		}
	})
}

func TestTryOfASinkThatPanics(t *testing.T) {
	s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) { panic("secret") }}
	r := open(t, "", nil, s)
	for range 2 { // the turn is given back
		if err := r.Try(t.Context(), "s"); err == nil || !IsPermanent(err) || strings.Contains(err.Error(), "secret") {
			t.Errorf("got %v", err)
		}
	}
}

func TestSinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away atomic.Bool
		away.Store(true)
		bad := &fakeSink{name: "bad", answer: func(context.Context, call) (Ref, error) {
			if away.Load() {
				return "", errAway
			}
			return "", nil
		}}
		dead := &fakeSink{name: "dead", answer: func(context.Context, call) (Ref, error) { return "", Permanent(errors.New("revoked")) }}
		good := &fakeSink{name: "good"}
		path := logPath(t)
		r := open(t, path, func(c *Config) { c.Sinks = []SinkConfig{{Name: "bad", Kind: "slack"}} }, bad, dead, good)
		stop := r.run(t)
		start := time.Now()
		r.offer(t, many(3, noon, schemas.SeverityLow)...)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		st := r.Sinks()
		if len(st) != 3 || st[0].Name != "bad" || st[1].Name != "dead" || st[2].Name != "good" || st[0].Kind != "slack" {
			t.Fatalf("sinks are %+v", st)
		}
		if s := st[0]; s.Waiting != 3 || !s.Oldest.Equal(start) || s.Failures < 3 || s.Problem != errAway.Error() ||
			!s.Failed.After(start) || !s.Paused.After(time.Now()) || !s.Delivered.IsZero() || s.Dead != 0 {
			t.Errorf("bad stands at %+v", s)
		}
		if s := st[1]; s.Waiting != 0 || s.Dead != 3 || s.Problem != "revoked" || !s.Failed.Equal(start) || !s.Oldest.IsZero() {
			t.Errorf("dead stands at %+v", s)
		}
		if s := st[2]; s.Waiting != 0 || s.Dead != 0 || s.Problem != "" || !s.Delivered.Equal(start) || s.Failures != 0 {
			t.Errorf("good stands at %+v", s)
		}
		if _, err := r.Redeliver("dead"); err != nil || r.Sinks()[1].Dead != 0 {
			t.Errorf("%d dead after a redelivery, %v", r.Sinks()[1].Dead, err)
		}
		away.Store(false)
		time.Sleep(time.Minute)
		if s := r.Sinks()[0]; s.Waiting != 0 || s.Failures != 0 || !s.Paused.IsZero() || s.Delivered.IsZero() || s.Delay <= 0 || s.Problem == "" {
			t.Errorf("bad stands at %+v once it works", s)
		}
		stop()
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		r = open(t, path, nil, bad, dead, good)
		if err := r.Open(); err != nil {
			t.Fatal(err)
		}
		if st := r.Sinks(); st[1].Dead != 3 || st[0].Dead != 0 {
			t.Errorf("after a restart they stand at %+v", st)
		}
	})
}

// A sink is shown what its policy says, for each attempt the same; the log and the
// other sinks keep the pseudonym.
func TestViewOfASink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		siem := &fakeSink{name: "siem", answer: func(context.Context, call) (Ref, error) {
			if n++; n < 3 {
				return "", errAway
			}
			return "", nil
		}}
		chat := &fakeSink{name: "chat"}
		r := open(t, logPath(t), func(c *Config) {
			c.CaseURL = "https://cases.example/{id}"
			c.Sinks = []SinkConfig{
				{Name: "siem", Kind: "fake", Reveal: RevealAddresses},
				{Name: "chat", Kind: "fake", Reveal: RevealNothing, Title: "{{.Severity}}: {{.Title}}", Omit: []string{"techniques"}},
			}
		}, siem, chat)
		var asked []string
		r.Use(Hooks{Reveal: func(_ context.Context, sink, stored string) (string, error) {
			asked = append(asked, sink+" "+stored)
			if stored == "100.64.0.2" {
				return "", errors.New("the key is gone")
			}
			return "203.0.113.9", nil
		}})
		stop := r.run(t)
		for _, name := range []string{"100.64.0.1", "100.64.0.2"} {
			f := finding(name, noon, schemas.SeverityLow)
			f.Entity.Kind = schemas.EntityAddress
			r.offer(t, f)
			time.Sleep(time.Minute)
		}
		stop()
		calls, _ := siem.all()
		if len(calls) != 4 || calls[0].alert.Title != "Brute force by 203.0.113.9" || calls[2].alert.Entity.Name != "203.0.113.9" ||
			calls[3].alert.Title != "Brute force by 100.64.0.2" {
			t.Errorf("the SIEM was shown %q, %v and %q", calls[0].alert.Title, calls[2].alert.Entity, calls[3].alert.Title)
		}
		if strings.Join(asked, ", ") != "siem 100.64.0.1, siem 100.64.0.2" {
			t.Errorf("asked for %v, want each once", asked)
		}
		if v := r.value(t, "view_problems_total", "sink", "siem"); v != 1 {
			t.Errorf("%v problems are counted, want 1", v)
		}
		calls, _ = chat.all()
		if a := calls[0].alert; a.Title != "low: Brute force by hidden" || a.Entity.Name != "hidden" || len(a.Finding.Techniques) != 0 ||
			a.URL != "https://cases.example/"+a.ID {
			t.Errorf("the chat was shown %q of %v, %q", a.Title, a.Entity, a.URL)
		}
		alerts, err := r.Alerts()
		for _, a := range alerts {
			if !strings.HasPrefix(a.Entity.Name, "100.64.0.") || a.Title != "Brute force by "+a.Entity.Name {
				t.Errorf("the log has %q of %v", a.Title, a.Entity)
			}
		}
		if err != nil || len(alerts) != 2 {
			t.Errorf("%d alerts, %v", len(alerts), err)
		}
	})
}

// An entry that goes missing while it waits blocks nothing.
func TestEntryThatGoesMissing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{name: "s"}
		r := open(t, logPath(t), nil, s)
		r.offer(t, many(3, noon, schemas.SeverityLow)...)
		if err := r.db.Update(func(tx *bolt.Tx) error {
			box := tx.Bucket(journal.Outbox).Bucket([]byte("s"))
			return errors.Join(box.Delete(journal.Number(1)), box.Put(journal.Number(2), []byte("{")))
		}); err != nil {
			t.Fatal(err)
		}
		stop := r.run(t)
		time.Sleep(time.Minute)
		stop()
		if _, taken := s.all(); len(taken) != 1 || len(r.Pending()) != 0 {
			t.Errorf("%d came and %d wait, want the third to come", len(taken), len(r.Pending()))
		}
	})
}
