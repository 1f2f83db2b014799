package clickhouse

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	chproto "github.com/ClickHouse/ch-go/proto"
	"github.com/ClickHouse/clickhouse-go/v2/lib/proto"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// serverRevision is one of a current server: blocks have their info and a byte
// for custom serialization, which the embedded engine's do not.
const serverRevision = 54460

// fakeServer is ClickHouse's HTTP interface as far as a test wants it.
type fakeServer struct {
	// fail answers a statement itself; nil or false leaves it to the server.
	fail func(w http.ResponseWriter, r *http.Request, sql string) bool
	// inserted gets the data of an INSERT.
	inserted func(sql string, body []byte, settings map[string][]string)
}

func (f fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	sql := r.URL.Query().Get("query")
	insert := sql != ""
	if !insert {
		sql = string(body)
	}
	if f.fail != nil && f.fail(w, r, sql) {
		return
	}
	var b chproto.Buffer
	block := &proto.Block{ServerContext: nil}
	switch {
	case insert:
		f.inserted(sql, body, r.URL.Query())
		return
	case strings.Contains(sql, "displayName()"):
		for _, c := range [][2]string{{"displayName()", "String"}, {"version()", "String"}, {"revision()", "UInt32"}, {"timezone()", "String"}} {
			mustAdd(block, c[0], c[1])
		}
		if err := block.Append("fake", "26.5.1.1", uint32(serverRevision), "UTC"); err != nil {
			panic(err)
		}
	default:
		mustAdd(block, "1", "UInt8")
		if err := block.Append(uint8(1)); err != nil {
			panic(err)
		}
	}
	if err := block.Encode(&b, serverRevision); err != nil {
		panic(err)
	}
	w.Write(b.Buf)
}

func mustAdd(b *proto.Block, name, columnType string) {
	if err := b.AddColumn(name, chColumnType(columnType)); err != nil {
		panic(err)
	}
}

func exception(w http.ResponseWriter, status int, code int32, message string) bool {
	w.Header().Set("X-ClickHouse-Exception-Code", fmt.Sprint(code))
	w.WriteHeader(status)
	fmt.Fprintf(w, "Code: %d. DB::Exception: %s (version 26.5.1.1)\n", code, message)
	return true
}

// httpStore makes a store on a server of HTTP.
func httpStore(t *testing.T, srv *httptest.Server, change func(*Config)) *Store {
	t.Helper()
	cfg := DefaultConfig()
	cfg.Protocol, cfg.Addresses, cfg.Compression = "http", []string{srv.Listener.Addr().String()}, "none"
	if change != nil {
		change(&cfg)
	}
	s, err := Open(cfg, quiet, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.Close()
		srv.CloseClientConnections()
	})
	return s
}

func smallBatch() *schemas.Batch {
	return &schemas.Batch{Token: "tok", Parts: []*schemas.Part{{Events: []schemas.Event{{Principal: "p\n\n", Known: schemas.HasStatus, Status: 401}}}}}
}

// TestServersFraming speaks with a server of a current revision, whose framing
// is not the embedded engine's.
func TestServersFraming(t *testing.T) {
	var sql string
	var body []byte
	var settings map[string][]string
	srv := httptest.NewServer(fakeServer{inserted: func(q string, b []byte, s map[string][]string) { sql, body, settings = q, b, s }})
	defer srv.Close()
	s := httpStore(t, srv, nil)
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.WriteBatch(t.Context(), smallBatch()); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(sql, "INSERT INTO `gatehound`.events") || !strings.Contains(sql, "FORMAT Native") {
		t.Errorf("statement %q", sql)
	}
	for name, want := range map[string]string{
		"insert_deduplication_token": "tok", "async_insert": "0", "database": "gatehound",
		"deduplicate_blocks_in_dependent_materialized_views": "1", "max_partitions_per_insert_block": "0",
	} {
		if got := settings[name]; len(got) != 1 || got[0] != want {
			t.Errorf("setting %s is %q, want %q", name, got, want)
		}
	}
	block := proto.NewBlock()
	if err := block.Decode(chproto.NewReader(bytes.NewReader(body)), 0); err != nil {
		t.Fatal(err)
	}
	values := map[string]any{}
	for _, c := range block.Columns {
		if c.Rows() != 1 {
			t.Fatalf("%s has %d rows", c.Name(), c.Rows())
		}
		values[c.Name()] = c.Row(0, false)
	}
	if values["principal"] != "p\n\n" || fmt.Sprint(*values["status"].(*uint16)) != "401" || values["latency"] != nil {
		t.Errorf("principal %q, status %v, latency %v", values["principal"], values["status"], values["latency"])
	}
}

// TestNativeColumnTypes appends to columns of the tables' own types, as the
// native protocol wants it, where a server sends them and converts nothing.
func TestNativeColumnTypes(t *testing.T) {
	s := testStore(t)
	event := smallBatch().Parts[0].Events
	tryColumns(t, s, "events", eventColumns(), event)
	tryColumns(t, s, "rejects", rejectColumns(), []schemas.Reject{{Reason: "x"}})
	// The other tables' columns are made where they are written.
	record := &recorder{Conn: s.conn, t: t, s: s}
	s.conn = record
	defer func() { s.conn = record.Conn }()
	for name, act := range map[string]func() error{
		"findings":  func() error { return s.WriteFindings(t.Context(), []schemas.Finding{testFinding(0)}) },
		"campaigns": func() error { return s.WriteFindings(t.Context(), []schemas.Finding{plotted("c-aa11aa11aa11", 1, 1)}) },
		"alerts": func() error {
			return s.WriteAlerts(t.Context(), []schemas.Alert{{ID: "a", Finding: testFinding(0), History: []schemas.AlertEvent{{Number: 1, At: at(0)}}}})
		},
		"ingest_intents": func() error { return s.WriteIntent(t.Context(), schemas.Intent{Ranges: []schemas.Range{{Next: 1}}}) },
		"checkpoints": func() error {
			return s.SaveCheckpoint(t.Context(), schemas.Checkpoint{Seen: []schemas.Range{{Topic: "a"}}, State: []byte("x")})
		},
		"audit":             func() error { return s.Audit(t.Context(), "a", "b", "c") },
		"schema_migrations": func() error { return s.recordMigration(t.Context(), migration{version: 7}) },
	} {
		if err := act(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if record.batches != 10 {
		t.Errorf("%d inserts were looked at", record.batches)
	}
}

// TestErrorsOfServers holds the class of what a server can answer, for a write.
func TestErrorsOfServers(t *testing.T) {
	hang := make(chan struct{})
	defer close(hang)
	for _, c := range []struct {
		name      string
		fail      func(w http.ResponseWriter, r *http.Request) bool
		class     string
		retryable bool
	}{
		{"too many parts", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 252, "Too many parts") }, "overload", true},
		{"memory", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 241, "Memory limit") }, "overload", true},
		{"read only", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 164, "readonly") }, "server", true},
		{"table is read only", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 242, "replica") }, "server", true},
		{"unknown code", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 9876, "new") }, "server", true},
		{"timeout", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 500, 159, "Timeout") }, "timeout", true},
		{"login", func(w http.ResponseWriter, _ *http.Request) bool {
			return exception(w, 403, 516, "Authentication failed")
		}, "login", true},
		{"no table", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 404, 60, "Unknown table") }, "permanent", false},
		{"no column", func(w http.ResponseWriter, _ *http.Request) bool { return exception(w, 404, 16, "No such column") }, "permanent", false},
		{"proxy", func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(503); return true }, "network", true},
		{"closed", func(http.ResponseWriter, *http.Request) bool { panic(http.ErrAbortHandler) }, "network", true},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) bool {
			select {
			case <-hang:
			case <-r.Context().Done():
			}
			return true
		}, "timeout", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			srv := httptest.NewServer(fakeServer{fail: func(w http.ResponseWriter, r *http.Request, sql string) bool {
				return strings.HasPrefix(sql, "INSERT") && c.fail(w, r)
			}})
			defer srv.Close()
			s := httpStore(t, srv, nil)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			if c.name == "hangs" {
				ctx, cancel = context.WithTimeout(t.Context(), 200*time.Millisecond)
			}
			defer cancel()
			err := s.WriteBatch(ctx, smallBatch())
			if got := class(err); got != c.class || IsRetryable(err) != c.retryable {
				t.Errorf("class %q, retryable %v: %v", got, IsRetryable(err), err)
			}
		})
	}
	if IsRetryable(nil) || class(nil) != "" {
		t.Error("nil is retryable")
	}
	srv := httptest.NewServer(fakeServer{})
	s := httpStore(t, srv, nil)
	srv.Close()
	if err := s.WriteBatch(t.Context(), smallBatch()); class(err) != "network" || !IsRetryable(err) {
		t.Errorf("nobody listens: %v", err)
	}
}

// TestSecondAddress goes on with the next server if the first does not answer.
func TestSecondAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone := l.Addr().String()
	l.Close()
	srv := httptest.NewServer(fakeServer{})
	defer srv.Close()
	s := httpStore(t, srv, func(c *Config) { c.Addresses = append([]string{gone}, c.Addresses...) })
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestConnectionErrorsSayWhatToDo(t *testing.T) {
	plainServer := httptest.NewServer(fakeServer{})
	defer plainServer.Close()
	secure := httptest.NewUnstartedServer(fakeServer{})
	secure.Config.ErrorLog = discardLog
	secure.StartTLS()
	defer secure.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secure.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	refuses := httptest.NewServer(fakeServer{fail: func(w http.ResponseWriter, r *http.Request, _ string) bool {
		if user, password, _ := r.BasicAuth(); user == "ann" && password == "right" {
			return false
		}
		return exception(w, 403, 516, "ann: Authentication failed")
	}})
	defer refuses.Close()
	password := filepath.Join(t.TempDir(), "password")
	if err := os.WriteFile(password, []byte("right\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		srv    *httptest.Server
		change func(*Config)
		want   string
	}{
		{"tls", secure, func(c *Config) { c.TLS = TLS{Enabled: true, CA: ca} }, ""},
		{"tls to a name", secure, func(c *Config) { c.TLS = TLS{Enabled: true, CA: ca, ServerName: "example.com"} }, ""},
		{"tls unknown authority", secure, func(c *Config) { c.TLS = TLS{Enabled: true} }, "set tls.ca"},
		{"tls wrong name", secure, func(c *Config) { c.TLS = TLS{Enabled: true, CA: ca, ServerName: "other.test"} }, "set tls.server_name"},
		{"tls on a plain port", plainServer, func(c *Config) { c.TLS = TLS{Enabled: true} }, "check tls.enabled"},
		{"password", refuses, func(c *Config) { c.Username, c.Password = "ann", "right" }, ""},
		{"password of a file", refuses, func(c *Config) { c.Username, c.PasswordFile = "ann", password }, ""},
		{"wrong password", refuses, func(c *Config) { c.Username, c.Password = "ann", "secret-wrong" }, `refused user "ann"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := httpStore(t, c.srv, c.change)
			err := s.Ping(t.Context())
			if c.want == "" && err != nil {
				t.Fatal(err)
			}
			if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Fatalf("got %v, want %q in it", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret-wrong") {
				t.Error("the error shows the password")
			}
		})
	}
	for name, change := range map[string]func(*Config){
		"tls.ca: ":                 func(c *Config) { c.TLS = TLS{Enabled: true, CA: "/nowhere"} },
		"holds no certificate":     func(c *Config) { c.TLS = TLS{Enabled: true, CA: password} },
		"tls.cert, tls.key: ":      func(c *Config) { c.TLS = TLS{Enabled: true, Cert: ca, Key: ca} },
		"password_file: ":          func(c *Config) { c.PasswordFile = "/nowhere" },
		"addresses[0] is \"here\"": func(c *Config) { c.Addresses = []string{"here"} },
	} {
		cfg := DefaultConfig()
		change(&cfg)
		if _, err := Open(cfg, quiet, nil); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("got %v, want %q in it", err, name)
		}
	}
}
