package simulate

import (
	"bufio"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Writer takes messages, for example a topic's producer. It keeps none of them
// after it has returned: their memory is used again.
type Writer interface {
	Write(ctx context.Context, messages [][]byte) error
}

// Pace is how fast a fleet is sent.
type Pace struct {
	// Speed is how many seconds of event time pass in a second of the wall
	// clock in the live part; 1 if 0.
	Speed float64
	// Backlog bounds the records a second of the backlog; 0 is as fast as the
	// Writer takes them.
	Backlog float64
	// Batch bounds the records of one Write; 500 if 0.
	Batch int
	// Tick is how long records of the live part are gathered; 20 ms if 0.
	Tick time.Duration
	// Live, if set, is called once, when the backlog is written.
	Live func()
}

// Produce sends the fleet's records to w until the live part ends or ctx is
// done, and returns how many it sent. The backlog goes out as fast as Pace
// allows; after it event time runs with the wall clock, Speed times as fast.
// If w is slower than that, records go out late, none is left out.
func Produce(ctx context.Context, w Writer, f *Fleet, pace Pace) (int64, error) {
	if pace.Speed <= 0 {
		pace.Speed = 1
	}
	if pace.Batch <= 0 {
		pace.Batch = 500
	}
	if pace.Tick <= 0 {
		pace.Tick = 20 * time.Millisecond
	}
	p := producer{ctx: ctx, w: w, batch: pace.Batch}
	began, live := time.Now(), false
	var due time.Time
	for ctx.Err() == nil {
		r, ok := f.Next()
		if !ok {
			break
		}
		if !live && r.Time >= f.start {
			if err := p.flush(); err != nil {
				return p.sent, err
			}
			live, began = true, time.Now()
			if pace.Live != nil {
				pace.Live()
			}
		}
		switch {
		case live:
			due = began.Add(time.Duration(float64(r.Time-f.start) / pace.Speed))
		case pace.Backlog > 0:
			due = began.Add(time.Duration(float64(p.sent+int64(len(p.ends))) / pace.Backlog * float64(time.Second)))
		}
		if wait := time.Until(due); wait > pace.Tick {
			if err := p.flush(); err != nil {
				return p.sent, err
			}
			sleep(ctx, wait)
		}
		if err := p.add(r); err != nil {
			return p.sent, err
		}
	}
	if err := p.flush(); err != nil {
		return p.sent, err
	}
	return p.sent, ctx.Err()
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// producer gathers records into writes.
type producer struct {
	ctx      context.Context
	w        Writer
	batch    int
	slab     []byte
	ends     []int
	messages [][]byte
	sent     int64
}

func (p *producer) add(r *gateway.Record) error {
	p.slab = r.AppendTo(p.slab)
	p.ends = append(p.ends, len(p.slab))
	if len(p.ends) < p.batch {
		return nil
	}
	return p.flush()
}

func (p *producer) flush() error {
	if len(p.ends) == 0 {
		return nil
	}
	p.messages = p.messages[:0]
	from := 0
	for _, end := range p.ends {
		p.messages = append(p.messages, p.slab[from:end:end])
		from = end
	}
	// What is gathered is still written when ctx is done: Write decides.
	if err := p.w.Write(p.ctx, p.messages); err != nil {
		return fmt.Errorf("write %d simulated records: %w", len(p.ends), err)
	}
	p.sent += int64(len(p.ends))
	p.slab, p.ends = p.slab[:0], p.ends[:0]
	return nil
}

// WriteFile writes the fleet's records to a file, a line each, compressed if
// its name ends in ".gz", and what was planted to the file path+".truth.json".
// It stops after limit records, if limit is above 0, at the end of the live
// part, or when ctx is done. It returns how many records it wrote.
func WriteFile(ctx context.Context, path string, f *Fleet, limit int64) (n int64, err error) {
	if f.end == 0 && limit <= 0 {
		return 0, fmt.Errorf("write %s: the fleet has no end, so a limit is needed", path)
	}
	file, err := os.Create(path)
	if err != nil {
		return 0, fmt.Errorf("create log file: %w", err)
	}
	defer func() {
		if e := file.Close(); err == nil && e != nil {
			err = fmt.Errorf("close log file: %w", e)
		}
	}()
	out := bufio.NewWriterSize(file, 1<<20)
	var lines io.Writer = out
	var zip *gzip.Writer
	if strings.HasSuffix(path, ".gz") {
		zip = gzip.NewWriter(out)
		lines = zip
	}
	var line []byte
	for ; (limit <= 0 || n < limit) && ctx.Err() == nil; n++ {
		r, ok := f.Next()
		if !ok {
			break
		}
		line = append(r.AppendTo(line[:0]), '\n')
		if _, err := lines.Write(line); err != nil {
			return n, fmt.Errorf("write log file: %w", err)
		}
	}
	if zip != nil {
		if err := zip.Close(); err != nil {
			return n, fmt.Errorf("compress log file: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return n, fmt.Errorf("write log file: %w", err)
	}
	truth, err := json.MarshalIndent(f.Truths(), "", "  ")
	if err != nil {
		return n, fmt.Errorf("encode truth: %w", err)
	}
	if err := os.WriteFile(path+".truth.json", append(truth, '\n'), 0o644); err != nil {
		return n, fmt.Errorf("write truth: %w", err)
	}
	return n, ctx.Err()
}
