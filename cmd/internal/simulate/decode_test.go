package simulate

import (
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/schemas"
)

// held is a decoder's sink that compares a record with what was meant.
type held struct {
	t       *testing.T
	meant   *gateway.Record
	line    []byte
	records int
	// prompts counts records with a prompt, answers those of gateways.
	prompts, refused, biased int
}

func (h *held) Reject(_ int32, stage, reason, format string, _ []byte) {
	h.t.Fatalf("rejected at %s as %s, format %q: %s", stage, reason, format, h.line)
}

func (h *held) Record(index int32, got *decode.Record) {
	h.records++
	m := h.meant
	is := func(what string, want, got any) {
		h.t.Helper()
		require.Equal(h.t, fmt.Sprint(want), fmt.Sprint(got), "%s of %s", what, h.line)
	}
	is("index", 0, index)
	is("format", m.Format.Decoder(), got.Format)
	is("time", m.When().Truncate(resolution(m)), time.Unix(0, got.Time).UTC())
	is("status", m.Status, got.Status)
	is("principal", string(m.Principal), got.Principal)
	is("user agent", string(m.UserAgent), got.UserAgent)
	is("address", m.Client, peer(h.t, got.Peer))
	if m.Format != gateway.LiteLLM {
		is("method", m.Method, got.Method)
		is("path", string(m.Path), got.Path)
		is("query", string(m.Query), got.Query)
	}
	h.auth(m, got)
	h.model(m, got)
}

func (h *held) auth(m *gateway.Record, got *decode.Record) {
	want := schemas.AuthUnknown
	switch {
	case m.Status == 401 && m.Upstream == 0:
		want = schemas.AuthFailure
		h.refused++
	case m.Status < 400 && len(m.Principal) > 0:
		want = schemas.AuthSuccess
	}
	require.Equal(h.t, want, got.Auth, "%s", h.line)
	if len(m.Credential) > 0 {
		require.Equal(h.t, string(m.Credential), got.Credential)
	}
	switch m.Format {
	case gateway.Kong, gateway.NginxJSON, gateway.Envoy:
		responder := schemas.ResponderUpstream
		if m.Upstream == 0 {
			responder = schemas.ResponderGateway
		}
		require.Equal(h.t, responder, got.Responder, "%s", h.line)
	}
}

func (h *held) model(m *gateway.Record, got *decode.Record) {
	switch m.Format {
	case gateway.NginxCombined, gateway.NginxJSON:
		return
	}
	require.Equal(h.t, m.Input, got.InputTokens, "%s", h.line)
	require.Equal(h.t, m.Output, got.OutputTokens, "%s", h.line)
	if m.Input > 0 {
		require.Equal(h.t, m.Model(), got.Model)
	}
	if len(got.Prompt) > 0 {
		h.prompts++
		require.EqualValues(h.t, m.Messages, got.Messages)
		require.InDelta(h.t, m.Temperature, got.Temperature, 1e-6)
		require.EqualValues(h.t, m.TopLogprobs, got.TopLogprobs)
		require.Equal(h.t, m.TopLogprobs > 0, got.Logprobs)
		require.EqualValues(h.t, m.MaxTokens, got.MaxTokens)
	}
	if m.Format == gateway.LiteLLM {
		require.EqualValues(h.t, m.LogitBias, got.LogitBias)
		require.Equal(h.t, string(m.EndUser), got.EndUser)
		require.Equal(h.t, m.Stream, got.Stream)
		if m.LogitBias > 0 {
			h.biased++
		}
	}
}

// resolution is that of the format's time.
func resolution(m *gateway.Record) time.Duration {
	switch m.Format {
	case gateway.NginxCombined:
		return time.Second
	case gateway.LiteLLM:
		return time.Microsecond
	case gateway.App:
		return time.Nanosecond
	}
	return time.Millisecond
}

func peer(t *testing.T, s string) netip.Addr {
	if a, err := netip.ParseAddr(s); err == nil {
		return a
	}
	ap, err := netip.ParseAddrPort(s)
	require.NoError(t, err)
	return ap.Addr()
}

// TestEveryRecordDecodes puts every record, bare and in its envelope, through
// the decoder that the service uses.
func TestEveryRecordDecodes(t *testing.T) {
	dec, err := formats.New(decode.Options{Now: func() time.Time { return start.Add(time.Hour) }})
	require.NoError(t, err)
	c := Default(21, start, 5*time.Minute, time.Minute)
	seen := map[string]int{}
	h := &held{t: t}
	n := each(t, fleet(t, c), func(r *gateway.Record) {
		h.meant, h.line = r, r.AppendTo(h.line[:0])
		dec.Decode(h.line, h)
		seen[fmt.Sprint(r.Format, r.Filebeat)]++
	})
	assert.Equal(t, n, h.records)
	assert.Len(t, seen, 2*len(gateway.Formats), "each format, bare and in an envelope")
	assert.Greater(t, h.prompts, 1000)
	assert.Greater(t, h.refused, 500)
	assert.Greater(t, h.biased, 100)
}
