package api

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// TestARequestThatIsRepeatedIsDoneOnce: a client that lost the answer asks again
// with the same key.
func TestARequestThatIsRepeatedIsDoneOnce(t *testing.T) {
	w := newWorld(t)
	id := w.alerts(1)[0]
	comment := func(token, text, key string) reply {
		return w.do("POST", "/api/v1/alerts/"+id+"/comment", token, `{"comment":"`+text+`"}`, wire.IdempotencyKey, key)
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

	missing := w.do("POST", "/api/v1/alerts/ffffffffffff/resolve", operateToken, "", wire.IdempotencyKey, "k3")
	require.Equal(t, 404, missing.code)
	require.Equal(t, 404, w.do("POST", "/api/v1/alerts/ffffffffffff/resolve", operateToken, "", wire.IdempotencyKey, "k3").code)
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
			r.Header.Set(wire.IdempotencyKey, "k")
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
	second := w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "", wire.IdempotencyKey, "k")
	require.Equal(t, 409, second.code)
	require.Equal(t, "1", second.header.Get("Retry-After"))
	close(release)
	require.Equal(t, 200, <-first)
	third := w.do("POST", "/api/v1/deliveries/dead/oncall/redeliver", operateToken, "", wire.IdempotencyKey, "k")
	require.Equal(t, 200, third.code)
	require.Equal(t, "true", third.header.Get("Idempotency-Replayed"))
}
