package files

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/goleak"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// collector is a handler that keeps what it gets.
type collector struct {
	mu      sync.Mutex
	starts  []int64
	as      []ingest.Assignment
	got     map[string]string // "topic/partition@offset" to line
	order   []string
	next    map[int32]int64
	cuts    []ingest.Cut
	revoked int
	chunk   func(context.Context) error
	drain   func(context.Context)
}

func newCollector() *collector { return &collector{got: map[string]string{}, next: map[int32]int64{}} }

func (c *collector) Assigned(_ context.Context, as []ingest.Assignment) ([]int64, error) {
	c.as = as
	if c.starts != nil {
		return c.starts, nil
	}
	return make([]int64, len(as)), nil
}

func (c *collector) Chunk(ctx context.Context, ch *ingest.Chunk) error {
	if c.chunk != nil {
		if err := c.chunk(ctx); err != nil {
			return err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	from := 0
	for i, end := range ch.Ends {
		c.got[fmt.Sprintf("%s/%d@%d", ch.Topic, ch.Partition, ch.Offsets[i])] = string(ch.Slab[from:end])
		from = end
	}
	if len(c.order) == 0 || c.order[len(c.order)-1] != ch.Topic {
		c.order = append(c.order, ch.Topic)
	}
	if ch.First != c.next[ch.Partition] {
		return fmt.Errorf("chunk begins at %d, want %d", ch.First, c.next[ch.Partition])
	}
	c.next[ch.Partition] = ch.Next
	c.cuts = append(c.cuts, ch.Cut...)
	return nil
}

func (c *collector) Revoked(ctx context.Context, _ []ingest.Assignment) {
	c.revoked++
	if c.drain != nil {
		c.drain(ctx)
	}
}

func source(t testing.TB, change func(*Config), paths ...string) *Source {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Paths = paths
	if change != nil {
		change(&cfg)
	}
	s, err := New(cfg, slog.New(slog.DiscardHandler), prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func put(t testing.TB, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func gz(t testing.TB, content string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = io.WriteString(w, content)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func zst(t testing.TB, content string) string {
	t.Helper()
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	return string(w.EncodeAll([]byte(content), nil))
}

func TestLines(t *testing.T) {
	for name, tc := range map[string]struct {
		content string
		want    map[int]string
	}{
		"empty file":       {"", map[int]string{}},
		"one line":         {"a\n", map[int]string{0: "a"}},
		"no newline":       {"a\nb", map[int]string{0: "a", 1: "b"}},
		"CRLF":             {"a\r\nb\r\nc\r", map[int]string{0: "a", 1: "b", 2: "c"}},
		"empty lines":      {"\n\r\na\n\nb\n\n", map[int]string{2: "a", 4: "b"}},
		"CR within":        {"a\rb\n", map[int]string{0: "a\rb"}},
		"byte order mark":  {"\xef\xbb\xbfa\n\xef\xbb\xbfb\n", map[int]string{0: "a", 1: "\xef\xbb\xbfb"}},
		"not UTF-8":        {"\xff\xfe\x00\n", map[int]string{0: "\xff\xfe\x00"}},
		"gzip":             {gz(t, "a\nb"), map[int]string{0: "a", 1: "b"}},
		"gzip of two":      {gz(t, "a\n") + gz(t, "b\n"), map[int]string{0: "a", 1: "b"}},
		"zstd":             {zst(t, "a\nb\n"), map[int]string{0: "a", 1: "b"}},
		"zstd of two":      {zst(t, "a\n") + zst(t, "b\n"), map[int]string{0: "a", 1: "b"}},
		"one byte of gzip": {"\x1f", map[int]string{0: "\x1f"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := source(t, nil, put(t, t.TempDir(), "access.log", tc.content))
			h := newCollector()
			if err := s.Run(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			if len(h.got) != len(tc.want) || h.revoked != 1 {
				t.Errorf("have %q, want %v; revoked %d times", h.got, tc.want, h.revoked)
			}
			for n, line := range tc.want {
				if got := h.got[fmt.Sprintf("access.log/0@%d", n)]; got != line {
					t.Errorf("line %d is %q, want %q", n, got, line)
				}
			}
			if done, total := s.Progress(); done != int64(len(tc.content)) || total != done {
				t.Errorf("progress is %d of %d, want %d", done, total, len(tc.content))
			}
		})
	}
}

func TestLongLines(t *testing.T) {
	const bound = 4 << 10
	at := strings.Repeat("a", bound)
	content := at + "\n" + at + "\r\n" + at + "b\n" + strings.Repeat("c", 3<<20) + "\r\nlast\n" + strings.Repeat("d", 5000)
	for _, packed := range []string{content, gz(t, content), zst(t, content)} {
		s := source(t, func(c *Config) { c.MaxLineBytes = bound }, put(t, t.TempDir(), "l", packed))
		h := newCollector()
		if err := s.Run(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		want := []string{at, at, at, strings.Repeat("c", excerpt), "last", strings.Repeat("d", excerpt)}
		for i, line := range want {
			if got := h.got[fmt.Sprintf("l/0@%d", i)]; got != line {
				t.Errorf("line %d has %d bytes, want %d", i, len(got), len(line))
			}
		}
		sizes := []int64{bound + 1, 3 << 20, 5000}
		for i, c := range h.cuts {
			if c.Bytes != sizes[i] || c.Reason != ingest.CutTooLarge {
				t.Errorf("cut %d is %+v", i, c)
			}
		}
		if len(h.cuts) != 3 || testutil.ToFloat64(s.metrics.cut) != 3 {
			t.Errorf("%d cuts", len(h.cuts))
		}
	}
}

// TestBomb reads a gigabyte of one line out of a small file, with little memory.
func TestBomb(t *testing.T) {
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b, zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		t.Fatal(err)
	}
	block := make([]byte, 1<<20)
	for range 1 << 10 {
		_, _ = z.Write(block)
	}
	_, _ = io.WriteString(z, "\nafter\n")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := source(t, func(c *Config) { c.MaxLineBytes = 1 << 20 }, put(t, t.TempDir(), "bomb", b.String()))
	h := newCollector()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if err := s.Run(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
		t.Errorf("%d MiB were allocated to read a line of 1024", used>>20)
	}
	if h.got["bomb/0@1"] != "after" || len(h.cuts) != 1 || h.cuts[0].Bytes != 1<<30 {
		t.Errorf("%d lines, cuts %+v", len(h.got), h.cuts)
	}
}

func TestBrokenFilesKeepNothingElse(t *testing.T) {
	dir := t.TempDir()
	// Enough that some of it comes out before the end is missed.
	var long strings.Builder
	for i := range 200000 {
		fmt.Fprintf(&long, "line %d\n", i)
	}
	whole := gz(t, long.String())
	put(t, dir, "a.gz", whole[:len(whole)/2])
	put(t, dir, "b.gz", "\x1f\x8b then junk")
	put(t, dir, "c.zst", "\x28\xb5\x2f\xfd then junk")
	put(t, dir, "d.log", "fine\n")
	gone := put(t, dir, "e.log", "gone\n")
	s := source(t, nil, filepath.Join(dir, "*"))
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	h := newCollector()
	err := s.Run(t.Context(), h)
	for _, name := range []string{"a.gz", "b.gz", "c.zst", "e.log"} {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s is not in %v", name, err)
		}
	}
	if err != nil && strings.Contains(err.Error(), "junk") {
		t.Error("the error quotes the content")
	}
	if h.got["d.log/3@0"] != "fine" || h.got["a.gz/0@0"] != "line 0" || len(h.got) < 1000 {
		t.Errorf("%d lines were read", len(h.got))
	}
	if testutil.ToFloat64(s.metrics.errors) != 4 || testutil.ToFloat64(s.metrics.files) != 5 {
		t.Error("metrics: want 4 errors of 5 files")
	}
}

func TestOrderAndNames(t *testing.T) {
	dir := t.TempDir()
	now := time.Now()
	for i, name := range []string{"access.log", "access.log.1", "access.log.2.gz", "access.log.10.gz", "other-20260102.log", "other.log-20260102", "other.log-20260101.zst", "späße 1.log"} {
		path := put(t, dir, name, "x\n")
		if err := os.Chtimes(path, now, now.Add(time.Duration(i)*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	s := source(t, nil, filepath.Join(dir, "*.log*"), filepath.Join(dir, "access.log"))
	h := newCollector()
	if err := s.Run(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	want := []string{"access.log.10.gz", "access.log.2.gz", "access.log.1", "other.log-20260101.zst", "other.log-20260102", "access.log", "other-20260102.log", "sp__e_1.log"}
	if !slices.Equal(h.order, want) {
		t.Errorf("order is %q, want %q", h.order, want)
	}
	for i, a := range h.as {
		if int(a.Partition) != i || a.Committed != 0 || a.Topic != want[i] {
			t.Errorf("assignment %d is %+v", i, a)
		}
	}
}

func TestStdin(t *testing.T) {
	s := source(t, nil, "-")
	s.stdin = strings.NewReader(gz(t, "a\nb\n"))
	h := newCollector()
	if err := s.Run(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if h.got["stdin/0@0"] != "a" || h.got["stdin/0@1"] != "b" {
		t.Errorf("have %q", h.got)
	}
	if done, total := s.Progress(); done == 0 || total != 0 {
		t.Errorf("progress is %d of %d", done, total)
	}
	if err := s.ReadRange(t.Context(), schemas.Range{Topic: "stdin", Next: 1}, nil); !errors.Is(err, ErrGone) {
		t.Errorf("ReadRange: %v", err)
	}
}

func TestStartsInBetween(t *testing.T) {
	s := source(t, nil, put(t, t.TempDir(), "l", "a\nb\nc\n"))
	h := newCollector()
	h.starts, h.next[0] = []int64{2}, 2
	if err := s.Run(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	if len(h.got) != 1 || h.got["l/0@2"] != "c" {
		t.Errorf("have %q", h.got)
	}
	h = newCollector()
	h.starts = []int64{1, 2}
	if err := s.Run(t.Context(), h); err == nil {
		t.Error("two offsets for one file: no error")
	}
}

func TestParallelAndStop(t *testing.T) {
	dir := t.TempDir()
	for i := range 6 {
		put(t, dir, fmt.Sprint(i), strings.Repeat("line\n", 100))
	}
	s := source(t, func(c *Config) { c.Parallel = 3 }, filepath.Join(dir, "*"))
	h := newCollector()
	arrived := make(chan struct{}, 6)
	h.chunk = func(ctx context.Context) error { arrived <- struct{}{}; <-ctx.Done(); return ctx.Err() }
	ctx, cancel := context.WithCancel(t.Context())
	h.drain = func(dctx context.Context) {
		if dctx.Err() != nil {
			t.Error("the handler has no time to drain")
		}
	}
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, h) }()
	for range 3 {
		<-arrived
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("stopped: %v", err)
	}
	if len(arrived) != 0 || h.revoked != 1 {
		t.Errorf("%d more files were begun; revoked %d times", len(arrived), h.revoked)
	}
}

func TestHandlerErrorEndsRun(t *testing.T) {
	boom := errors.New("boom")
	h := newCollector()
	h.chunk = func(context.Context) error { return boom }
	if err := source(t, nil, put(t, t.TempDir(), "l", "a\n")).Run(t.Context(), h); !errors.Is(err, boom) || h.revoked != 1 {
		t.Errorf("have %v; revoked %d times", err, h.revoked)
	}
}

func TestReadRange(t *testing.T) {
	var all strings.Builder
	for i := range 50000 {
		fmt.Fprintf(&all, "line %d\n", i)
	}
	s := source(t, nil, put(t, t.TempDir(), "l", gz(t, all.String())))
	for _, r := range [][2]int64{{0, 50000}, {0, 0}, {20000, 40000}, {49999, 50000}} {
		next, lines := r[0], int64(0)
		err := s.ReadRange(t.Context(), schemas.Range{Topic: "l", First: r[0], Next: r[1]}, func(c *ingest.Chunk) error {
			if c.First != next {
				t.Errorf("range %v: a chunk begins at %d, want %d", r, c.First, next)
			}
			next, lines = c.Next, lines+int64(len(c.Ends))
			return nil
		})
		if err != nil || next != r[1] || lines != r[1]-r[0] {
			t.Errorf("range %v: %d lines up to %d, %v", r, lines, next, err)
		}
	}
	for _, r := range []schemas.Range{{Topic: "l", First: 49999, Next: 50001}, {Topic: "m", Next: 1}, {Topic: "l", Partition: 1, Next: 1}, {Topic: "l", First: 2, Next: 1}} {
		if err := s.ReadRange(t.Context(), r, func(*ingest.Chunk) error { return nil }); !errors.Is(err, ErrGone) {
			t.Errorf("range %v: %v, want ErrGone", r, err)
		}
	}
	if err := s.Commit(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
