package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/schemas"
)

// progress shows how far a replay is: a bar on a terminal, a line every ten
// seconds elsewhere.
type progress struct {
	out  *os.File
	tty  bool
	quit chan struct{}
	done sync.WaitGroup
}

func newProgress(out *os.File) *progress {
	return &progress{out: out, tty: term.IsTerminal(int(out.Fd())), quit: make(chan struct{})}
}

func (p *progress) watch(r *app.Replayed, far app.Progress) {
	every := 10 * time.Second
	if p.tty {
		every = 200 * time.Millisecond
	}
	started := time.Now()
	p.done.Go(func() {
		t := time.NewTicker(every)
		defer t.Stop()
		for {
			select {
			case <-t.C:
				p.show(r, far, time.Since(started))
			case <-p.quit:
				if p.tty {
					fmt.Fprint(p.out, "\r\x1b[K")
				}
				return
			}
		}
	})
}

func (p *progress) show(r *app.Replayed, far app.Progress, elapsed time.Duration) {
	events := r.Events.Load()
	line := fmt.Sprintf("%s events  %s/s  %d findings", grouped(events),
		grouped(int64(float64(events)/elapsed.Seconds())), r.Findings.Load())
	if done, total := far(); total > 0 {
		share := min(1, float64(done)/float64(total))
		const width = 24
		full := int(share * width)
		left := ""
		if share > 0.02 {
			left = "  " + (time.Duration(float64(elapsed) * (1 - share) / share)).Round(time.Second).String() + " left"
		}
		line = fmt.Sprintf("[%s%s] %3.0f%%  %s%s", strings.Repeat("#", full), strings.Repeat(".", width-full), 100*share, line, left)
	}
	if p.tty {
		fmt.Fprint(p.out, "\r\x1b[K"+line)
		return
	}
	fmt.Fprintln(p.out, line)
}

func (p *progress) stop() {
	close(p.quit)
	p.done.Wait()
}

// worstSink counts alerts and remembers the worst severity. A replay notifies
// it from one goroutine.
type worstSink struct {
	alerting.Sink
	count int
	worst schemas.Severity
}

func (w *worstSink) Notify(ctx context.Context, a *schemas.Alert, key string, prev alerting.Ref) (alerting.Ref, error) {
	ref, err := w.Sink.Notify(ctx, a, key, prev)
	if err == nil {
		w.worst = max(w.worst, a.Severity)
		if a.State == schemas.AlertOpen {
			w.count++
		}
	}
	return ref, err
}

func summarize(out io.Writer, r *app.Replayed, alerts int, took time.Duration) {
	events := r.Events.Load()
	fmt.Fprintf(out, "%s events in %v (%s/s), %s rejects, %d findings, %d alerts\n", grouped(events), took.Round(time.Millisecond),
		grouped(int64(float64(events)/took.Seconds())), grouped(r.Rejects.Load()), r.Findings.Load(), alerts)
	if from, to, ok := r.Span(); ok {
		fmt.Fprintf(out, "time      %s to %s\n", from.Format(time.RFC3339), to.Format(time.RFC3339))
	}
	counts(out, "formats", r.Formats.All())
	counts(out, "rejects", r.Reasons.All())
	redacted := map[string]int64{}
	for k := range r.Redacted {
		if n := r.Redacted[k].Load(); n > 0 {
			redacted[schemas.RedactionKind(k).String()] = n
		}
	}
	counts(out, "redacted", redacted)
	if n := r.Covered.Load(); n > 0 {
		fmt.Fprintf(out, "allowed   %d findings are covered by the allowlist and raised no alert\n", n)
	}
}

func counts(out io.Writer, title string, m map[string]int64) {
	if len(m) == 0 {
		return
	}
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		return m[names[i]] > m[names[j]] || m[names[i]] == m[names[j]] && names[i] < names[j]
	})
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %s", name, grouped(m[name]))
	}
	fmt.Fprintf(out, "%-9s %s\n", title, strings.Join(names, ", "))
}

// grouped writes a number with commas.
func grouped(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
