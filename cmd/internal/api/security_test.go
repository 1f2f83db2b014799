package api

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

func TestWithoutAValidTokenNothingIsTold(t *testing.T) {
	w := newWorld(t)
	for name, headers := range map[string][]string{
		"none":        nil,
		"wrong":       {"Authorization", "Bearer " + strings.Repeat("x", 32)},
		"nearly":      {"Authorization", "Bearer " + adminToken[:63]},
		"longer":      {"Authorization", "Bearer " + adminToken + "a"},
		"basic":       {"Authorization", "Basic " + adminToken},
		"bare":        {"Authorization", adminToken},
		"empty":       {"Authorization", "Bearer "},
		"huge":        {"Authorization", "Bearer " + strings.Repeat("x", 8000)},
		"two schemes": {"Authorization", "Bearer Bearer " + adminToken},
	} {
		for _, path := range []string{"/api/v1/alerts", "/api/v1/openapi.json", "/api/v1/nothing", "/", "/metrics", "/api/v1/alerts?access_token=" + adminToken} {
			r := w.do("GET", path, "", "", headers...)
			require.Equal(t, 401, r.code, "%s %s", name, path)
			require.Equal(t, `Bearer realm="gatehound"`, r.header.Get("WWW-Authenticate"))
			require.Contains(t, r.problem(t).Detail, "Authorization: Bearer")
		}
	}
	r, err := http.NewRequestWithContext(t.Context(), "GET", w.s.URL()+"/api/v1/alerts", nil)
	require.NoError(t, err)
	r.Header["Authorization"] = []string{"Bearer " + readToken, "Bearer " + adminToken}
	require.Equal(t, 401, w.send(r).code, "two tokens are none")
	require.Equal(t, float64(9*6+1), w.counted("gatehound_api_refused_total", "reason", refusedToken))
	require.Equal(t, float64(9*6+1), w.counted("gatehound_api_requests_total", "verb", "none", "code", "401"))
	require.Equal(t, 200, w.do("GET", "/api/v1/alerts", "", "", "Authorization", "bEaReR  "+readToken+" ").code, "schemes are of any case")
	for _, token := range []string{readToken, operateToken, adminToken} {
		require.NotContains(t, w.log.String(), token[:16])
	}
}

// TestRolesReachSoFarAndNoFurther asks every operation with every role.
func TestRolesReachSoFarAndNoFurther(t *testing.T) {
	w := newWorld(t)
	tokens := []string{readToken, operateToken, adminToken}
	for _, op := range Operations() {
		path := wire.Base + strings.NewReplacer("{id}", "0123456789ab", "{sink}", "oncall", "{name}", "oncall").Replace(op.Path)
		for role, token := range tokens {
			r := w.do(op.Method, path, token, "")
			if gate.Role(role) < op.Role {
				require.Equal(t, 403, r.code, "%s as %v", op.Verb, gate.Role(role))
				require.Contains(t, r.header.Get("WWW-Authenticate"), "insufficient_scope")
				require.Contains(t, r.problem(t).Detail, op.Role.String())
				continue
			}
			require.NotContains(t, []int{401, 403, 405}, r.code, "%s as %v", op.Verb, gate.Role(role))
		}
	}
	require.Positive(t, w.counted("gatehound_api_refused_total", "reason", refusedRole))
}

func TestEachTokenHasARateOfItsOwn(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Rate, c.Burst = 1, 3 })
	codes := func(token string, n int) (out []int) {
		for range n {
			out = append(out, w.do("GET", "/api/v1/silences", token, "").code)
		}
		return out
	}
	require.Equal(t, []int{200, 200, 200, 429}, codes(readToken, 4))
	last := w.do("GET", "/api/v1/silences", readToken, "")
	require.Equal(t, "1", last.header.Get("Retry-After"))
	require.Contains(t, last.problem(t).Detail, "Retry-After")
	require.Equal(t, []int{200, 200, 200}, codes(adminToken, 3), "another token is not held up")
	require.Equal(t, []int{401, 401, 401, 429, 429}, codes("", 5), "strangers share the rate of their address")
	require.Equal(t, 200, w.do("GET", "/api/v1/silences", operateToken, "").code, "and hold up nobody who has a token")
	require.Equal(t, float64(4), w.counted("gatehound_api_refused_total", "reason", refusedRate))
}

func TestBodiesAreBounded(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	r := w.do("POST", "/api/v1/alerts/"+id+"/comment", operateToken, `{"comment":"`+strings.Repeat("x", 64<<10)+`"}`)
	require.Equal(t, 413, r.code)
	require.Equal(t, 413, w.do("POST", "/slack/interactions", "", strings.Repeat("x", maxInteraction+1)).code)
	require.Equal(t, 204, w.do("POST", "/slack/interactions", "", "payload=x").code, "slack has no token; its handler checks the signature")
	require.Equal(t, 401, w.do("GET", "/slack/interactions", "", "").code)
}

// TestPathsAreWhatTheyAre: no spelling of a path reaches another operation, and
// nothing is redirected.
func TestPathsAreWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/api/v1/../v1/alerts", "/api/v1//alerts", "/api/v1/alerts/", "/api/v1/./alerts", "//evil.example/api/v1/alerts",
		"/api/v1/%2e%2e/v1/alerts", "/API/v1/alerts", "/api/v1/alerts/..%2f..%2fopenapi.json", "/api/v1/alerts%00", "/api/v2/alerts", "/api/v1",
		"/api/v1/alerts/0123456789ab/acknowledge/x", "/debug/pprof/", "/api/v1/alerts;x=1"} {
		r := raw(t, w, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+adminToken+"\r\nConnection: close\r\n\r\n")
		require.Contains(t, []int{400, 404}, r.StatusCode, path)
		require.Empty(t, r.Header.Get("Location"))
	}
	for _, id := range []string{"ABCDEF012345", "0123456789abg", "01234", strings.Repeat("a", 65), "%27%20OR%201", "..%2F..%2Fx"} {
		require.Equal(t, 404, w.do("GET", "/api/v1/alerts/"+id, readToken, "").code, id)
	}
}

// raw sends bytes as they are and reads one answer.
func raw(t *testing.T, w *world, text string) *http.Response {
	t.Helper()
	c, err := net.Dial("tcp", w.s.Addr())
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, c.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = io.WriteString(c, text)
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	_, err = io.ReadAll(res.Body)
	require.NoError(t, err)
	return res
}

func TestMethodsThatNoOperationHas(t *testing.T) {
	w := newWorld(t)
	r := w.do("PATCH", "/api/v1/silences", adminToken, "")
	require.Equal(t, 405, r.code)
	require.Equal(t, "GET, HEAD, POST", r.header.Get("Allow"))
	r.problem(t)
	r = w.do("OPTIONS", "/api/v1/alerts", "", "", "Origin", "https://evil.example", "Access-Control-Request-Method", "POST")
	require.Equal(t, 401, r.code)
	r = w.do("OPTIONS", "/api/v1/alerts", readToken, "", "Origin", "https://evil.example")
	require.Equal(t, 405, r.code)
	for name := range r.header {
		require.NotContains(t, strings.ToLower(name), "access-control", "no page of another origin reads an answer")
	}
	head := w.do("HEAD", "/api/v1/alerts", readToken, "")
	require.Equal(t, 200, head.code)
	require.Empty(t, head.body)
	require.Equal(t, 200, w.do("HEAD", "/api/v1/alerts/export", readToken, "").code)
	require.Equal(t, 400, raw(t, w, "TRACE /api/v1/alerts HTTP/1.1\r\n\r\n").StatusCode, "without a host")
}

func TestAnswersHaveTheHeadersThatProtect(t *testing.T) {
	w := newWorld(t)
	for _, token := range []string{"", readToken} {
		h := w.do("GET", "/api/v1/alerts", token, "").header
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"))
		require.Equal(t, "DENY", h.Get("X-Frame-Options"))
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'")
		require.Equal(t, "no-store", h.Get("Cache-Control"))
		require.Empty(t, h.Get("Strict-Transport-Security"), "only over TLS")
		require.Empty(t, h.Get("Server"))
	}
}

// TestANameThatWasMadeToResolveHereIsRefused: a page of evil.example, whose name
// resolves to 127.0.0.1, has another name in its requests.
func TestANameThatWasMadeToResolveHereIsRefused(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.Hosts = []string{"gatehound.example.com", "2001:db8::1"} })
	_, port, err := net.SplitHostPort(w.s.Addr())
	require.NoError(t, err)
	for host, code := range map[string]int{
		"evil.example": 421, "evil.example:" + port: 421, "127.0.0.1.evil.example": 421, "localhost.evil.example": 421, "192.0.2.1": 421, "0.0.0.0": 421,
		"[::]": 421, "127.0.0.1@evil.example": 421,
		"127.0.0.1": 200, "127.0.0.1:" + port: 200, "localhost": 200, "LOCALHOST.": 200, "[::1]:80": 200, "127.3.4.5": 200,
		"gatehound.example.com": 200, "Gatehound.Example.Com:443": 200, "[2001:db8::1]": 200,
	} {
		require.Equal(t, code, w.do("GET", "/api/v1/alerts", readToken, "", "Host", host).code, host)
	}
	require.Equal(t, float64(8), w.counted("gatehound_api_refused_total", "reason", refusedHost))
	absolute := raw(t, w, "GET http://evil.example/api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer "+readToken+"\r\nConnection: close\r\n\r\n")
	require.Equal(t, 421, absolute.StatusCode, "the name in the request's line is what counts")
	two := raw(t, w, "GET /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n")
	require.Equal(t, 400, two.StatusCode)
}

func TestNamesOfPeopleAreBoundedAndClean(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	by := func(name string) string {
		r := w.do("POST", "/api/v1/alerts/"+id+"/comment", operateToken, `{"comment":"x"}`, wire.OnBehalfOf, name)
		require.Equal(t, 200, r.code, r.body)
		a, err := w.m.Alert(id)
		require.NoError(t, err)
		return a.History[len(a.History)-1].By
	}
	require.Equal(t, "Jürgen via bot", by("Jürgen"))
	require.Equal(t, "bot", by(" \u200b "))
	require.Equal(t, "root via bot", by("root"), "a name is never that of another token")
	require.Equal(t, "a b via bot", by("a\u202e b"))
	require.Equal(t, strings.Repeat("x", wire.MaxPerson-1)+"… via bot", by(strings.Repeat("x", 900)))
	for _, bad := range []string{"\xff\xfe", strings.Repeat("x", 1025)} {
		r := w.do("POST", "/api/v1/alerts/"+id+"/comment", operateToken, `{"comment":"x"}`, wire.OnBehalfOf, bad)
		require.Equal(t, 400, r.code)
	}
	smuggled := raw(t, w, "POST /api/v1/alerts/"+id+"/comment HTTP/1.1\r\nHost: localhost\r\nX-On-Behalf-Of: a\rX-Evil: b\r\n\r\n")
	require.Equal(t, 400, smuggled.StatusCode)
	// What is in an alert cannot break a header or a terminal either.
	require.NotContains(t, w.do("GET", "/api/v1/alerts/"+id, readToken, "").body, "\u202e")
}

// TestWhoSendsSlowlyIsCutOff: a head that does not end, and a body that does not,
// cost a connection for as long as the settings say.
func TestWhoSendsSlowlyIsCutOff(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.ReadTimeout = time.Second })
	var wait sync.WaitGroup
	for _, text := range []string{"GET /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nX-Slow: ",
		fmt.Sprintf("POST /api/v1/silences HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{", operateToken)} {
		wait.Go(func() {
			c, err := net.Dial("tcp", w.s.Addr())
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			began := time.Now()
			if _, err := io.WriteString(c, text); err != nil {
				t.Error(err)
			}
			if err := c.SetReadDeadline(began.Add(8 * time.Second)); err != nil {
				t.Error(err)
			}
			if _, err := io.Copy(io.Discard, c); err != nil {
				t.Errorf("it was not cut off: %v", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it was cut off after %v", took)
			}
		})
	}
	wait.Wait()
}

func TestConnectionsAreBounded(t *testing.T) {
	w := newWorld(t, func(c *Config) { c.MaxConnections = 8 })
	var open []net.Conn
	defer func() {
		for _, c := range open {
			_ = c.Close() // some were closed before
		}
	}()
	for range 8 {
		c, err := net.Dial("tcp", w.s.Addr())
		require.NoError(t, err)
		_, err = io.WriteString(c, "GET")
		require.NoError(t, err)
		open = append(open, c)
	}
	late, err := net.Dial("tcp", w.s.Addr())
	require.NoError(t, err)
	open = append(open, late)
	_, err = io.WriteString(late, "GET /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	require.NoError(t, err)
	require.NoError(t, late.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
	_, err = late.Read(make([]byte, 1))
	require.Error(t, err, "there is no room for it")
	for _, c := range open[:8] {
		require.NoError(t, c.Close())
	}
	require.NoError(t, late.SetReadDeadline(time.Now().Add(5*time.Second)))
	res, err := http.ReadResponse(bufio.NewReader(late), nil)
	require.NoError(t, err)
	require.Equal(t, 401, res.StatusCode)
	require.NoError(t, res.Body.Close())
}

func TestHeadsAreBounded(t *testing.T) {
	w := newWorld(t)
	c, err := net.Dial("tcp", w.s.Addr())
	require.NoError(t, err)
	defer c.Close()
	_, err = io.WriteString(c, "GET /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\n")
	for i := 0; err == nil && i < 100_000; i++ { // the server hangs up long before
		_, err = io.WriteString(c, "X-Large: "+strings.Repeat("x", 1000)+"\r\n")
	}
	require.Error(t, err)
	require.Less(t, w.counted("gatehound_api_requests_total"), 1.0, "it came to no operation")
}

func TestTheDeskMayPanic(t *testing.T) {
	w := newWorld(t)
	w.s.desk = nil // every use of it panics
	r := w.do("GET", "/api/v1/silences", readToken, "")
	require.Equal(t, 500, r.code)
	require.Contains(t, w.log.String(), "a request to the api panicked")
	require.Equal(t, float64(1), w.counted("gatehound_api_requests_total", "verb", "list_silences", "code", "500"))
}

func TestOverTLSOnly(t *testing.T) {
	files := certificate(t, "gatehound.example.com")
	w := newWorld(t, func(c *Config) { c.TLS = TLSConfig{CertFile: files.cert, KeyFile: files.key} })
	w.client.Transport = &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: files.pool(t), ServerName: "gatehound.example.com"}}
	require.True(t, strings.HasPrefix(w.s.URL(), "https://"))
	r := w.do("GET", "/api/v1/alerts", readToken, "")
	require.Equal(t, 200, r.code)
	require.Equal(t, "max-age=31536000", r.header.Get("Strict-Transport-Security"))
	require.Equal(t, 400, raw(t, w, "GET /api/v1/alerts HTTP/1.1\r\nHost: localhost\r\n\r\n").StatusCode, "plain HTTP is refused")
	_, err := tls.Dial("tcp", w.s.Addr(), &tls.Config{RootCAs: files.pool(t), ServerName: "gatehound.example.com", MaxVersion: tls.VersionTLS11}) //nolint:gosec // it has to be refused
	require.Error(t, err)
}
