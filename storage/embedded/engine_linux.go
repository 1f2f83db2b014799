package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// process is what libchdb allows once in a process: the loaded library and one
// engine. The mutex keeps two calls of Open, or Open and Close, from racing.
var process struct {
	sync.Mutex
	lib *library
	dir string // of the open engine
}

// Engine is the ClickHouse engine in this process. Its methods are safe for
// concurrent use.
type Engine struct {
	dir       string
	temporary bool
	lock      *os.File
	lib       *library
	log       *slog.Logger
	version   string
	timezone  string

	idle  chan *session // sessions that run nothing
	all   int
	admin *session   // runs KILL QUERY only
	kill  sync.Mutex // admin runs one statement at a time

	close  sync.Once
	closed chan struct{}
}

// Open loads the library, which Locate must find, and starts the engine on
// cfg.Dir. A process can hold one engine, and a folder can be held by one
// process: otherwise the error says who holds it. The caller closes the engine.
func Open(cfg Config, log *slog.Logger) (*Engine, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("embedded engine: %w", err)
	}
	path, err := Locate()
	if err != nil {
		return nil, err
	}
	process.Lock()
	defer process.Unlock()
	if process.dir != "" {
		return nil, fmt.Errorf("open the embedded engine on %s: this process already runs one on %s, and can run one only", cfg.Dir, process.dir)
	}
	e := &Engine{temporary: cfg.Dir == Temporary, log: log, closed: make(chan struct{})}
	if err := e.claim(cfg.Dir); err != nil {
		return nil, err
	}
	start := time.Now()
	if process.lib == nil {
		if process.lib, err = load(path); err != nil {
			return nil, errors.Join(err, e.release())
		}
	}
	e.lib = process.lib
	if err := e.start(cfg); err != nil {
		return nil, errors.Join(fmt.Errorf("open the embedded engine on %s: %w", e.dir, err), e.release())
	}
	process.dir = e.dir
	log.Info("embedded clickhouse engine opened", "dir", e.dir, "version", e.version, "took", time.Since(start))
	return e, nil
}

// start opens the sessions; the first of them starts the engine.
func (e *Engine) start(cfg Config) error {
	args := []string{"clickhouse", "--path=" + e.dir}
	first := append(slices.Clip(args), serverArguments(cfg)...)
	e.idle = make(chan *session, cfg.Sessions)
	for i := 0; i <= cfg.Sessions; i++ {
		s, err := newSession(e.lib, first, fmt.Sprintf("gatehound-%d", i), cfg)
		if err != nil {
			e.stop()
			return err
		}
		if i == cfg.Sessions {
			e.admin = s
			break
		}
		e.idle <- s
		e.all++
		first = args
	}
	out, _, err := e.lib.run(e.admin.conn, "SELECT version(), timezone()", "TSV", nil)
	if err == nil {
		var ok bool
		if e.version, e.timezone, ok = strings.Cut(strings.TrimSpace(string(out)), "\t"); !ok {
			err = errors.New("the engine does not tell its version")
		}
	}
	if err != nil {
		e.stop()
	}
	return err
}

// Dir returns the folder of the data.
func (e *Engine) Dir() string { return e.dir }

// Version returns the version of ClickHouse.
func (e *Engine) Version() string { return e.version }

// Options returns what connects clickhouse-go to the engine: its HTTP protocol
// over a transport within the process, so that no port is opened. The address
// is a name that is never resolved.
func (e *Engine) Options() *clickhouse.Options {
	return &clickhouse.Options{
		Protocol:      clickhouse.HTTP,
		Addr:          []string{"embedded.invalid:0"},
		TransportFunc: e.roundTripper,
		MaxOpenConns:  cap(e.idle),
		MaxIdleConns:  cap(e.idle),
	}
}

// Close waits for the statements that run, stops the engine, which writes what
// it holds, and removes the folder if it is a temporary one. Statements that
// come later fail. Calling it again does nothing.
func (e *Engine) Close() error {
	var err error
	e.close.Do(func() {
		close(e.closed)
		process.Lock()
		defer process.Unlock()
		start := time.Now()
		e.stop()
		process.dir = ""
		err = e.release()
		e.log.Info("embedded clickhouse engine closed", "dir", e.dir, "took", time.Since(start))
	})
	return err
}

// stop closes every session, each when it is idle; the last stops the engine.
func (e *Engine) stop() {
	for ; e.all > 0; e.all-- {
		(<-e.idle).close()
	}
	if e.admin != nil {
		e.admin.close()
	}
}

// serverArguments count for the session that starts the engine. Caches and
// pools are small because the engine shares the machine with the rest of
// Gatehound; the last three settings must fit the small pool, or no table can
// be made.
func serverArguments(cfg Config) []string {
	return []string{
		"--",
		fmt.Sprintf("--max_server_memory_usage=%d", cfg.Memory),
		fmt.Sprintf("--background_pool_size=%d", cfg.Threads),
		"--background_move_pool_size=1",
		"--background_fetches_pool_size=1",
		"--background_common_pool_size=2",
		"--background_schedule_pool_size=4",
		"--background_buffer_flush_schedule_pool_size=1",
		"--background_message_broker_schedule_pool_size=1",
		"--background_distributed_schedule_pool_size=1",
		"--mark_cache_size=67108864",
		"--index_mark_cache_size=33554432",
		"--primary_index_cache_size=67108864",
		"--query_cache.max_size_in_bytes=1048576",
		"--merge_tree.number_of_free_entries_in_pool_to_lower_max_size_of_merge=1",
		"--merge_tree.number_of_free_entries_in_pool_to_execute_mutation=1",
		"--merge_tree.number_of_free_entries_in_pool_to_execute_optimize_entire_partition=1",
	}
}

// claim makes and locks the folder.
func (e *Engine) claim(dir string) (err error) {
	if e.temporary {
		if dir, err = os.MkdirTemp("", "gatehound-engine-"); err != nil {
			return fmt.Errorf("make a temporary folder for the embedded engine: %w", err)
		}
	}
	if e.dir, err = filepath.Abs(dir); err != nil {
		return fmt.Errorf("embedded engine: %w", err)
	}
	if err := os.MkdirAll(e.dir, 0o700); err != nil {
		return fmt.Errorf("make the folder of the embedded engine: %w", err)
	}
	e.lock, err = lockDir(e.dir)
	return err
}

// release undoes claim.
func (e *Engine) release() error {
	err := e.lock.Close()
	if e.temporary {
		err = errors.Join(err, os.RemoveAll(e.dir))
	}
	return err
}
