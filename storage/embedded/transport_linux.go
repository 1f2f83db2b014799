package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/storage/internal/statement"
)

// ErrClosed is what a statement gets after Close.
var ErrClosed = errors.New("the embedded engine is closed")

// maxStatement bounds the text of a statement that comes without data; it is
// ClickHouse's own default of max_query_size.
const maxStatement = 256 << 10

// hello is what clickhouse-go asks a server first.
const hello = "SELECT displayName(), version(), revision(), timezone()"

// transport answers requests to ClickHouse's HTTP interface from the engine, as
// far as clickhouse-go makes them: statements in the body, data in the body with
// the statement in the address, settings, parameters and the database.
type transport struct{ *Engine }

var _ http.RoundTripper = transport{}

func (e *Engine) roundTripper(*http.Transport) (http.RoundTripper, error) { return transport{e}, nil }

// RoundTrip runs the request's statement and returns when it has ended; if the
// request's context ends first the statement is killed, and its error returned.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer r.Body.Close()
	}
	q := r.URL.Query()
	if q.Get("compress") != "" || q.Get("decompress") != "" || r.Header.Get("Content-Encoding") != "" {
		return failure(r, t.version, errors.New("Code: 48. DB::Exception: the embedded engine takes no compression (NOT_IMPLEMENTED)")), nil
	}
	s, err := t.acquire(r.Context())
	if err != nil {
		return nil, err
	}
	defer func() { t.idle <- s }()
	body, err := t.execute(r, s, q)
	switch {
	case r.Context().Err() != nil:
		return nil, context.Cause(r.Context())
	case err != nil:
		return failure(r, t.version, err), nil
	}
	return success(r, t.timezone, body), nil
}

// acquire waits for an idle session.
func (e *Engine) acquire(ctx context.Context) (*session, error) {
	select {
	case <-e.closed:
		return nil, ErrClosed
	default:
	}
	select {
	case s := <-e.idle:
		return s, nil
	case <-e.closed:
		return nil, ErrClosed
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (t transport) execute(r *http.Request, s *session, q url.Values) ([]byte, error) {
	settings, params, err := split(q)
	if err != nil {
		return nil, err
	}
	if sql := q.Get("query"); sql != "" {
		data, err := spool(r.Body)
		if err != nil {
			return nil, err
		}
		defer data.Close()
		if sql, err = insertFrom(sql, data.Fd(), settings); err != nil {
			return nil, err
		}
		return t.run(r.Context(), s, q.Get("database"), sql, params)
	}
	b, err := io.ReadAll(io.LimitReader(r.Body, maxStatement+1))
	if err != nil {
		return nil, fmt.Errorf("Code: 23. DB::Exception: the statement cannot be read: %w (CANNOT_READ_FROM_ISTREAM)", err)
	}
	if len(b) > maxStatement {
		return nil, fmt.Errorf("Code: 62. DB::Exception: the statement is longer than %d bytes (SYNTAX_ERROR)", maxStatement)
	}
	if string(b) == hello {
		return t.greeting()
	}
	sql, words, err := statement.Scan(string(b))
	if err != nil {
		return nil, fmt.Errorf("Code: 62. DB::Exception: %w (SYNTAX_ERROR)", err)
	}
	if len(settings) > 0 && !slices.Contains(noClause, words[0]) {
		sql += "\nFORMAT Native SETTINGS " + strings.Join(settings, ", ")
	}
	return t.run(r.Context(), s, q.Get("database"), sql, params)
}

// noClause are the first words of the statements that take no FORMAT and
// SETTINGS at their end. They run without the request's settings, of which
// clickhouse-go sets max_execution_time by itself.
var noClause = []string{"INSERT", "SYSTEM", "SET", "USE", "DELETE"}

// run executes sql on s, and kills it when ctx ends.
func (t transport) run(ctx context.Context, s *session, database, sql string, params []param) ([]byte, error) {
	if err := s.use(database); err != nil {
		return nil, err
	}
	killed := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(killed)
		t.stopStatement(s)
	})
	out, _, err := s.lib.run(s.conn, sql, "Native", params)
	if !stop() {
		<-killed // or it would kill the next statement of the session
	}
	return out, err
}

// protocol are the parameters of an HTTP request that are no settings.
var protocol = []string{"query", "database", "default_format", "query_id", "quota_key", "client_protocol_version", "wait_end_of_query"}

// split returns the settings of a request, as assignments in SQL in the order
// of their names, and the values of the statement's parameters.
func split(q url.Values) (settings []string, params []param, err error) {
	for name, values := range q {
		value := values[0]
		switch p, isParam := strings.CutPrefix(name, "param_"); {
		case isParam:
			params = append(params, param{p, value})
		case slices.Contains(protocol, name):
		case strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_0123456789") != "":
			return nil, nil, errors.New("Code: 115. DB::Exception: the name of a setting has other characters than letters, digits and underscores (UNKNOWN_SETTING)")
		default:
			settings = append(settings, name+" = "+quote(value))
		}
	}
	slices.Sort(settings)
	return settings, params, nil
}
