package clickhouse

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/embedded"
)

// TestKillDuringWriteBatch kills a process that writes batches over midnight,
// with SIGKILL at a random moment of a batch, again and again. The next process
// writes the batch that was under way again, in another order of rows, as
// Gatehound does for an unfinished intent. In the end every event and reject is
// there once, and every roll-up is right.
func TestKillDuringWriteBatch(t *testing.T) {
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(9, uint64(time.Now().UnixNano())))
	begun := -1 // the last batch that was begun
	const kills = 8
	for range kills {
		begun = killOnce(t, dir, begun, time.Duration(r.Int64N(int64(60*time.Millisecond))))
	}
	cmd := command(t.Context(), fmt.Sprintf("verify %d %s", begun, dir))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("after %d kills and %d batches: %v\n%s", kills, begun+1, err, out)
	}
	t.Logf("%d kills, %d batches", kills, begun+1)
}

// killOnce starts a process that redoes batch begun and goes on from there, and
// kills it some time after it has begun a few more. It returns the last one that
// it began.
func killOnce(t *testing.T, dir string, begun int, after time.Duration) int {
	t.Helper()
	cmd := command(t.Context(), fmt.Sprintf("write %d %s", begun, dir))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for seen := 0; lines.Scan(); {
		if begun, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if seen++; seen == 3 {
			time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); !killed(err) {
		t.Fatalf("the process was not killed: %v\n%s", err, stderr.String())
	}
	return begun
}

func killed(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

const childEnv = "GATEHOUND_TEST_CHILD"

func command(ctx context.Context, act string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+act)
	return cmd
}

const killedBatch = 4000 // events

// child is the process that is killed, and the one that looks at what is left.
func child(act string) {
	var what, dir string
	var begun int
	if _, err := fmt.Sscanf(act, "%s %d %s", &what, &begun, &dir); err != nil {
		panic(err)
	}
	cfg := embedded.DefaultConfig()
	cfg.Dir = dir
	e, err := embedded.Open(cfg, quiet)
	if err != nil {
		panic(err)
	}
	s, err := OpenWith(e.Options(), DefaultConfig(), quiet, prometheus.NewRegistry())
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	if _, err := s.Migrate(ctx); err != nil {
		panic(err)
	}
	if begun >= 0 {
		if err := errors.Join(s.WriteBatch(ctx, shuffled(sealedNight(begun))), s.WriteFindings(ctx, growing(begun))); err != nil {
			panic(err)
		}
	}
	if what == "verify" {
		t := &verdict{TB: new(testing.T), ctx: ctx}
		var batches []*schemas.Batch
		for n := range begun + 1 {
			batches = append(batches, sealedNight(n))
		}
		exactlyOnce(t, s, batches)
		want := uint64(len(batches) * killedBatch / 10)
		if n, u := one[uint64](t, s, "SELECT count() FROM sealed_prompts"), one[uint64](t, s, "SELECT uniqExact(partition, message_offset) FROM sealed_prompts"); n != want || u != want {
			t.Errorf("%d sealed prompts of %d events, want %d", n, u, want)
		}
		if n, u := one[uint64](t, s, "SELECT count() FROM aliases"), one[uint64](t, s, "SELECT uniqExact(old) FROM aliases"); n != want || u != want {
			t.Errorf("%d aliases of %d callers, want %d", n, u, want)
		}
		if got, former, err := s.Campaign(ctx, "c-aa11aa11aa11"); err != nil || former != 0 || !reflect.DeepEqual(*got, growing(begun)[0]) {
			t.Errorf("the campaign: %d former members, %v", former, err)
		}
		if n := one[uint64](t, s, "SELECT count() FROM campaigns FINAL"); int(n) != begun+1 {
			t.Errorf("%d findings about the campaign, want %d", n, begun+1)
		}
		if err := errors.Join(s.Close(), e.Close()); err != nil || t.failed {
			os.Exit(1)
		}
		return
	}
	for n := begun + 1; ; n++ {
		b := sealedNight(n)
		fmt.Println(n)
		if err := errors.Join(s.WriteBatch(ctx, b), s.WriteFindings(ctx, growing(n))); err != nil {
			panic(err)
		}
	}
}

// growing is what is found with the batch n: a campaign that grows by three.
func growing(n int) []schemas.Finding {
	return []schemas.Finding{plotted("c-aa11aa11aa11", n, 300+3*n)}
}

// sealedNight is nightBatch with a sealed prompt and an alias at every tenth
// event. What is sealed differs each time, as nonces do.
func sealedNight(n int) *schemas.Batch {
	b := nightBatch(n, killedBatch)
	for _, p := range b.Parts {
		for i := 0; i < len(p.Events); i += 10 {
			e := &p.Events[i]
			p.Sealed = append(p.Sealed, schemas.Sealed{Position: e.Position, Time: e.Time, KeyID: "k2", Data: fmt.Append(nil, rand.Uint64())})
			p.Aliases = append(p.Aliases, schemas.Alias{Old: fmt.Sprint(e.Position.Partition, "/", e.Position.Offset), New: "n", Time: e.Time})
		}
	}
	return b
}

// verdict lets exactlyOnce speak in a process without a test.
type verdict struct {
	testing.TB
	ctx    context.Context
	failed bool
}

func (v *verdict) Helper()                  {}
func (v *verdict) Context() context.Context { return v.ctx }
func (v *verdict) Errorf(format string, args ...any) {
	v.failed = true
	fmt.Printf(format+"\n", args...)
}
func (v *verdict) Fatalf(format string, args ...any) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}
