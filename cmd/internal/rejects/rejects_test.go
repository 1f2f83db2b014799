package rejects

import (
	"context"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/kafka"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// TestReplayedPage holds what becomes of one message's records.
func TestReplayedPage(t *testing.T) {
	at := func(offset int64, index int32) schemas.Position {
		return schemas.Position{Topic: "t", Offset: offset, Index: index}
	}
	pg := &replayedPage{
		rejected: map[int64][]int32{1: {0}, 2: {1}, 3: {1}, 4: {0}, 5: {0}},
		stored:   map[int64][]int32{2: {0, 2}, 3: {0, 2}},
	}
	events := func(positions ...schemas.Position) (out []schemas.Event) {
		for _, p := range positions {
			out = append(out, schemas.Event{Position: p})
		}
		return out
	}
	part := &schemas.Part{
		// 1 gives two records where there was one reject, 2 the one that was
		// missing, 3 one more than there can be, 4 is rejected again, and 5
		// gives nothing: it is skipped now.
		Events:  events(at(1, 0), at(1, 1), at(2, 0), at(2, 1), at(2, 2), at(3, 0), at(3, 1), at(3, 2), at(3, 3)),
		Rejects: []schemas.Reject{{Position: at(4, 0)}},
		Sealed:  []schemas.Sealed{{Position: at(2, 0)}, {Position: at(2, 1)}},
	}
	pg.add([]int64{1, 2, 3, 4, 5}, part)
	require.Equal(t, events(at(1, 0), at(1, 1), at(2, 1)), part.Events)
	require.Equal(t, []schemas.Sealed{{Position: at(2, 1)}}, part.Sealed)
	require.Empty(t, part.Rejects)
	require.Equal(t, []int64{1, 2, 5}, pg.done)
	require.Equal(t, 1, pg.ambiguous)
	require.Equal(t, 1, pg.again)
}

// shortLog has the offsets from first on.
type shortLog struct {
	first int64
	reads int
	gone  int
	got   []int64
}

func (l *shortLog) ReadRange(_ context.Context, r schemas.Range, fn func(*ingest.Chunk) error) error {
	l.reads++
	if r.First < l.first {
		l.gone++
		return kafka.ErrGone
	}
	c := &ingest.Chunk{Topic: r.Topic, First: r.First, Next: r.Next}
	for o := r.First; o < r.Next; o++ {
		c.Slab = append(c.Slab, '{', '}')
		c.Ends, c.Offsets = append(c.Ends, len(c.Slab)), append(c.Offsets, o)
		l.got = append(l.got, o)
	}
	return fn(c)
}

// TestScatteredMessagesThatAreGone: of rejects that lie far apart, in a log that
// has lost most or all of them, it is not asked for each: a broker takes a
// second or more to say that it has none.
func TestScatteredMessagesThatAreGone(t *testing.T) {
	for first, want := range map[int64][2]int{500 * 5000: {1000, 1}, 999 * 5000: {12, 1}, 1000 * 5000: {1, 0}} {
		pg := &replayedPage{rejected: map[int64][]int32{}}
		for o := range int64(1000) {
			pg.offsets = append(pg.offsets, o*5000)
			pg.rejected[o*5000] = []int32{0}
		}
		keys, err := redact.GenerateKeys()
		require.NoError(t, err)
		n, err := app.NewNormalizer(app.DefaultConfig(), keys, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		log := &shortLog{first: first}
		p := &replay{source: log, normalizer: n, sum: &Retried{}}
		require.NoError(t, p.read(t.Context(), pg, "t", 0))
		require.LessOrEqual(t, log.gone, 12)
		require.LessOrEqual(t, log.reads, want[0]+12)
		require.GreaterOrEqual(t, pg.seen, want[1])
	}
}

func TestRejectsOfFilesAreNotReadAgain(t *testing.T) {
	topics, files := ofTopics([]schemas.Position{{Topic: "gateway.logs-1"}, {Topic: "/var/log/nginx/access.log"}, {Topic: `C:\logs\a`}})
	require.Equal(t, []schemas.Position{{Topic: "gateway.logs-1"}}, topics)
	require.Equal(t, 2, files)
}

// TestAWidePageHoldsWhatIsNew and not all the records of its messages.
func TestAWidePageHoldsWhatIsNew(t *testing.T) {
	pg := &replayedPage{rejected: map[int64][]int32{1: {7}}, stored: map[int64][]int32{1: {}}}
	part := &schemas.Part{}
	for i := range int32(10_000) {
		part.Events = append(part.Events, schemas.Event{Position: schemas.Position{Offset: 1, Index: i}})
		if i != 7 {
			pg.stored[1] = append(pg.stored[1], i)
		}
	}
	pg.add([]int64{1}, part)
	require.Len(t, part.Events, 1)
	require.Less(t, cap(part.Events), 10)
}

// TestReadWhatTheLogStillHas finds where the log begins without asking for each
// message.
func TestReadWhatTheLogStillHas(t *testing.T) {
	for first, want := range map[int64]int{0: 1000, 1: 999, 700: 300, 999: 1, 1000: 0, 5000: 0} {
		pg := &replayedPage{rejected: map[int64][]int32{}}
		for o := range int64(1000) {
			pg.offsets = append(pg.offsets, o)
			pg.rejected[o] = []int32{0}
		}
		keys, err := redact.GenerateKeys()
		require.NoError(t, err)
		n, err := app.NewNormalizer(app.DefaultConfig(), keys, slog.New(slog.DiscardHandler))
		require.NoError(t, err)
		log := &shortLog{first: first}
		p := &replay{source: log, normalizer: n, sum: &Retried{}}
		require.NoError(t, p.read(t.Context(), pg, "t", 0))
		require.Equal(t, want, pg.seen, "from %d on", first)
		require.Less(t, log.reads, 15)
	}
}
