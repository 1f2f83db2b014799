package appjson_test

import (
	"fmt"
	"testing"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/decodetest"
	"github.com/gatehound/gatehound/schemas"
)

// TestUnits holds bare durations to the conventions of the loggers, and names
// with a unit to theirs.
func TestUnits(t *testing.T) {
	const (
		plain  = `{"time":"2026-11-22T05:40:00Z","path":"/x","status":200,%s}`
		zap    = `{"level":"info","ts":1795326000.5,"msg":"x","path":"/x","status":200,%s}`
		slog   = `{"level":"INFO","time":"2026-11-22T05:40:00Z","msg":"x","path":"/x","status":200,%s}`
		pino   = `{"level":30,"time":1795326000123,"msg":"x","path":"/x","status":200,%s}`
		python = `{"levelname":"INFO","asctime":"2026-11-22 05:40:00,1","message":"x","path":"/x","status":200,%s}`
	)
	const unknown = -1
	for _, c := range []struct {
		logger, member string
		want           int64
	}{
		{plain, `"duration":12.5`, 12.5e6}, {plain, `"elapsed":600000`, 600e9}, {plain, `"latency":600001`, unknown}, {plain, `"took":"1.5s"`, 1.5e9},
		{plain, `"duration":"1m2.5s"`, 62.5e9}, {plain, `"Elapsed":"00:00:00.2500000"`, 250e6}, {plain, `"duration":-1`, unknown}, {plain, `"duration":null`, unknown},
		{plain, `"duration":"","latency":3`, 3e6},
		{zap, `"latency":0.25`, 0.25e9}, {zap, `"duration":2`, 2e9}, {zap, `"duration":"250ms"`, 250e6}, {zap, `"responseTime":250`, 250e6},
		{slog, `"duration":59518533`, 59518533}, {slog, `"duration":20000`, 20000}, {slog, `"duration":19999`, 19999e6}, {slog, `"duration":812.5`, 812.5e6},
		{slog, `"responseTime":59518`, 59.518e9},
		{pino, `"duration":59518`, 59.518e9}, {pino, `"responseTime":0.25`, 0.25e6}, {pino, `"duration":59518533`, unknown},
		{python, `"duration":59518`, 59.518e9}, {python, `"duration":59518533`, unknown},
		{plain, `"duration_ms":5`, 5e6}, {plain, `"durationInMs":5`, 5e6}, {plain, `"ElapsedMilliseconds":5`, 5e6}, {plain, `"latency_seconds":0.5`, 0.5e9},
		{plain, `"response_time_s":0.5`, 0.5e9}, {plain, `"total_time_us":5`, 5e3}, {plain, `"processing_time_ns":5`, 5}, {plain, `"duration_sec":5`, 5e9},
		{plain, `"duration_hours":5`, unknown}, {plain, `"durations":[1,2]`, 1e9}, {plain, `"runtimes":{"a":1}`, unknown},
		{plain, `"request_time":0.25`, 0.25e9},
		{plain, `"latency":5917,"latency_human":"5.917µs"`, 5917},
	} {
		line := fmt.Appendf(nil, c.logger, c.member)
		r := decodetest.Decode(t, decodetest.New(t, "appjson"), line)[0].Record
		if r == nil {
			t.Errorf("%s is rejected", line)
			continue
		}
		got := r.LatencyNS
		if r.Known&schemas.HasLatency == 0 {
			got = unknown
		}
		if got != c.want {
			t.Errorf("%s is %d, want %d", line, got, c.want)
		}
	}
}

// TestApplicationsLines tells requests from what else applications log.
func TestApplicationsLines(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for line, want := range map[string]string{
		`{"level":"info","message":"GET /v1 200 12ms","time":1795326000}`:                           "GET /v1 200",
		`{"level":"info","message":"GET /v1 HTTP/1.1 404","time":1795326000}`:                       "GET /v1 404",
		`{"level":"info","message":"HTTP DELETE /v1/x?y","status":204,"time":1795326000}`:           "DELETE /v1/x 204",
		`{"level":"info","message":"POST https://a.example/v1 500 - ms - -","time":1795326000}`:     "POST /v1 500",
		`{"level":"info","message":"GET /v1 200 1","path":"/other","status":401,"time":1795326000}`: " /other 401",
		`{"level":"info","message":"GET it done 200","time":1795326000}`:                            "",
		`{"level":"info","message":"get /v1 200","time":1795326000}`:                                "",
		`{"level":"info","message":"","time":1795326000}`:                                           "",
		`{"level":"info","message":"x","path":"/tmp/file","time":1795326000}`:                       "",
		`{"level":"info","message":"x","status":200,"time":1795326000}`:                             "",
		`{"level":"info","message":"x","model":"m","time":1795326000}`:                              "",
		`{"level":"info","message":"x","model":"m","cost":0.1,"time":1795326000}`:                   "  0",
		`{"level":"info","message":"x","path":"/a","method":"GET","time":1795326000}`:               "GET /a 0",
		`{"path":"/a","user":"u","time":1795326000}`:                                                " /a 0",
		`{"level":"info","path":"/a","time":1795326000}`:                                            " /a 0",
		`{"event":"x","level":"info","code":401,"path":"/a","time":1795326000}`:                     " /a 401",
		`{"event":"x","level":"info","code":40100,"path":"/a","time":1795326000}`:                   "",
	} {
		got := ""
		if r := decodetest.Decode(t, d, []byte(line))[0].Record; r != nil {
			got = fmt.Sprint(r.Method, " ", r.Path, " ", r.Status)
		}
		if got != want {
			t.Errorf("%s is %q, want %q", line, got, want)
		}
	}
}

// TestCallers tells who called from where in the source a line was written.
func TestCallers(t *testing.T) {
	d := decodetest.New(t, decode.Auto)
	for caller, want := range map[string]string{
		"server/log.go:42": "", "main.go:7": "", "AIDAEXAMPLE": "AIDAEXAMPLE", "arn:aws:iam::1:user/jo": "arn:aws:iam::1:user/jo", "a.b:c": "a.b:c",
	} {
		line := fmt.Sprintf(`{"time":1795326000,"path":"/x","status":200,"caller":%q}`, caller)
		if r := decodetest.Decode(t, d, []byte(line))[0].Record; r == nil || r.Principal != want {
			t.Errorf("%s is %+v", caller, r)
		}
	}
}

// TestNoAllocations holds the lines of the loggers to what the pipeline may
// cost.
func TestNoAllocations(t *testing.T) {
	for _, line := range []string{
		`{"level":"info","ts":1795326000.5,"logger":"http.log.access","msg":"handled request","request":{"remote_ip":"10.0.0.1","client_ip":"203.0.113.8","method":"POST","host":"a","uri":"/v1/x?alt=sse","headers":{"User-Agent":["curl"]}},"duration":0.9,"size":109,"status":200}`,
		`{"@t":"2026-11-22T05:40:00.1234567Z","@mt":"HTTP","RequestMethod":"GET","RequestPath":"/v1/models","StatusCode":200,"Elapsed":12.3}`,
		`{"level":"info","message":"GET /v1/models 200 12ms","timestamp":"2026-11-22T05:40:00.123Z"}`,
	} {
		if n := decodetest.Allocations(t, []byte(line)); n > 0 {
			t.Errorf("%v allocations of %s", n, line)
		}
	}
}
