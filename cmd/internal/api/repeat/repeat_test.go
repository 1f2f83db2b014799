package repeat

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

func TestRepeatsAreBounded(t *testing.T) {
	s := New()
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	id := func(i int) [sha256.Size]byte { return sha256.Sum256([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) }
	body := sha256.Sum256(nil)
	it, mine := s.begin(id(0), body, at)
	require.True(t, mine)
	seen, mine := s.begin(id(0), body, at)
	require.False(t, mine)
	require.Zero(t, seen.status, "the first one is not done")
	rec := &keeper{ResponseWriter: httptest.NewRecorder()}
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
	large := &keeper{ResponseWriter: httptest.NewRecorder()}
	_, err := large.Write(make([]byte, maxKept+1))
	require.NoError(t, err)
	s.end(it, large)
	_, mine = s.begin(id(7), body, at.Add(time.Hour))
	require.True(t, mine, "an answer that is too long is not kept")
}

// TestTheKeyIsBoundToWhoAsksAndForWhat: nobody gets the answer of another.
func TestTheKeyIsBoundToWhoAsksAndForWhat(t *testing.T) {
	s, done := New(), 0
	at := time.Date(2026, 11, 22, 20, 0, 0, 0, time.UTC)
	ask := func(method, path, who, body string, keys ...string) (*httptest.ResponseRecorder, *wire.Problem) {
		r := httptest.NewRequest(method, path, nil)
		r.Header[wire.IdempotencyKey] = keys
		w := httptest.NewRecorder()
		return w, s.Run(w, r, who, []byte(body), at, func(w http.ResponseWriter) {
			done++
			w.WriteHeader(http.StatusCreated)
			_, err := w.Write([]byte(who))
			require.NoError(t, err)
		})
	}
	for i, c := range [][4]string{{"POST", "/a", "alice", ""}, {"POST", "/a", "bob", ""}, {"POST", "/b", "alice", ""}, {"DELETE", "/a", "alice", ""}} {
		for range 2 {
			w, p := ask(c[0], c[1], c[2], c[3], "key")
			require.Nil(t, p)
			require.Equal(t, 201, w.Code)
			require.Equal(t, c[2], w.Body.String())
			require.Equal(t, i+1, done)
		}
	}
	_, p := ask("POST", "/a", "alice", "other", "key")
	require.Equal(t, 422, p.Status)
	for _, keys := range [][]string{{""}, {"a", "b"}, {strings.Repeat("k", maxRepeatKey+1)}} {
		_, p = ask("POST", "/a", "alice", "", keys...)
		require.Equal(t, 400, p.Status)
	}
	for range 2 { // without a key, and what only reads, is done each time
		_, p = ask("POST", "/a", "alice", "")
		require.Nil(t, p)
		_, p = ask("GET", "/a", "alice", "", "key")
		require.Nil(t, p)
	}
	require.Equal(t, 8, done)
}
