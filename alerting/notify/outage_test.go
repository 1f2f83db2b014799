package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kfake"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify"
	"github.com/gatehound/gatehound/alerting/notify/stdout"
	"github.com/gatehound/gatehound/schemas"
)

// away is a receiver that is away until its outage is over. It lives outside of
// the bubble in which the clock is a fake one: what it waits for is no time.
type away struct {
	mu   sync.Mutex
	seen []request
	// rest is for how many seconds it asks to be left alone; 0 if it does not.
	rest atomic.Int64
	// up is closed by the test when the outage is over, ready by the receiver.
	up, ready chan struct{}
}

func newAway() *away { return &away{up: make(chan struct{}), ready: make(chan struct{})} }

// took notes what came, and returns how much has come.
func (r *away) took(req request) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.seen = append(r.seen, req)
	return len(r.seen)
}

func (r *away) requests() []request {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

// end ends the outage.
func (r *away) end() {
	close(r.up)
	<-r.ready
}

// cut ends a connection without an answer.
func cut(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// httpAway is a receiver over HTTP that refuses and cuts by turns while it is
// away; afterwards the answer to the fifth request that it takes is lost.
func httpAway(t *testing.T, m *member) (*away, map[string]any) {
	r := newAway()
	var over atomic.Bool
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if !over.Load() {
			if rest := r.rest.Load(); rest > 0 {
				w.Header().Set("Retry-After", strconv.FormatInt(rest, 10))
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			switch n.Add(1) % 3 {
			case 0:
				cut(w)
			case 1:
				w.WriteHeader(http.StatusServiceUnavailable)
			default:
				w.WriteHeader(http.StatusInternalServerError)
			}
			return
		}
		raw := readAll(t, req)
		again := func() { req.Body = io.NopCloser(bytes.NewReader(raw)) }
		if again(); m.aside != nil && m.aside(w, req) {
			return
		}
		again()
		got := m.read(t, req)
		if again(); r.took(got) == 5 {
			cut(w)
			return
		}
		m.accept(w, req)
	}))
	t.Cleanup(srv.Close)
	go func() {
		<-r.up
		over.Store(true)
		close(r.ready)
	}()
	return r, m.options(srv.URL)
}

// streamAway is a receiver that nobody finds while it is away.
func streamAway(t *testing.T, m *member) (*away, map[string]any) {
	r := newAway()
	addr := nobody(t)
	listen := func(handle func(net.Conn)) {
		l, err := net.Listen("tcp", addr)
		if err != nil {
			t.Error(err)
			return
		}
		done := make(chan struct{})
		t.Cleanup(func() { _ = l.Close(); <-done })
		go func() {
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				handle(conn)
				_ = conn.Close()
			}
		}()
	}
	host, digits, err := net.SplitHostPort(addr)
	port, portErr := strconv.Atoi(digits)
	if err := errors.Join(err, portErr); err != nil {
		t.Fatal(err)
	}
	var options map[string]any
	var serve func()
	switch m.kind {
	case "syslog":
		format := map[string]string{"cef": "octet", "json": "newline"}
		options = map[string]any{"address": addr, "protocol": "tcp", "format": m.name, "framing": format[m.name], "hostname": "gw-1"}
		serve = func() {
			listen(func(conn net.Conn) {
				if raw, err := io.ReadAll(conn); err == nil && len(raw) > 0 {
					msg := unframe(t, raw)
					r.took(request{key: syslogKey(t, m.name, msg), body: msg})
				}
			})
		}
	case "email":
		options = map[string]any{"host": host, "port": port, "encryption": "none", "from": "gatehound@example.com", "to": []string{"oncall@example.com"}}
		serve = func() {
			listen(func(conn net.Conn) {
				mails := make(chan []byte, 10)
				talkSMTP(conn, mails)
				for len(mails) > 0 {
					r.took(readMail(t, <-mails))
				}
			})
		}
	case "kafka":
		options = map[string]any{"brokers": []string{addr}, "topic": "alerts"}
		serve = func() {
			kafkaClusters.Store(t.Name(), brokers(t, kfake.Ports(port)))
		}
	default:
		t.Fatalf("the test does not know how %s can be away", m.kind)
	}
	go func() {
		<-r.up
		serve()
		close(r.ready)
	}()
	return r, options
}

// kafkaClusters are the clusters of running tests.
var kafkaClusters sync.Map

// story is the mark of a notification in its title.
var story = regexp.MustCompile(`Story-\d\d[a-z]`)

// TestADayWithoutASink takes each sink away for a day, one after another, while an
// alert an hour comes and some become worse. Afterwards its receiver gets
// everything, in the order of decision, under one key each; the other sink gets
// everything when it is decided.
func TestADayWithoutASink(t *testing.T) {
	for _, kind := range notify.Builtin() {
		for i, m := range family[kind.Name]() {
			if kind.Name == "stdout" || i > 0 && testing.Short() {
				continue // below; and bodies of a kind differ in what is sent, not in when
			}
			t.Run(kind.Name+"/"+m.name, func(t *testing.T) {
				receiver := streamAway
				if m.options != nil {
					receiver = httpAway
				}
				r, options := receiver(t, m)
				now := time.Now()
				var told []string // marks by order
				synctest.Test(t, func(t *testing.T) {
					sinks, err := notify.Build([]alerting.SinkConfig{{Name: "x", Kind: m.kind, Options: options}}, decode)
					if err != nil {
						t.Fatal(err)
					}
					told = day(t, now, sinks[0], &r.rest, r.end)
				})
				got := r.requests()
				if c, ok := kafkaClusters.LoadAndDelete(t.Name()); ok {
					got = readTopic(t, c.(*kfake.Cluster))
				}
				judge(t, got, told, m.keyless)
			})
		}
	}
	t.Run("stdout", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			var free atomic.Bool
			w := writerFunc(func(p []byte) (int, error) {
				if !free.Load() {
					return 0, errors.New("no space left on device")
				}
				return out.Write(p)
			})
			told := day(t, time.Now().Add(48*time.Hour), stdout.NewWriter("x", w),
				&atomic.Int64{}, func() { free.Store(true) })
			var got []request
			for _, line := range strings.Split(strings.TrimSpace(out.String()), "\n") {
				got = append(got, request{body: []byte(line)})
			}
			judge(t, got, told, true)
		})
	})
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// day runs a manager with sink x, which is away until end is called after a day,
// and returns the marks of what was decided, in order. The day ends a
// little before now, by the receivers' clock, which some of them hold against what they are sent; in its last
// minutes a receiver can ask to be left alone for the rest of it.
func day(t *testing.T, now time.Time, x alerting.Sink, rest *atomic.Int64, end func()) (told []string) {
	t.Helper()
	const last = 10 * time.Minute
	time.Sleep(time.Until(now.Add(-24*time.Hour - last - 5*time.Second)))
	cfg := alerting.DefaultConfig()
	cfg.ResolveAfter, cfg.GroupWindow = 168*time.Hour, 168*time.Hour // the log is a temporary one: nobody is killed here
	cfg.Sinks = []alerting.SinkConfig{{Name: "x", Kind: "given", PerMinute: 600, OnStorm: alerting.StormDelay},
		{Name: "other", Kind: "given", PerMinute: 600, OnStorm: alerting.StormDelay}}
	var others bytes.Buffer
	m, err := alerting.New(cfg, []alerting.Sink{x, stdout.NewWriter("other", &others)}, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	offer := func(mark string, who int, sev schemas.Severity) {
		f := sample(schemas.AlertOpen).Finding
		f.Entity.Name, f.Title, f.Severity, f.Related, f.RelatedAll = fmt.Sprint("h1:k1:caller", who), mark+" of a day", sev, nil, false
		f.WindowStart = time.Now().UTC()
		f.WindowEnd, f.Detected = f.WindowStart.Add(time.Minute), f.WindowStart.Add(time.Minute)
		f.ID = schemas.FindingID(f.Detector, f.Entity, f.WindowStart)
		alerts, err := m.Offer(ctx, []schemas.Finding{f})
		if err != nil || len(alerts) != 1 {
			t.Fatal(len(alerts), err)
		}
		told = append(told, mark)
		synctest.Wait()
		if !strings.Contains(others.String(), mark) {
			t.Errorf("the other sink was not told of %s at once", mark)
		}
	}
	for hour := range 24 {
		offer(fmt.Sprintf("Story-%02da", hour), hour, schemas.SeverityLow)
		if hour%5 == 4 {
			offer(fmt.Sprintf("Story-%02db", hour-4), hour-4, schemas.SeverityHigh)
		}
		time.Sleep(time.Hour)
	}
	waits := 0
	for _, d := range m.Pending() {
		if d.Sink == "x" {
			waits++
		}
	}
	if waits != len(told) {
		t.Errorf("%d wait after a day, want all %d", waits, len(told))
	}
	for left := last; left > 0; left -= time.Second {
		rest.Store(int64(left / time.Second))
		time.Sleep(time.Second)
	}
	end()
	time.Sleep(10 * time.Minute)
	synctest.Wait()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	dead, err := m.DeadLetters()
	if err != nil || len(dead) != 0 || len(m.Pending()) != 0 {
		t.Errorf("%d dead letters and %d wait, %v", len(dead), len(m.Pending()), err)
		if len(dead) > 0 {
			t.Log(dead[0].Reason)
		}
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	return told
}

// judge compares what a receiver got with what it was to be told.
func judge(t *testing.T, got []request, told []string, keyless bool) {
	t.Helper()
	var order []string
	keys := make(map[string][]string) // by mark
	for _, r := range got {
		mark := story.FindString(string(r.body))
		if len(order) == 0 || order[len(order)-1] != mark {
			order = append(order, mark)
		}
		if r.key != "" && !slices.Contains(keys[mark], r.key) {
			keys[mark] = append(keys[mark], r.key)
		}
	}
	if !slices.Equal(order, told) {
		t.Errorf("the receiver was told\n%v, want\n%v", order, told)
	}
	seen := make(map[string]bool)
	for _, mark := range told {
		k := keys[mark]
		if keyless {
			continue
		}
		if len(k) != 1 || seen[k[0]] {
			t.Errorf("%s came under %v, want one key of its own", mark, k)
			continue
		}
		seen[k[0]] = true
	}
}
