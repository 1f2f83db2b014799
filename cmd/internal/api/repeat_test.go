package api

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestARequestThatIsRepeatedIsDoneOnce: a client that lost the answer asks again
// with the same key.
func TestARequestThatIsRepeatedIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	comment := func(token, text, key string) reply {
		return w.do("POST", "/api/v1/alerts/"+id+"/comment", token, `{"comment":"`+text+`"}`, idempotencyKey, key)
	}
	comments := func() (n int) {
		a, err := w.m.Alert(id)
		require.NoError(t, err)
		for _, e := range a.History {
			if e.What == "commented" {
				n++
			}
		}
		return n
	}
	first := comment(operateToken, "one", "k1")
	require.Equal(t, 200, first.code)
	again := comment(operateToken, "one", "k1")
	require.Equal(t, first.body, again.body)
	require.Equal(t, "true", again.header.Get("Idempotency-Replayed"))
	require.Equal(t, 1, comments())
	other := comment(operateToken, "two", "k1")
	require.Equal(t, 422, other.code)
	require.Contains(t, other.problem(t).Detail, "new key")
	require.Equal(t, 200, comment(adminToken, "one", "k1").code, "another token's keys are others")
	require.Equal(t, 2, comments())
	require.Equal(t, 200, comment(operateToken, "one", "k2").code)
	require.Equal(t, 3, comments())
	require.Equal(t, 400, comment(operateToken, "x", strings.Repeat("k", 101)).code)

	missing := w.do("POST", "/api/v1/alerts/ffffffffffff/resolve", operateToken, "", idempotencyKey, "k3")
	require.Equal(t, 404, missing.code)
	require.Equal(t, 404, w.do("POST", "/api/v1/alerts/ffffffffffff/resolve", operateToken, "", idempotencyKey, "k3").code)
}

func TestRepeatsAreBounded(t *testing.T) {
	s := newRepeats()
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	id := func(i int) [sha256.Size]byte { return sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) }
	body := sha256.Sum256(nil)
	it, mine := s.begin(id(0), body, at)
	require.True(t, mine)
	seen, mine := s.begin(id(0), body, at)
	require.False(t, mine)
	require.Zero(t, seen.status, "the first one is not done")
	rec := &recorder{ResponseWriter: httptest.NewRecorder(), keep: true}
	rec.WriteHeader(http.StatusServiceUnavailable)
	s.end(it, rec)
	_, mine = s.begin(id(0), body, at)
	require.True(t, mine, "what went wrong here may be tried again")
	for i := range 5000 {
		s.begin(id(i+1), body, at)
	}
	require.LessOrEqual(t, len(s.known), maxRepeats)
	require.LessOrEqual(t, len(s.order), maxRepeats)
	s.begin(id(9999), body, at.Add(maxRepeatAge+time.Second))
	require.Len(t, s.known, 1, "old ones are forgotten")

	it, _ = s.begin(id(7), body, at.Add(time.Hour))
	large := &recorder{ResponseWriter: httptest.NewRecorder(), keep: true}
	_, err := large.Write(make([]byte, maxKept+1))
	require.NoError(t, err)
	s.end(it, large)
	_, mine = s.begin(id(7), body, at.Add(time.Hour))
	require.True(t, mine, "an answer that is too long is not kept")
}

// TestARequestThatIsNotDoneIsNotBegunAgain: both tries are there at a time.
func TestARequestThatIsNotDoneIsNotBegunAgain(t *testing.T) {
	w := newWorld(t)
	began, release := make(chan struct{}), make(chan struct{})
	w.s.desk = &slow{Desk: w.m, began: began, release: release}
	first := make(chan int, 1)
	go func() {
		r, err := http.NewRequest("POST", w.s.URL()+"/api/v1/deliveries/dead/oncall/redeliver", nil)
		if err == nil {
			r.Header.Set("Authorization", "Bearer "+operateToken)
			r.Header.Set(idempotencyKey, "k")
			var res *http.Response
			if res, err = w.client.Do(r); err == nil {
				err = res.Body.Close()
				first <- res.StatusCode
			}
		}
		if err != nil {
			t.Error(err)
			first <- 0
		}
	}()
	<-began
	second := w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "", idempotencyKey, "k")
	require.Equal(t, 409, second.code)
	require.Equal(t, "1", second.header.Get("Retry-After"))
	close(release)
	require.Equal(t, 200, <-first)
	third := w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "", idempotencyKey, "k")
	require.Equal(t, 200, third.code)
	require.Equal(t, "true", third.header.Get("Idempotency-Replayed"))
}
