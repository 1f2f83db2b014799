package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/storage/embedded"
)

// storeFront is the real engine behind HTTP, which several services can share
// and which can misbehave.
type storeFront struct {
	server *httptest.Server
	admin  driver.Conn // past the front

	mu    sync.Mutex // guards what requests and tests share
	fault storeFault
	cured chan struct{} // closed when fault changes
	met   int
}

// storeFault is how the front treats requests: "" answers, "drop" closes the
// connection, "mute" closes it when events have been inserted, "hang" waits
// until the fault is over, a code of ClickHouse answers inserts with that
// exception.
type storeFault string

func newStoreFront(t *testing.T) *storeFront {
	engine, err := embedded.Open(embedded.DefaultConfig(), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, engine.Close()) })
	opts := engine.Options()
	forward, err := opts.TransportFunc(nil)
	require.NoError(t, err)
	f := &storeFront{cured: make(chan struct{})}
	f.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.handle(w, r, forward) }))
	t.Cleanup(f.server.Close)
	t.Cleanup(func() { f.inject("") })
	opts.Auth.Database = "gatehound"
	f.admin, err = clickhouse.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, f.admin.Close()) })
	return f
}

func (f *storeFront) handle(w http.ResponseWriter, r *http.Request, forward http.RoundTripper) {
	f.mu.Lock()
	fault, cured := f.fault, f.cured
	code, isCode := strings.CutPrefix(string(fault), "code ")
	query := r.URL.Query().Get("query")
	hit := fault != "" && (!isCode || strings.HasPrefix(query, "INSERT")) && (fault != "mute" || strings.Contains(query, ".events "))
	if hit {
		f.met++
	}
	f.mu.Unlock()
	switch {
	case !hit, fault == "mute":
	case isCode:
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("X-ClickHouse-Exception-Code", code)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, "Code: %s. DB::Exception: made up by the test. (TEST) (version 26.1)\n", code)
		return
	case fault == "drop":
		panic(http.ErrAbortHandler)
	default:
		_, _ = io.Copy(io.Discard, r.Body)
		select {
		case <-cured:
		case <-r.Context().Done():
		}
		panic(http.ErrAbortHandler)
	}
	resp, err := forward.RoundTrip(r)
	if err != nil || hit {
		panic(http.ErrAbortHandler)
	}
	defer resp.Body.Close()
	for k, v := range resp.Header {
		w.Header()[k] = v
	}
	w.WriteHeader(resp.StatusCode)
	_, _ = io.Copy(w, resp.Body)
}

// inject makes the front misbehave; "" cures it.
func (f *storeFront) inject(fault storeFault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
	close(f.cured)
	f.cured = make(chan struct{})
}

func (f *storeFront) hits() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.met
}

// number asks the engine for one.
func (f *storeFront) number(t *testing.T, query string) int {
	t.Helper()
	var n int64
	require.NoError(t, f.admin.QueryRow(context.WithoutCancel(t.Context()), "SELECT toInt64(("+query+"))").Scan(&n))
	return int(n)
}
