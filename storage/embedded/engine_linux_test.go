package embedded

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var quiet = slog.New(slog.DiscardHandler)

// open starts an engine for one test. The tests of this package run one after
// another: a process can hold one engine.
func open(t *testing.T, cfg Config) (*Engine, driver.Conn) {
	t.Helper()
	e, err := Open(cfg, quiet)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(e.Options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		conn.Close()
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, conn
}

func TestDataSurvivesReopening(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Dir = t.TempDir()
	ctx := t.Context()
	t.Run("write", func(t *testing.T) {
		_, conn := open(t, cfg)
		for _, sql := range []string{
			"CREATE DATABASE d",
			"CREATE TABLE d.t (s String, n UInt32) ENGINE = MergeTree ORDER BY n",
		} {
			if err := conn.Exec(ctx, sql); err != nil {
				t.Fatal(err)
			}
		}
		batch, err := conn.PrepareBatch(ctx, "INSERT INTO d.t (s, n)")
		if err != nil {
			t.Fatal(err)
		}
		for i, s := range hostile {
			if err := batch.Append(s, uint32(i)); err != nil {
				t.Fatal(err)
			}
		}
		if err := batch.Send(); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("read", func(t *testing.T) {
		_, conn := open(t, cfg)
		var got []string
		if err := conn.QueryRow(ctx, "SELECT groupArray(s) FROM (SELECT s FROM d.t ORDER BY n)").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", hostile) {
			t.Fatalf("got %q", got)
		}
	})
}

// hostile holds what has broken transports of ClickHouse's formats: blank
// lines, statement ends, quotes, and bytes that are no UTF-8.
var hostile = []string{
	"a\n\nb", "\n\n", "; DROP TABLE d.t", "'\\\"`", "\x00\xff\xfe", "__exception__\r\n", "$$", strings.Repeat("x\n\n;", 5000),
}

func TestParametersAreNoSQL(t *testing.T) {
	_, conn := open(t, DefaultConfig())
	for _, s := range []string{"'; SELECT 1 --", `\'`, "a\tb\nc", "`"} {
		ctx := clickhouse.Context(t.Context(), clickhouse.WithParameters(clickhouse.Parameters{"s": escape(s)}))
		var got string
		if err := conn.QueryRow(ctx, "SELECT {s:String}").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got != s {
			t.Errorf("got %q, want %q", got, s)
		}
	}
}

// escape is ClickHouse's text form of a parameter.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`).Replace(s)
}

func TestSettingsDoNotLeak(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sessions = 1
	_, conn := open(t, cfg)
	limited := clickhouse.Context(t.Context(), clickhouse.WithSettings(clickhouse.Settings{"readonly": 1, "max_result_rows": 2}))
	var n uint64
	err := conn.QueryRow(limited, "SELECT number FROM numbers(3)").Scan(&n)
	if code(err) != 396 {
		t.Fatalf("the limit of the result: %v", err)
	}
	if err := conn.Exec(limited, "CREATE DATABASE x"); code(err) != 164 {
		t.Fatalf("a write under readonly: %v", err)
	}
	for _, sql := range []string{
		"SELECT * FROM file('/etc/hostname', 'LineAsString')",
		"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
		"SELECT 1 SETTINGS readonly = 0",
		"SELECT * FROM (SELECT number FROM numbers(3) SETTINGS max_result_rows = 5, readonly = 0)",
	} {
		if err := conn.Exec(limited, sql); code(err) != 164 && code(err) != 396 {
			t.Errorf("%s: %v", sql, err)
		}
	}
	var readonly string
	if err := conn.QueryRow(t.Context(), "SELECT toString(getSetting('readonly'))").Scan(&readonly); err != nil || readonly != "0" {
		t.Fatalf("readonly is %q afterwards, %v", readonly, err)
	}
	if err := conn.Exec(t.Context(), "SELECT 1; SELECT 2"); code(err) != 62 {
		t.Fatalf("two statements: %v", err)
	}
}

// code returns ClickHouse's code of err, 0 if it has none.
func code(err error) int32 {
	var e *clickhouse.Exception
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

func TestCancelKillsTheStatement(t *testing.T) {
	_, conn := open(t, DefaultConfig())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	const slow = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"
	go func() { done <- conn.Exec(ctx, slow) }()
	running := func() (n uint64) {
		if err := conn.QueryRow(t.Context(), "SELECT count() FROM system.processes WHERE query LIKE '%100000000000%' AND query NOT LIKE '%processes%'").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	wait(t, "the statement runs", func() bool { return running() == 1 })
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	wait(t, "the statement is gone", func() bool { return running() == 0 })
}

// wait polls until ok; the engine has no event to wait for.
func wait(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited too long until %s", what)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Memory, cfg.QueryMemory = 512<<20, 64<<20
	_, conn := open(t, cfg)
	err := conn.Exec(t.Context(), "SELECT uniqExact(number) FROM numbers(20000000)")
	if code(err) != 241 {
		t.Fatalf("got %v", err)
	}
	var n uint64
	if err := conn.QueryRow(t.Context(), "SELECT uniqExact(number) FROM numbers(1000)").Scan(&n); err != nil || n != 1000 {
		t.Fatalf("afterwards: %d, %v", n, err)
	}
	// Memory of the rest of the process is not the engine's.
	ballast := make([]byte, 600<<20)
	for i := 0; i < len(ballast); i += 4096 {
		ballast[i] = 1
	}
	for range 20 {
		if err := conn.QueryRow(t.Context(), "SELECT uniqExact(number) FROM numbers(100000)").Scan(&n); err != nil {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
	_ = ballast[len(ballast)-1]
}

func TestOneEngineAProcess(t *testing.T) {
	e, _ := open(t, DefaultConfig())
	cfg := DefaultConfig()
	cfg.Dir = t.TempDir()
	_, err := Open(cfg, quiet)
	if err == nil || !strings.Contains(err.Error(), "this process already runs one on "+e.Dir()) {
		t.Fatalf("got %v", err)
	}
}

func TestTemporaryFolderGoes(t *testing.T) {
	e, err := Open(DefaultConfig(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(e.Dir(), lockName)); err != nil {
		t.Error(err)
	}
	if err := errors.Join(e.Close(), e.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(e.Dir()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("the folder is still there: %v", err)
	}
	conn, err := clickhouse.Open(e.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Ping(t.Context()); !errors.Is(err, ErrClosed) {
		t.Fatalf("a ping after Close: %v", err)
	}
}

func TestCloseWaitsForStatements(t *testing.T) {
	e, err := Open(DefaultConfig(), quiet)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(e.Options())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	results := make(chan error, 2)
	for range 2 {
		go func() { results <- conn.Exec(t.Context(), "SELECT sleep(0.5)") }()
	}
	wait(t, "the statements hold sessions", func() bool { return len(e.idle) <= cap(e.idle)-2 })
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}

func TestConcurrentStatements(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Sessions = 3
	_, conn := open(t, cfg)
	var wg sync.WaitGroup
	for g := range 12 {
		wg.Go(func() {
			for i := range 20 {
				var n uint64
				want := uint64(g*1000 + i)
				if err := conn.QueryRow(t.Context(), fmt.Sprintf("SELECT max(number) FROM numbers(%d)", want+1)).Scan(&n); err != nil || n != want {
					t.Errorf("got %d, %v; want %d", n, err, want)
				}
			}
		})
	}
	wg.Wait()
}

// The tests below start this test binary again as another process.

const childEnv = "GATEHOUND_TEST_CHILD"

func TestMain(m *testing.M) {
	if act := os.Getenv(childEnv); act != "" {
		child(act)
		return
	}
	os.Exit(m.Run())
}

func child(act string) {
	cfg := DefaultConfig()
	if dir, ok := strings.CutPrefix(act, "open "); ok {
		cfg.Dir = dir
	}
	e, err := Open(cfg, quiet)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(3)
	}
	if act == "nil" {
		func() {
			defer func() { fmt.Fprintln(os.Stderr, "recovered:", recover()) }()
			var p *int
			*p = 1
		}()
		os.RemoveAll(e.Dir()) // the process does not get to Close
		var m map[string]*struct{ n int }
		m["x"].n = 1
	}
}

func runChild(t *testing.T, act string) (output string, exit int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+act)
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}

// TestNilDereferenceStillPanics guards the saving of signals around libchdb.
func TestNilDereferenceStillPanics(t *testing.T) {
	out, exit := runChild(t, "nil")
	for _, want := range []string{
		"recovered: runtime error: invalid memory address or nil pointer dereference",
		"panic: runtime error: invalid memory address or nil pointer dereference",
		"goroutine 1 [running",
		"embedded.child(",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q", want)
		}
	}
	if exit != 2 {
		t.Errorf("exit code %d, want Go's 2", exit)
	}
	if t.Failed() {
		t.Log(out)
	}
}

func TestOneProcessAFolder(t *testing.T) {
	cfg := DefaultConfig()
	cfg.Dir = t.TempDir()
	open(t, cfg)
	out, exit := runChild(t, "open "+cfg.Dir)
	want := fmt.Sprintf("the embedded engine's folder %s is in use by process %d (embedded.test)", cfg.Dir, os.Getpid())
	if exit != 3 || !strings.Contains(out, want) {
		t.Fatalf("exit code %d, output %s; want %s", exit, out, want)
	}
}
