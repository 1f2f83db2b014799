package api

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/api/client"
	"github.com/gatehound/gatehound/cmd/internal/api/gate"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
	"github.com/gatehound/gatehound/schemas"
)

func (w *world) as(token string) *client.Client {
	w.t.Helper()
	c, err := client.New(w.s.URL(), token, client.TLS{})
	require.NoError(w.t, err)
	w.t.Cleanup(c.Close)
	return c
}

// TestTheClientIsADesk does with the client what a manager does, and compares.
func TestTheClientIsADesk(t *testing.T) {
	w := newWorld(t)
	ids := w.alerts(3)
	c, ctx := w.as(adminToken), t.Context()
	require.NoError(t, c.Ping(ctx))
	equal := func(want, got any) {
		t.Helper()
		a, err := json.Marshal(want)
		require.NoError(t, err)
		b, err := json.Marshal(got)
		require.NoError(t, err)
		require.JSONEq(t, string(a), string(b))
	}
	for _, f := range []alerting.Filter{{}, {Open: true, Limit: 2}, {Matchers: []string{"tenant=acme", "severity>=high"}}, {After: ids[0]}, {Since: time.Now().Add(-48 * time.Hour)}} {
		want, err := w.m.List(f)
		require.NoError(t, err)
		got, err := c.List(f)
		require.NoError(t, err)
		equal(want, got)
	}
	a, err := c.Acknowledge(ctx, strings.ToUpper(ids[0][:8]), "alice\r\nX-Evil: 1", "on it")
	require.NoError(t, err)
	require.Equal(t, "alice X-Evil: 1 via root", a.Acknowledged.By)
	_, err = c.Comment(ctx, ids[0], "", "hm")
	require.NoError(t, err)
	_, err = c.Resolve(ctx, ids[0], "bob", "")
	require.NoError(t, err)
	want, err := w.m.Alert(ids[0])
	require.NoError(t, err)
	got, err := c.Alert(ids[0])
	require.NoError(t, err)
	equal(want, got)

	s, err := c.Silence(ctx, schemas.Silence{Matchers: []string{"tenant=acme"}, Until: time.Now().Add(time.Hour), By: "alice", Comment: "why"})
	require.NoError(t, err)
	require.Equal(t, "alice via root", s.By)
	_, err = c.Unsilence(ctx, s.ID, "alice")
	require.NoError(t, err)
	x, err := c.Allow(ctx, schemas.Allowance{Principal: "h1:k1:x", Until: time.Now().Add(time.Hour), By: "alice", Reason: "why"})
	require.NoError(t, err)
	_, err = c.Disallow(ctx, x.ID, "alice")
	require.NoError(t, err)
	for _, over := range []bool{false, true} {
		wantS, err := w.m.Silences(over)
		require.NoError(t, err)
		gotS, err := c.Silences(over)
		require.NoError(t, err)
		require.Len(t, gotS, map[bool]int{false: 0, true: 1}[over])
		require.Len(t, wantS, len(gotS))
		gotA, err := c.Allowances(over)
		require.NoError(t, err)
		require.Len(t, gotA, map[bool]int{false: 0, true: 1}[over])
	}
	equal(w.m.Pending(), c.Pending())
	equal(w.m.Sinks(), c.Sinks())
	dead, err := c.DeadLetters()
	require.NoError(t, err)
	require.Empty(t, dead)
	n, err := c.Redeliver("oncall")
	require.NoError(t, err)
	require.Zero(t, n)
	wantD, err := w.m.Route(&want)
	require.NoError(t, err)
	gotD, err := c.Route(&want)
	require.NoError(t, err)
	equal(wantD, gotD)
	require.NoError(t, c.Try(ctx, "oncall"))
	w.sink.set(errors.New("the token is not taken"))
	require.ErrorContains(t, c.Try(ctx, "oncall"), "the token is not taken")
}

func TestTheClientsErrorsAreThoseOfADesk(t *testing.T) {
	w := newWorld(t)
	ids := w.alerts(1)
	c, ctx := w.as(adminToken), t.Context()
	_, err := c.Alert("ffffffffffff")
	require.ErrorIs(t, err, alerting.ErrNoAlert)
	for _, id := range []string{"", "x", "../../x", "00000000\n", strings.Repeat("a", 100)} {
		_, err = c.Alert(id)
		require.ErrorIs(t, err, alerting.ErrNoAlert)
		_, err = c.Unsilence(ctx, id, "a")
		require.ErrorIs(t, err, alerting.ErrNoSilence)
		_, err = c.Disallow(ctx, id, "a")
		require.ErrorIs(t, err, alerting.ErrNoAllow)
	}
	for _, name := range []string{"", "nobody", "../x", "a b"} {
		require.ErrorIs(t, c.Try(ctx, name), alerting.ErrNoSink)
		_, err = c.Redeliver(name)
		require.ErrorIs(t, err, alerting.ErrNoSink)
	}
	_, err = c.Resolve(ctx, ids[0], "a", "")
	require.NoError(t, err)
	_, err = c.Resolve(ctx, ids[0], "a", "")
	require.NoError(t, err, "twice by the same is once")
	_, err = c.Resolve(ctx, ids[0], "b", "")
	require.ErrorIs(t, err, alerting.ErrResolved)
	_, err = c.List(alerting.Filter{Matchers: []string{"bogus"}})
	var p *wire.Problem
	require.ErrorAs(t, err, &p)
	require.True(t, p.IsInvalid())
	_, err = w.as(readToken).Allow(ctx, schemas.Allowance{Principal: "x", Until: time.Now().Add(time.Hour), Reason: "r"})
	require.ErrorContains(t, err, "this wants the role admin, the token has read")
	require.ErrorContains(t, w.as("x").Ping(ctx), "a valid token is missing")
	_, err = w.as("x").Waiting()
	require.Error(t, err)
	_, err = w.as("x").Standing()
	require.Error(t, err)
	w.stop()
	require.True(t, client.IsAway(c.Ping(ctx)))
	require.NotContains(t, c.Ping(ctx).Error(), adminToken)
}

// TestALostAnswerIsAskedForAgain: the connection breaks after the request was
// done; it is done once.
func TestALostAnswerIsAskedForAgain(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	var n atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body := http.MaxBytesReader(out, r.Body, 1<<20)
		forward, err := http.NewRequestWithContext(r.Context(), r.Method, w.s.URL()+r.URL.RequestURI(), body)
		if err != nil {
			t.Error(err)
			return
		}
		forward.Header = r.Header.Clone()
		res, err := w.client.Do(forward)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		if n.Add(1) == 1 {
			panic(http.ErrAbortHandler)
		}
		out.Header().Set("Content-Type", res.Header.Get("Content-Type"))
		out.WriteHeader(res.StatusCode)
		buf := make([]byte, 64<<10)
		k, _ := res.Body.Read(buf) // a small answer comes at once
		_, _ = out.Write(buf[:k])  // the client may be gone
	}))
	defer proxy.Close()
	c, err := client.New(proxy.URL, operateToken, client.TLS{})
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Comment(t.Context(), id, "", "once")
	require.NoError(t, err)
	require.Equal(t, int32(2), n.Load())
	a, err := w.m.Alert(id)
	require.NoError(t, err)
	require.Len(t, a.History, 2, "opened, and one comment")
}

func TestTheLocalClientFindsTheService(t *testing.T) {
	dir := t.TempDir()
	files := certificate(t, "gatehound.example.com")
	for name, set := range map[string]func(*Config){
		"plain":     func(*Config) {},
		"all plain": func(c *Config) { c.Listen, c.AllowPlain = "0.0.0.0:0", true },
		"TLS":       func(c *Config) { c.TLS = TLSConfig{files.cert, files.key} },
		"all TLS":   func(c *Config) { c.Listen, c.TLS = ":0", TLSConfig{files.cert, files.key} },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			w := newWorld(t, func(c *Config) { c.LocalTokenFile = file; set(c) })
			cfg := w.s.cfg
			host, _, err := net.SplitHostPort(cfg.Listen)
			require.NoError(t, err)
			_, port, err := net.SplitHostPort(w.s.Addr())
			require.NoError(t, err)
			cfg.Listen = net.JoinHostPort(host, port)
			c, err := client.Local(client.Service{Listen: cfg.Listen, CertFile: cfg.TLS.CertFile, TokenFile: file})
			require.NoError(t, err)
			defer c.Close()
			id := w.alerts(1)[0]
			a, err := c.Acknowledge(context.Background(), id, "alice", "")
			require.NoError(t, err)
			require.Equal(t, "alice via "+gate.LocalName, a.Acknowledged.By)
			require.NoError(t, c.Try(t.Context(), "oncall"), "what takes longer may, over HTTP/2 too")
		})
	}
	_, err := client.Local(client.Service{TokenFile: "x"})
	require.ErrorIs(t, err, client.ErrOff)
	_, err = client.Local(client.Service{Listen: "127.0.0.1:1", TokenFile: filepath.Join(dir, "none")})
	require.Error(t, err)
}
