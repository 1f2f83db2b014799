package client

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var token = strings.Repeat("t", 32)

// TestTheTokenGoesNowhereElse: not in the clear to other machines, and not
// where a redirect points.
func TestTheTokenGoesNowhereElse(t *testing.T) {
	for _, bad := range []string{"http://gatehound.example.com", "http://192.0.2.1:9465", "ftp://127.0.0.1", "127.0.0.1:9465", "http://user:pass@127.0.0.1", "https://a.example/path",
		"https://a.example?x=1", "://", "http://0.0.0.0:1"} {
		_, err := New(bad, token, TLS{})
		require.Error(t, err, bad)
		require.Contains(t, err.Error(), "want")
		require.NotContains(t, err.Error(), "pass@")
	}
	for _, good := range []string{"http://127.0.0.1:1", "http://localhost:1", "http://[::1]:1/", "https://gatehound.example.com"} {
		_, err := New(good, token, TLS{})
		require.NoError(t, err, good)
	}
	var stolen atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	defer other.Close()
	lure := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	defer lure.Close()
	c, err := New(lure.URL, token, TLS{})
	require.NoError(t, err)
	defer c.Close()
	require.ErrorIs(t, c.Ping(t.Context()), ErrAnswer)
	require.False(t, stolen.Load())
}

func TestWhatIsNoAPIIsSaidToBeNone(t *testing.T) {
	for name, h := range map[string]http.HandlerFunc{
		"html":   func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"status": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"json": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte("{{"))
		},
		"problem": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(400)
			_, _ = w.Write([]byte("[]"))
		},
	} {
		s := httptest.NewServer(h)
		c, err := New(s.URL, token, TLS{})
		require.NoError(t, err)
		_, err = c.Silences(false)
		require.ErrorIs(t, err, ErrAnswer, name)
		c.Close()
		s.Close()
	}
}

func TestWhatTheClientTrustsIsRead(t *testing.T) {
	dir := t.TempDir()
	_, err := New("https://gatehound.example.com", token, TLS{CAFile: filepath.Join(dir, "none")})
	require.ErrorContains(t, err, "read the API's CA file")
	bad := filepath.Join(dir, "bad.pem")
	require.NoError(t, os.WriteFile(bad, []byte("no certificate"), 0o600))
	_, err = New("https://gatehound.example.com", token, TLS{CAFile: bad})
	require.ErrorContains(t, err, "no certificate in PEM")
	file := filepath.Join(dir, "token")
	require.NoError(t, os.WriteFile(file, []byte(token), 0o600))
	for _, s := range []Service{{Listen: "nonsense", TokenFile: file}, {Listen: "127.0.0.1:1", CertFile: bad, TokenFile: file},
		{Listen: "127.0.0.1:1", CertFile: filepath.Join(dir, "none"), TokenFile: file}, {Listen: "127.0.0.1:1", TokenFile: filepath.Join(dir, "none")}} {
		_, err := Local(s)
		require.Error(t, err)
		require.NotContains(t, err.Error(), token)
	}
	_, err = Local(Service{})
	require.ErrorIs(t, err, ErrOff)
	c, err := Local(Service{Listen: "192.0.2.1:9465", TokenFile: file})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:9465", c.base.Host, "without TLS the token stays on this machine")
}
