package alerting

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/group"
	"github.com/gatehound/gatehound/schemas"
)

func TestStopIsBounded(t *testing.T) {
	t.Run("what is due goes out, the rest stays", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := &fakeSink{name: "s", answer: func(_ context.Context, c call) (Ref, error) {
				time.Sleep(900 * time.Millisecond)
				return "", nil
			}}
			r := open(t, logPath(t), nil, s)
			r.offer(t, many(20, noon, schemas.SeverityLow)...)
			stop := r.run(t)
			synctest.Wait()
			start := time.Now()
			stop()
			if d := time.Since(start); d > 6*time.Second {
				t.Errorf("the stop took %v", d)
			}
			if _, got := s.all(); len(got) < 4 || len(got)+len(r.Pending()) != 20 {
				t.Errorf("%d delivered and %d wait, of 20", len(got), len(r.Pending()))
			}
		})
	})
	t.Run("a sink that does not return is named", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			release := make(chan struct{})
			s := &fakeSink{name: "deaf", answer: func(context.Context, call) (Ref, error) {
				<-release
				return "", nil
			}}
			r := open(t, logPath(t), nil, s)
			r.offer(t, finding("a", noon, schemas.SeverityLow))
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			go func() { done <- r.Run(ctx) }()
			synctest.Wait()
			cancel()
			start := time.Now()
			if err := <-done; err == nil || !strings.Contains(err.Error(), "deaf") {
				t.Errorf("got %v, want an error that names the sink", err)
			}
			if d := time.Since(start); d > 7*time.Second {
				t.Errorf("the stop took %v", d)
			}
			close(release)
			synctest.Wait()
		})
	})
}

func TestMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s := &fakeSink{name: "s", answer: func(context.Context, call) (Ref, error) {
			if n++; n == 1 {
				return "", errAway
			}
			return "", nil
		}}
		r := open(t, logPath(t), nil, s)
		stop := r.run(t)
		f := finding("b", noon, schemas.SeverityLow)
		f.Exception = &schemas.Exception{Owner: "o", Reason: "r"}
		r.offer(t, finding("a", noon, schemas.SeverityLow), f)
		r.offer(t, finding("a", noon, schemas.SeverityLow), finding("a", noon.Add(time.Minute), schemas.SeverityLow))
		time.Sleep(time.Minute)
		r.advance(t, noon.Add(3*time.Hour))
		synctest.Wait()
		for _, c := range []struct {
			name   string
			labels []string
			want   float64
		}{
			{"findings_total", nil, 4},
			{"grouped_total", nil, 1},
			{"suppressed_total", []string{"reason", group.ReasonRepeat}, 1},
			{"suppressed_total", []string{"reason", group.ReasonInterval}, 1},
			{"suppressed_total", []string{"reason", group.ReasonException}, 1},
			{"alerts_total", []string{"state", "open"}, 1},
			{"alerts_total", []string{"state", "resolved"}, 1},
			{"open_alerts", nil, 0},
			{"notifications_total", []string{"sink", "s", "outcome", outcomeDelivered}, 2},
			{"notifications_total", []string{"sink", "s", "outcome", outcomeRetried}, 1},
			{"queue_length", []string{"sink", "s"}, 0},
			{"dead_letters", []string{"sink", "s"}, 0},
			{"delivery_seconds", []string{"sink", "s"}, 2},
		} {
			if got := r.value(t, c.name, c.labels...); got != c.want {
				t.Errorf("%s%v is %v, want %v", c.name, c.labels, got, c.want)
			}
		}
		stop()
	})
}
