package wire

import (
	"errors"
	"fmt"
	"math"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/alerting"
)

func TestProblemsAreTheErrorsOfADeskOnBothSides(t *testing.T) {
	for _, want := range []error{alerting.ErrNoAlert, alerting.ErrAmbiguous, alerting.ErrNoSilence, alerting.ErrNoAllow, alerting.ErrNoSink, alerting.ErrResolved} {
		p, internal := ProblemOf(fmt.Errorf("list alerts: %w", want))
		require.False(t, internal)
		require.Equal(t, want, p.AsError())
		require.NotEmpty(t, p.Detail)
	}
	mine := NewProblem(400, Invalid, "title", "what to do")
	p, internal := ProblemOf(fmt.Errorf("wrapped: %w", mine))
	require.False(t, internal)
	require.Same(t, mine, p)
	require.True(t, p.IsInvalid())
	require.Equal(t, error(mine), p.AsError())
	p, internal = ProblemOf(errors.New("open /secret/path: no such file"))
	require.True(t, internal)
	require.NotContains(t, p.Error(), "secret")
}

func TestAnswersAreWritten(t *testing.T) {
	w := httptest.NewRecorder()
	p := NewProblem(429, "rate", "too many", "wait")
	p.Wait = 1500 * time.Millisecond
	p.Write(w)
	require.Equal(t, 429, w.Code)
	require.Equal(t, "2", w.Header().Get("Retry-After"))
	require.JSONEq(t, `{"type":"urn:gatehound:problem:rate","title":"too many","status":429,"detail":"wait"}`, w.Body.String())
	w = httptest.NewRecorder()
	WriteBody(w, 200, "application/json", Comment{Comment: "a\u202eb\x1b"})
	require.NotContains(t, w.Body.String(), "\u202e")
	require.JSONEq(t, `{"comment":"a\u202eb\u001b"}`, w.Body.String())
	w = httptest.NewRecorder()
	WriteBody(w, 200, "application/json", Tried{Took: math.Inf(1)})
	require.Equal(t, 500, w.Code, "what JSON cannot say is no half an answer")
	require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
}

func TestNames(t *testing.T) {
	for _, id := range []string{"", "abcde", "ABCDEF", "abcdeg", "../../", strings.Repeat("a", 65)} {
		require.False(t, IsID(id), id)
	}
	require.True(t, IsID("0123ab"))
	for host, want := range map[string]bool{"localhost": true, "LocalHost": true, "127.9.9.9": true, "::1": true, "::ffff:127.0.0.1": true, "0.0.0.0": false, "::": false, "": false,
		"192.0.2.1": false, "localhost.evil.example": false} {
		require.Equal(t, want, IsLoopback(host), host)
	}
}
