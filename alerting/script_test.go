package alerting

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// script is the role of a child that does what steps says, on a clock of its own,
// until somebody kills it. Each step may be repeated: whoever called before the
// death calls again.
const script = "script"

var steps = []struct {
	name string
	do   func(ctx context.Context, m *Manager) error
}{
	{"offer", func(ctx context.Context, m *Manager) error {
		_, err := m.Offer(ctx, many(8, noon, schemas.SeverityLow))
		return err
	}},
	{"acknowledge", func(ctx context.Context, m *Manager) error {
		_, err := m.Acknowledge(ctx, alertOf(m, "caller-0"), "alice", "mine")
		return err
	}},
	{"worsen", func(ctx context.Context, m *Manager) error {
		_, err := m.Offer(ctx, []schemas.Finding{finding("caller-1", noon.Add(time.Minute), schemas.SeverityHigh)})
		return err
	}},
	{"cease", func(ctx context.Context, m *Manager) error {
		f := finding("caller-2", noon, schemas.SeverityLow)
		_, err := m.Cease(ctx, []schemas.Ceased{{Detector: f.Detector, Entity: f.Entity, Last: f.WindowEnd, At: f.WindowEnd.Add(time.Minute)}})
		return err
	}},
	{"resolve", func(ctx context.Context, m *Manager) error {
		_, err := m.Resolve(ctx, alertOf(m, "caller-3"), "bob", "done")
		if errors.Is(err, ErrResolved) {
			return nil
		}
		return err
	}},
	{"silence", func(ctx context.Context, m *Manager) error {
		_, err := m.Silence(ctx, schemas.Silence{Matchers: []string{"entity=caller-4"}, Until: time.Now().Add(time.Hour), By: "carol", Comment: "known"})
		return err
	}},
	{"offer what is silenced", func(ctx context.Context, m *Manager) error {
		_, err := m.Offer(ctx, []schemas.Finding{finding("caller-4", noon.Add(time.Minute), schemas.SeverityHigh)})
		return err
	}},
	{"escalate", func(context.Context, *Manager) error {
		time.Sleep(70 * time.Second)
		return nil
	}},
	{"end the silence", func(ctx context.Context, m *Manager) error {
		list, err := m.Silences(false)
		for _, s := range list {
			if _, endErr := m.Unsilence(ctx, s.ID, "carol"); endErr != nil {
				err = endErr
			}
		}
		time.Sleep(5 * time.Minute) // each process begins the clock anew
		return err
	}},
	{"reopen", func(ctx context.Context, m *Manager) error {
		_, err := m.Offer(ctx, []schemas.Finding{finding("caller-2", noon.Add(10*time.Minute), schemas.SeverityLow)})
		return err
	}},
}

// alertOf returns the id of the alert about somebody, or "".
func alertOf(m *Manager, who string) string {
	alerts, err := m.Alerts()
	for _, a := range alerts {
		if err == nil && a.Entity.Name == who {
			return a.ID
		}
	}
	return ""
}

// TestScript is the child: it says what it has done and what the receivers got.
// In a process that is no child it runs the script once for itself.
func TestScript(t *testing.T) {
	path, from := logPath(t), 0
	if childRole() == script {
		path = os.Getenv(pathVariable)
		from, _ = strconv.Atoi(os.Getenv(stepVariable))
	}
	synctest.Test(t, func(t *testing.T) { play(t, path, from, os.Stdout) })
}

// play does the steps from one on, and prints a line for everything that counts.
func play(t *testing.T, path string, from int, out io.Writer) {
	var mu sync.Mutex // keeps the lines of the two sinks apart
	say := func(what string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(out, "~"+what, fmt.Sprint(args...))
	}
	sink := func(name string) *fakeSink {
		return &fakeSink{name: name, answer: func(_ context.Context, c call) (Ref, error) {
			raw, err := json.Marshal(c.alert)
			h := fnv.New64a()
			h.Write(raw)
			say("got", name, " ", c.key, " ", h.Sum64(), " ", c.alert.State)
			return Ref("ref-of-" + c.alert.ID), err
		}}
	}
	cfg := DefaultConfig()
	cfg.Path = path
	cfg.ResolveAfter, cfg.GroupWindow = 100*time.Hour, 100*time.Hour
	cfg.Sinks = []SinkConfig{{Name: "siem", Kind: "fake", PerMinute: 1000, OnStorm: StormDelay}, {Name: "boss", Kind: "fake", PerMinute: 1000, OnStorm: StormDelay}}
	cfg.Routing.Routes = []route.Route{{Name: "all", Sinks: []string{"siem"}, Escalate: []route.Step{{After: time.Minute, Sinks: []string{"boss"}}}}}
	m, err := New(cfg, []Sink{sink("siem"), sink("boss")}, quiet(), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Open(); err != nil {
		t.Fatal(err)
	}
	say("ready")
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- m.Run(ctx) }()
	for i, s := range steps[from:] {
		if err := s.do(ctx, m); err != nil {
			t.Errorf("%s: %v", s.name, err)
			say("failed", s.name, " ", err)
			break
		}
		say("did", from+i+1)
	}
	synctest.Wait()
	cancel()
	if err := errors.Join(<-done, m.Close()); err != nil {
		t.Error(err)
	}
	say("end", len(m.Pending()))
}

// saidLog is what children said.
type saidLog struct {
	done int                 // steps
	got  map[string][]string // by sink and key, what came
	end  bool
}

func (l *saidLog) read(t *testing.T, r io.Reader) {
	t.Helper()
	for lines := bufio.NewScanner(r); lines.Scan(); {
		text, ours := strings.CutPrefix(lines.Text(), "~")
		if !ours {
			continue
		}
		f := strings.Fields(text)
		switch f[0] {
		case "did":
			l.done, _ = strconv.Atoi(f[1])
		case "got":
			l.got[f[1]+" "+f[2]] = append(l.got[f[1]+" "+f[2]], f[3]+" "+f[4])
		case "end":
			l.end = f[1] == "0"
		case "failed":
			t.Errorf("the child: %s", text)
		}
	}
}

// A process that is killed again and again, at any moment of offering,
// acknowledging, ceasing, resolving, silencing, escalating, reopening and
// delivering, tells in the end what one that lives tells: nothing is lost, and
// what comes again has the same key and says the same.
func TestKilledAtAnyMoment(t *testing.T) {
	var whole strings.Builder
	path := logPath(t)
	synctest.Test(t, func(t *testing.T) { play(t, path, 0, &whole) })
	want := &saidLog{got: map[string][]string{}}
	want.read(t, strings.NewReader(whole.String()))
	states := map[string]int{}
	for key, came := range want.got {
		if len(came) != 1 {
			t.Errorf("%s came %d times to one that lives", key, len(came))
		}
		states[strings.Fields(came[0])[1]]++
	}
	for _, state := range []string{"open", "updated", "acknowledged", "resolved", "escalated", "reopened"} {
		if states[state] == 0 {
			t.Errorf("the script tells nothing that is %s: %v", state, states)
		}
	}
	if !want.end || want.done != len(steps) {
		t.Fatalf("%d steps were done: %s", want.done, whole.String())
	}

	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 1))
	kills, again := 0, 0
	for range 4 {
		path, all := logPath(t), &saidLog{got: map[string][]string{}}
		for runs := 0; !all.end; runs++ {
			if runs == 100 {
				t.Fatal("a hundred runs did not get through the script")
			}
			kills += life(t, path, all, time.Duration(rnd.IntN(12_000+runs*2_000))*time.Microsecond)
		}
		kills-- // the last one came to its end
		if got := slices.Sorted(maps.Keys(all.got)); !slices.Equal(got, slices.Sorted(maps.Keys(want.got))) {
			t.Errorf("seed %d: receivers got %d notifications, want %d:\n%v\n%v", seed, len(got), len(want.got), all.got, want.got)
		}
		for key, came := range all.got {
			again += len(came) - 1
			if slices.Sort(came); len(slices.Compact(came)) != 1 {
				t.Errorf("seed %d: %s did not say the same each time", seed, key)
			}
		}
	}
	t.Logf("%d kills, %d notifications came again under their key", kills, again)
}

// life is the life of a child that is killed after d, unless it has ended.
func life(t *testing.T, path string, all *saidLog, d time.Duration) int {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestScript$")
	cmd.Env = append(os.Environ(), childVariable+"="+script, pathVariable+"="+path, stepVariable+"="+strconv.Itoa(all.done))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := bufio.NewReader(out)
	for line := ""; err == nil && line != "~ready \n"; {
		line, err = said.ReadString('\n')
	}
	timer := time.AfterFunc(d, func() { _ = cmd.Process.Kill() })
	all.read(t, said)
	timer.Stop()
	_ = cmd.Wait() // it was killed, or has said that it came to its end
	return 1
}
