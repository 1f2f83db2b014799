package prompt

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/ingest/prompt/signature"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// write replaces the file by one with another time: a test is faster than the
// clocks of file systems.
func write(t *testing.T, path, list string, second int64) {
	t.Helper()
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Unix(second, 0), time.Unix(second, 0)); err != nil {
		t.Fatal(err)
	}
}

func TestOpenSignatures(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.tsv")
	write(t, path, "injection\topen sesame\n", 1)
	s, err := OpenSignatures(path, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil || s.Len() != signature.Default().Len()+1 {
		t.Fatalf("%v", err)
	}
	if s, err = OpenSignatures("", nil, nil); err != nil || s.Len() != signature.Default().Len() {
		t.Errorf("without a file: %v", err)
	}
	for _, bad := range []string{path + ".none", t.TempDir()} {
		if _, err := OpenSignatures(bad, nil, nil); err == nil {
			t.Errorf("%s was opened", bad)
		}
	}
	write(t, path, "secret words\n", 2)
	if _, err := OpenSignatures(path, nil, nil); err == nil || !strings.Contains(err.Error(), "line 1") || strings.Contains(err.Error(), "secret") {
		t.Errorf("a broken file: %v", err)
	}
}

func TestWatch(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list.tsv")
	write(t, path, "injection\topen sesame\n", 1)
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		s, err := OpenSignatures(path, slog.New(slog.NewTextHandler(&out, nil)), prometheus.NewRegistry())
		if err != nil {
			t.Fatal(err)
		}
		r, err := New(DefaultConfig(), testKeys(t), s, nil)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- s.Watch(ctx) }()
		for _, step := range []struct {
			name, list string
			want       schemas.PromptSignals
			ok, failed float64
		}{
			{"as it was", "", schemas.SignalInjection, 0, 0},
			{"changed", "jailbreak\topen sesame\n", schemas.SignalJailbreak, 1, 0},
			{"broken", "jailbreak open sesame\n", schemas.SignalJailbreak, 1, 1},
			{"broken for long", "", schemas.SignalJailbreak, 1, 1},
			{"whole again, as before", "jailbreak\topen sesame\n", schemas.SignalJailbreak, 1, 1},
			{"another", "reasoning\topen sesame\n", schemas.SignalReasoning, 2, 1},
			{"gone", "-", schemas.SignalReasoning, 2, 2},
			{"back", "prompt_leak\topen sesame\n", schemas.SignalPromptLeak, 3, 2},
		} {
			switch step.list {
			case "":
			case "-":
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			default:
				write(t, path, step.list, time.Now().Unix())
			}
			time.Sleep(2*pollEvery + time.Second)
			synctest.Wait()
			if got := read(r, "Open Sesame!").PromptSignals; got != step.want {
				t.Errorf("%s: %v", step.name, got.Names())
			}
			if ok, failed := testutil.ToFloat64(s.metrics.loaded), testutil.ToFloat64(s.metrics.failed); ok != step.ok || failed != step.failed {
				t.Errorf("%s: %v reloads, %v failures", step.name, ok, failed)
			}
		}
		if n := testutil.ToFloat64(s.metrics.phrases); int(n) != s.Len() {
			t.Errorf("%v signatures are counted", n)
		}
		if strings.Contains(out.String(), "sesame") {
			t.Error("a log quotes the list")
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestWatchWithoutFile(t *testing.T) {
	s, err := OpenSignatures("", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := s.Watch(ctx); err != nil {
		t.Error(err)
	}
}
