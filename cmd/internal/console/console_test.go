package console

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type status struct {
	alive error
	parts []Component
}

func (s *status) Alive() error { return s.alive }

func (s *status) Ready() ([]Component, bool) {
	for _, c := range s.parts {
		if !c.OK {
			return s.parts, false
		}
	}
	return s.parts, true
}

func TestProbesTellTheTruth(t *testing.T) {
	reg := prometheus.NewRegistry()
	reg.MustRegister(prometheus.NewCounter(prometheus.CounterOpts{Name: "gatehound_test_total", Help: "h"}))
	st := &status{parts: []Component{{Name: "store", OK: true}}}
	s, err := New("127.0.0.1:0", reg, st)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	get := func(path string) (int, string) {
		res, err := client.Get("http://" + s.Addr() + path)
		require.NoError(t, err)
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		return res.StatusCode, string(body)
	}
	code, body := get("/metrics")
	require.Equal(t, 200, code)
	require.Contains(t, body, "gatehound_test_total 0")
	code, _ = get("/healthz")
	require.Equal(t, 200, code)
	code, _ = get("/readyz")
	require.Equal(t, 200, code)

	st.alive = errors.New("stuck for 10m")
	st.parts = append(st.parts, Component{Name: "source", Error: "connection refused"})
	code, body = get("/healthz")
	require.Equal(t, 503, code)
	require.Contains(t, body, "stuck for 10m")
	code, body = get("/readyz")
	require.Equal(t, 503, code)
	var ready struct{ Components []Component }
	require.NoError(t, json.Unmarshal([]byte(body), &ready))
	require.Equal(t, st.parts, ready.Components)

	code, _ = get("/other")
	require.Equal(t, 404, code)
	cancel()
	require.NoError(t, <-ended)
}

func TestAPortThatIsTakenIsToldAtOnce(t *testing.T) {
	s, err := New("127.0.0.1:0", prometheus.NewRegistry(), &status{})
	require.NoError(t, err)
	defer s.listener.Close()
	_, err = New(s.Addr(), prometheus.NewRegistry(), &status{})
	require.ErrorContains(t, err, "console.listen")
}
