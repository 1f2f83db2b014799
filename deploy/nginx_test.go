package deploy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// nginxConf runs one worker on loopback, with all that it writes in one folder.
const nginxConf = `
daemon off; master_process on; worker_processes 1;
pid %[1]s/nginx.pid; error_log %[1]s/error.log;
events { worker_connections 64; }
http {
  include %[2]s;
  access_log %[1]s/plain.log gatehound;
  access_log %[1]s/credentials.log gatehound_credentials;
  client_body_temp_path %[1]s; proxy_temp_path %[1]s; fastcgi_temp_path %[1]s; uwsgi_temp_path %[1]s; scgi_temp_path %[1]s;
  server {
    listen %[3]s;
    server_name gateway.test;
    location / { return 404; }
    location /denied { return 401; }
    location /v1/ { proxy_pass %[4]s; }
  }
}`

// event is what the tests look at of a decoded record.
type event struct {
	Format    string `json:"format"`
	Method    string `json:"method"`
	Path      string `json:"path"`
	Status    int    `json:"status"`
	Responder string `json:"responder"`
	Principal string `json:"principal"`
	UserAgent string `json:"user_agent"`
	Auth      string `json:"auth"`

	Credential string `json:"credential"`
}

// decoded is one line of `gatehound decode`.
type decoded struct {
	Event  *event
	Reject *struct{ Reason string }
}

// decode gives a log to the program, each run with the same new key.
func decode(t *testing.T, log []byte) (out []decoded, text string) {
	t.Helper()
	cmd := exec.Command(gatehound, "decode")
	cmd.Env = append(os.Environ(), "GATEHOUND_DATA_DIR="+t.TempDir())
	cmd.Stdin = bytes.NewReader(log)
	b, err := cmd.Output()
	require.NoError(t, err)
	for line := range strings.Lines(string(b)) {
		var d decoded
		require.NoError(t, json.Unmarshal([]byte(line), &d), line)
		out = append(out, d)
	}
	return out, string(b)
}

// startNginx runs it until stop, which returns both logs.
func startNginx(t *testing.T, nginx, upstream string) (addr string, stop func() (plain, credentials []byte)) {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Chmod(dir, 0o755))
	format, err := filepath.Abs("nginx/log_format.conf")
	require.NoError(t, err)
	addr = freeAddr(t)
	conf := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(conf, fmt.Appendf(nil, nginxConf, dir, format, addr, upstream), 0o644))
	out, err := exec.Command(nginx, "-t", "-c", conf).CombinedOutput()
	require.NoError(t, err, "nginx -t: %s", out)

	cmd := exec.Command(nginx, "-c", conf)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	waitFor(t, 10*time.Second, "nginx to listen", func() bool {
		c, err := net.Dial("tcp", addr)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	return addr, func() ([]byte, []byte) {
		require.NoError(t, cmd.Process.Signal(syscall.SIGQUIT)) // what is in flight ends first
		require.NoError(t, <-ended)
		return []byte(read(t, filepath.Join(dir, "plain.log"))), []byte(read(t, filepath.Join(dir, "credentials.log")))
	}
}

func waitFor(t *testing.T, within time.Duration, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited %v for %s", within, what)
		}
	}
}

// send writes raw bytes to nginx and returns when it has answered.
func send(t *testing.T, addr, raw string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(5*time.Second)))
	_, err = io.WriteString(c, raw)
	require.NoError(t, err)
	_, _ = io.ReadAll(c)
}

// TestNginxLogFormat lets a real nginx write what honest and hostile clients
// send, and the program read it.
func TestNginxLogFormat(t *testing.T) {
	nginx, ok := tool(t, "nginx", "the log format in nginx/log_format.conf")
	if !ok {
		return
	}
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Model", "gpt-4o")
		if r.URL.Path == "/v1/embeddings" {
			w.WriteHeader(http.StatusUnauthorized) // the provider's refusal
		}
	}))
	defer upstream.Close()
	addr, stop := startNginx(t, nginx, upstream.URL)

	const secret, mail = "sk-proj-T3BlbkFJabcdefghij0123456789ABCDEFGHIJ", "jane.doe@example.com"
	head := " HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n"
	requests := []struct {
		name, raw string
		want      event
	}{
		{"honest", "POST /v1/chat/completions" + head + "User-Agent: openai-python/1.2\r\nContent-Length: 0\r\n\r\n",
			event{Method: "POST", Path: "/v1/chat/completions", Status: 200, Responder: "upstream"}},
		{"the provider refuses", "POST /v1/embeddings" + head + "Content-Length: 0\r\n\r\n",
			event{Method: "POST", Path: "/v1/embeddings", Status: 401, Responder: "upstream"}},
		{"the gateway refuses", "GET /denied" + head + "X-Api-Key: " + secret + "\r\n\r\n",
			event{Method: "GET", Path: "/denied", Status: 401, Responder: "gateway"}},
		{"JSON in a header", "GET /denied" + head + `User-Agent: x","status":"200","user":"root","ust":"200` + "\r\n\r\n",
			event{Method: "GET", Path: "/denied", Status: 401, Responder: "gateway"}},
		{"escapes and controls", "GET /denied" + head + "User-Agent: \\\",\\u0022,\x01\x7f\t\\\r\n\r\n",
			event{Method: "GET", Path: "/denied", Status: 401, Responder: "gateway"}},
		{"no UTF-8", "GET /denied?q=\xff\xfe\xc0" + head + "User-Agent: \xff\xfe\xed\xa0\x80\r\n\r\n",
			event{Method: "GET", Path: "/denied", Status: 401, Responder: "gateway"}},
		{"secrets in the target", "GET /denied/" + mail + "?api_key=" + secret + "&q=" + mail + head + "X-Forwarded-For: " + mail + "\r\n\r\n",
			event{Method: "GET", Status: 401, Responder: "gateway"}},
		{"a long agent", "GET /denied" + head + "User-Agent: " + strings.Repeat("A", 6000) + "\r\n\r\n",
			event{Method: "GET", Path: "/denied", Status: 401, Responder: "gateway"}},
		{"a TLS hello", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", event{Status: 400, Responder: "gateway"}},
		{"a request line with quotes", "GET /\"','status':200} HTTP/1.1 x" + head + "\r\n", event{Status: 400, Responder: "gateway"}},
	}
	for _, r := range requests {
		send(t, addr, r.raw)
	}
	plain, credentials := stop()
	require.NotContains(t, string(plain), "X-Api-Key: "+secret)
	for name, log := range map[string][]byte{"gatehound": plain, "gatehound_credentials": credentials} {
		var got []decoded
		got, text := decode(t, log)
		require.Len(t, got, len(requests), name)
		for i, r := range requests {
			what := name + ", " + r.name
			require.NotNil(t, got[i].Event, "%s: rejected", what)
			e := got[i].Event
			require.Equal(t, "nginx", e.Format, what)
			require.Equal(t, r.want.Status, e.Status, what)
			require.Equal(t, r.want.Responder, e.Responder, what)
			require.Equal(t, r.want.Method, e.Method, what)
			require.Empty(t, e.Principal, "%s: a header is no principal", what)
			if r.want.Path != "" {
				require.Equal(t, r.want.Path, e.Path, what)
			}
		}
		require.NotContains(t, text, secret, name)
		require.NotContains(t, text, mail, name)
		if withKey := got[2].Event.Credential; name == "gatehound" {
			require.Empty(t, withKey, "this format has no credentials")
		} else {
			require.NotEmpty(t, withKey, "this one is for telling keys apart")
		}
	}
}
