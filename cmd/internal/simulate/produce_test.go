package simulate

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// recorder is a Writer that keeps how many messages came and when.
type recorder struct {
	began   time.Time
	batches []int
	when    []time.Duration
	total   int
	write   func(ctx context.Context, messages [][]byte) error
}

func (w *recorder) Write(ctx context.Context, messages [][]byte) error {
	w.batches = append(w.batches, len(messages))
	w.when = append(w.when, time.Since(w.began))
	w.total += len(messages)
	if w.write != nil {
		return w.write(ctx, messages)
	}
	return nil
}

var _ Writer = (*recorder)(nil)

func TestProduceKeepsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{Seed: 1, Start: start, Backlog: 10 * time.Minute, Live: 2 * time.Minute, Rate: 50}
		w := &recorder{began: time.Now()}
		var live time.Duration
		calls := 0
		n, err := Produce(t.Context(), w, fleet(t, c), Pace{Speed: 4, Batch: 100, Live: func() { live = time.Since(w.began); calls++ }})
		require.NoError(t, err)
		assert.EqualValues(t, w.total, n)
		assert.Equal(t, 1, calls)
		assert.Zero(t, live, "the backlog goes out as fast as it is taken")
		assert.InDelta(t, 30, time.Since(w.began).Seconds(), 1, "two minutes at four times the speed")
		for i, size := range w.batches {
			require.LessOrEqual(t, size, 100)
			require.NotZero(t, size)
			if i > 0 {
				require.GreaterOrEqual(t, w.when[i], w.when[i-1])
			}
		}
	})
}

func TestProduceHoldsTheBacklogBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Config{Seed: 1, Start: start, Backlog: 10 * time.Minute, Live: time.Second, Rate: 50}
		w := &recorder{began: time.Now()}
		var live time.Duration
		sent := 0
		_, err := Produce(t.Context(), w, fleet(t, c), Pace{Backlog: 1000, Live: func() { live, sent = time.Since(w.began), w.total }})
		require.NoError(t, err)
		assert.InDelta(t, float64(sent)/1000, live.Seconds(), 0.1)
	})
}

func TestProduceStopsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		w := &recorder{began: time.Now()}
		n, err := Produce(ctx, w, fleet(t, Config{Seed: 1, Start: start, Rate: 100}), Pace{})
		assert.ErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, w.total, n)
		assert.InDelta(t, 3, time.Since(w.began).Seconds(), 0.1)
		assert.Positive(t, n)
	})
}

func TestProduceReturnsTheWritersError(t *testing.T) {
	broken := errors.New("broker away")
	w := &recorder{write: func(context.Context, [][]byte) error { return broken }}
	n, err := Produce(t.Context(), w, fleet(t, Config{Seed: 1, Start: start, Backlog: time.Minute}), Pace{})
	assert.ErrorIs(t, err, broken)
	assert.Zero(t, n)
	assert.Len(t, w.batches, 1)
}

func TestProduceHandsOverWholeRecords(t *testing.T) {
	c := Default(3, start, time.Minute, time.Second)
	var got [][]byte
	w := &recorder{write: func(_ context.Context, messages [][]byte) error {
		for _, m := range messages {
			require.Equal(t, len(m), cap(m), "an append must not write into the next message")
			got = append(got, append([]byte(nil), m...))
		}
		return nil
	}}
	_, err := Produce(t.Context(), w, fleet(t, c), Pace{Speed: 1000})
	require.NoError(t, err)
	f := fleet(t, c)
	for i := range got {
		r, ok := f.Next()
		require.True(t, ok)
		require.Equal(t, string(r.AppendTo(nil)), string(got[i]))
	}
	_, ok := f.Next()
	assert.False(t, ok)
}

func TestWriteFile(t *testing.T) {
	for _, name := range []string{"access.log", "access.log.gz"} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			c := Default(3, start, 0, 20*time.Second)
			n, err := WriteFile(t.Context(), path, fleet(t, c), 0)
			require.NoError(t, err)

			file, err := os.Open(path)
			require.NoError(t, err)
			defer file.Close()
			var in io.Reader = file
			if filepath.Ext(name) == ".gz" {
				in, err = gzip.NewReader(file)
				require.NoError(t, err)
			}
			lines := int64(0)
			scan := bufio.NewScanner(in)
			scan.Buffer(nil, 1<<20)
			f := fleet(t, c)
			for scan.Scan() {
				r, ok := f.Next()
				require.True(t, ok)
				require.Equal(t, string(r.AppendTo(nil)), scan.Text())
				lines++
			}
			require.NoError(t, scan.Err())
			assert.Equal(t, n, lines)

			raw, err := os.ReadFile(path + ".truth.json")
			require.NoError(t, err)
			var truths []Truth
			require.NoError(t, json.Unmarshal(raw, &truths))
			_, _ = f.Next()
			assert.Equal(t, f.Truths(), truths)
		})
	}
}

func TestWriteFileStops(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.log")
	n, err := WriteFile(t.Context(), path, fleet(t, Config{Seed: 1, Start: start}), 100)
	require.NoError(t, err)
	assert.EqualValues(t, 100, n)

	_, err = WriteFile(t.Context(), path, fleet(t, Config{Seed: 1, Start: start}), 0)
	assert.ErrorContains(t, err, "no end")

	_, err = WriteFile(t.Context(), filepath.Join(path, "no", "folder"), fleet(t, Config{Seed: 1, Start: start}), 1)
	assert.ErrorContains(t, err, "create log file")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = WriteFile(ctx, path, fleet(t, Config{Seed: 1, Start: start}), 100)
	assert.ErrorIs(t, err, context.Canceled)
}
