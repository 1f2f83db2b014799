package redact

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/schemas"
)

func deliveryOf(t *testing.T, k *Keys, rec decode.Record, index int32) uint64 {
	t.Helper()
	r, err := New(DefaultConfig(), k)
	require.NoError(t, err)
	var arena schemas.Arena
	ev := schemas.Event{Position: schemas.Position{Index: index}}
	require.NoError(t, r.Event(&rec, &ev, &arena))
	require.Equal(t, k.Current(), ev.KeyID, "the event says under which key it is")
	return ev.Delivery
}

func shipped() decode.Record {
	return decode.Record{Format: "kong", RequestID: "r1", Time: 5, Status: 200, Path: "/v1/a",
		Origin: decode.Origin{Agent: "a1", File: "f1", Offset: 77}}
}

func requested() decode.Record {
	r := shipped()
	r.Origin = decode.Origin{}
	r.Gateway, r.Method, r.LatencyNS, r.ResponseBytes = "g", "POST", 9, 11
	return r
}

func TestARedeliveryHasTheSameDelivery(t *testing.T) {
	ring, err := GenerateKeys()
	require.NoError(t, err)
	for name, rec := range map[string]decode.Record{"origin": shipped(), "request": requested()} {
		first := deliveryOf(t, ring, rec, 0)
		require.NotZero(t, first, name)
		require.Equal(t, first, deliveryOf(t, ring, rec, 0), "%s: another worker", name)
		other, err := GenerateKeys()
		require.NoError(t, err)
		require.NotEqual(t, first, deliveryOf(t, other, rec, 0), "%s: it is keyed", name)
	}
	require.Zero(t, deliveryOf(t, ring, decode.Record{Format: "kong", Path: "/", Time: 5}, 0), "nothing tells")
}

func TestWhatTellsRecordsApart(t *testing.T) {
	ring, err := GenerateKeys()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		base   decode.Record
		change func(*decode.Record)
	}{
		"agent":          {shipped(), func(r *decode.Record) { r.Origin.Agent = "a2" }},
		"file":           {shipped(), func(r *decode.Record) { r.Origin.File = "f2" }},
		"offset":         {shipped(), func(r *decode.Record) { r.Origin.Offset++ }},
		"time":           {shipped(), func(r *decode.Record) { r.Time++ }},
		"request id":     {shipped(), func(r *decode.Record) { r.RequestID = "r2" }},
		"status":         {shipped(), func(r *decode.Record) { r.Status = 500 }},
		"border":         {shipped(), func(r *decode.Record) { r.Origin.Agent, r.Origin.File = "a", "1f1" }},
		"format":         {requested(), func(r *decode.Record) { r.Format = "nginx" }},
		"gateway":        {requested(), func(r *decode.Record) { r.Gateway = "h" }},
		"method":         {requested(), func(r *decode.Record) { r.Method = "GET" }},
		"path":           {requested(), func(r *decode.Record) { r.Path = "/v1/b" }},
		"latency":        {requested(), func(r *decode.Record) { r.LatencyNS++ }},
		"response bytes": {requested(), func(r *decode.Record) { r.ResponseBytes++ }},
		"time of one":    {requested(), func(r *decode.Record) { r.Time++ }},
		"query":          {requested(), func(r *decode.Record) { r.Query = "a=b" }},
		"peer":           {requested(), func(r *decode.Record) { r.Peer = "203.0.113.9" }},
		"forwarded":      {requested(), func(r *decode.Record) { r.Forwarded = "203.0.113.9" }},
		"user agent":     {requested(), func(r *decode.Record) { r.UserAgent = "curl" }},
		"principal":      {requested(), func(r *decode.Record) { r.Principal = "p" }},
		"end user":       {requested(), func(r *decode.Record) { r.EndUser = "u" }},
		"credential":     {requested(), func(r *decode.Record) { r.Credential = "gh-test-key-0001" }},
		"model":          {requested(), func(r *decode.Record) { r.Model = "m" }},
		"request bytes":  {requested(), func(r *decode.Record) { r.RequestBytes = 1 }},
		"input tokens":   {requested(), func(r *decode.Record) { r.InputTokens = 1 }},
		"output tokens":  {requested(), func(r *decode.Record) { r.OutputTokens = 1 }},
	} {
		before := deliveryOf(t, ring, c.base, 0)
		after := c.base
		c.change(&after)
		require.NotEqual(t, before, deliveryOf(t, ring, after, 0), name)
	}
	require.NotEqual(t, deliveryOf(t, ring, shipped(), 0), deliveryOf(t, ring, shipped(), 1), "the index tells")
	require.Equal(t, deliveryOf(t, ring, requested(), 0), deliveryOf(t, ring, requested(), 1), "a request is one wherever it stands")
}

// TestAnOriginOfOneRecordDoesNotCountTheIndex: a batch that is cut otherwise is
// the same batch.
func TestAnOriginOfOneRecordDoesNotCountTheIndex(t *testing.T) {
	ring, err := GenerateKeys()
	require.NoError(t, err)
	one := shipped()
	one.Origin.Single = true
	require.Equal(t, deliveryOf(t, ring, one, 0), deliveryOf(t, ring, one, 7))
	other := one
	other.Origin.File = "f2"
	require.NotEqual(t, deliveryOf(t, ring, one, 0), deliveryOf(t, ring, other, 0))
}

// TestAnIdOfTheClientsHidesNothing: of requests within a second that differ in
// nothing the log has, none is a redelivery.
func TestAnIdOfTheClientsHidesNothing(t *testing.T) {
	ring, err := GenerateKeys()
	require.NoError(t, err)
	rec := requested()
	rec.Time = 1_795_326_000 * 1_000_000_000
	require.Zero(t, deliveryOf(t, ring, rec, 0))
	rec.Time += 1_000_000
	require.NotZero(t, deliveryOf(t, ring, rec, 0))
}

// TestSipKeepsTextsApart: neither padding nor a border makes two texts one.
func TestSipKeepsTextsApart(t *testing.T) {
	seen := map[uint64]string{}
	for _, text := range []string{"", "\x00", "\x00\x00", "a", "ab", "abcdefgh", "abcdefgh\x00", "abcdefghi"} {
		s := sip{1, 2, 3, 4}
		s.text(text)
		h := s.end()
		require.NotContains(t, seen, h, "%q", text)
		seen[h] = text
	}
}

func BenchmarkDelivery(b *testing.B) {
	k := newDeliveryKey(make([]byte, 16))
	rec := requested()
	rec.RequestID, rec.Path, rec.Gateway = "5f2c1c7e-1d3f-4a36-9a44-3d6b9c7f0a11", "/v1/chat/completions", "gateway-1"
	b.ReportAllocs()
	for b.Loop() {
		if k.of(&rec, 0) == 0 {
			b.Fatal()
		}
	}
}
