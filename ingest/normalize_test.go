package ingest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

func normalizer(t testing.TB) *ingest.Normalizer {
	t.Helper()
	d, err := formats.New(decode.Options{})
	require.NoError(t, err)
	e, err := enrich.New(enrich.DefaultConfig(), nil)
	require.NoError(t, err)
	keys, err := redact.GenerateKeys()
	require.NoError(t, err)
	r, err := redact.New(redact.DefaultConfig(), keys)
	require.NoError(t, err)
	p, err := prompt.New(prompt.DefaultConfig(), keys, nil, r.Text)
	require.NoError(t, err)
	return ingest.NewNormalizer(d, e, r, p)
}

func chunk(messages ...string) *ingest.Chunk {
	c := &ingest.Chunk{Topic: "t", Partition: 3, First: 10, Next: 10 + int64(len(messages))}
	for i, m := range messages {
		c.Slab = append(c.Slab, m...)
		c.Ends, c.Offsets = append(c.Ends, len(c.Slab)), append(c.Offsets, 10+int64(i))
	}
	return c
}

const good = `{"time":"2026-05-01T10:00:00Z","ip":"198.51.100.4","method":"POST","path":"/v1/chat/completions","status":200,"user":"jo"}`

func TestEveryMessageBecomesAnEventOrAReject(t *testing.T) {
	freed := 0
	c := chunk(good, "", "not a record", "["+good+","+good+"]", good[:40])
	c.Free = func() { freed++ }
	part := normalizer(t).Normalize(c)
	require.Equal(t, schemas.Range{Topic: "t", Partition: 3, First: 10, Next: 15}, part.Range)
	require.Len(t, part.Events, 3)
	require.Equal(t, schemas.Position{Topic: "t", Partition: 3, Offset: 10}, part.Events[0].Position)
	require.Equal(t, schemas.Position{Topic: "t", Partition: 3, Offset: 13, Index: 1}, part.Events[2].Position)
	var reasons []string
	for _, r := range part.Rejects {
		reasons = append(reasons, fmt.Sprint(r.Position.Offset, " ", r.Stage, " ", r.Reason))
	}
	require.Equal(t, []string{"11 frame empty", "12 decode unknown_format", "14 frame invalid_json"}, reasons)
	require.Equal(t, 1, freed, "the chunk was given back")
}

func TestWhatIsNoRequestIsCounted(t *testing.T) {
	n := normalizer(t)
	const control = `{"messageType":"CONTROL_MESSAGE","owner":"CloudwatchLogs","logGroup":"","logStream":"","subscriptionFilters":[],` +
		`"logEvents":[{"id":"","timestamp":1510254469274,"message":"CWL CONTROL MESSAGE: Checking health of destination Firehose."}]}`
	for range 2 {
		part := n.Normalize(chunk(control, good, control))
		require.Len(t, part.Events, 1)
		require.Empty(t, part.Rejects)
		require.EqualValues(t, 2, part.Skipped)
	}
}

func TestAMessageThatIsNotWholeIsRejectedWithItsTrueLength(t *testing.T) {
	c := chunk(good, good[:30])
	c.Cut = []ingest.Cut{{Index: 1, Bytes: 99 << 20, Reason: ingest.CutTooLarge}}
	part := normalizer(t).Normalize(c)
	require.Len(t, part.Events, 1)
	require.Len(t, part.Rejects, 1)
	require.Equal(t, ingest.CutTooLarge, part.Rejects[0].Reason)
	require.EqualValues(t, 99<<20, part.Rejects[0].Bytes)
}

func TestAPieceOfASecretIsNotInAnExcerpt(t *testing.T) {
	key := "gh" + "p_" + strings.Repeat("aB3d", 9)
	for cut := 1; cut <= len(key); cut++ {
		part := normalizer(t).Normalize(chunk(`{"time":"2026-05-01T10:00:00Z","path":"/x ` + key[:cut]))
		require.Len(t, part.Rejects, 1)
		require.NotContains(t, part.Rejects[0].Excerpt, "aB3daB", "cut at %d", cut)
		require.Contains(t, part.Rejects[0].Excerpt, "/x", "the rest is shown")
	}
}

func TestTheTrueAddressIsNotEncoded(t *testing.T) {
	part := normalizer(t).Normalize(chunk(good))
	require.Equal(t, "198.51.100.4", part.Events[0].ClientAddr.String())
	text, err := json.Marshal(&part.Events[0])
	require.NoError(t, err)
	require.NotContains(t, string(text), "198.51.100.4")
	require.NotContains(t, string(text), `"jo"`)
}

func TestEventsDoNotShareMemoryWithTheChunk(t *testing.T) {
	c := chunk(good, good)
	part := normalizer(t).Normalize(c)
	before, err := json.Marshal(part.Events)
	require.NoError(t, err)
	for i := range c.Slab {
		c.Slab[i] = 'x'
	}
	after, err := json.Marshal(part.Events)
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))
}

func TestRawTypesDoNotPrint(t *testing.T) {
	c := chunk(good)
	for _, verb := range []string{"%v", "%+v", "%s", "%#v"} {
		require.NotContains(t, fmt.Sprintf(verb, c), "198.51.100.4", verb)
	}
}
