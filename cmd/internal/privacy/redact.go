package privacy

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/ingest/redact/scan"
	"github.com/gatehound/gatehound/schemas"
)

// Hit is something that redaction takes out of a line.
type Hit struct {
	// Line counts from 1; Start and End are bytes of the line.
	Line  int64  `json:"line"`
	Start int    `json:"start"`
	End   int    `json:"end"`
	Kind  string `json:"kind"`
	// Recogniser is the name of what recognised it.
	Recogniser string `json:"recogniser"`
}

// ExplainLines calls each for every hit in the lines of in, in their order.
func ExplainLines(ctx context.Context, in io.Reader, each func(Hit) error) error {
	var s scan.Scanner
	return app.EachLine(ctx, in, func(n int64, c *ingest.Chunk) error {
		var hits []Hit
		s.Explain(string(c.Slab), scan.Prompts, func(kind schemas.RedactionKind, recogniser string, start, end int) {
			hits = append(hits, Hit{n + 1, start, end, kind.String(), recogniser})
		})
		slices.SortStableFunc(hits, func(a, b Hit) int { return a.Start - b.Start })
		for _, h := range hits {
			if err := each(h); err != nil {
				return err
			}
		}
		return nil
	})
}

// Leak is what a second scan still found in what redaction put out.
type Leak struct {
	// Output is "line", the redacted line, "event" or "reject", what the whole
	// of ingest makes of it.
	Output string `json:"output"`
	Kind   string `json:"kind"`
	Count  int    `json:"count"`
	// Lines are the first lines that have it, from 1, and Excerpts two
	// characters and a length of what was found there.
	Lines    []int64  `json:"lines"`
	Excerpts []string `json:"excerpts"`
}

// AuditReport is the outcome of AuditLines.
type AuditReport struct {
	Lines   int64  `json:"lines"`
	Events  int64  `json:"events"`
	Rejects int64  `json:"rejects"`
	Leaks   []Leak `json:"leaks"`
}

// maxExamples bounds the lines that a leak names.
const maxExamples = 5

// AuditLines redacts every line in two ways, as text and by the whole of ingest,
// and scans what comes out once more by other means. It adds to r.
func AuditLines(ctx context.Context, cfg *app.Config, in io.Reader, r *AuditReport, log *slog.Logger) error {
	keys, err := app.LoadKeys(cfg, log)
	if err != nil {
		return err
	}
	n, err := app.NewNormalizer(cfg, keys, log)
	if err != nil {
		return err
	}
	plain, err := redact.New(cfg.Redact, keys)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	second, err := redact.NewSecondScan(cfg.Redact)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	return app.EachLine(ctx, in, func(at int64, c *ingest.Chunk) error {
		r.Lines++
		in := func(output string) func(kind, excerpt string) {
			return func(kind, excerpt string) { r.add(output, kind, excerpt, at+1) }
		}
		second.Line(plain.Line(c.Slab, app.MaxLine), in("line"))
		part := n.Normalize(c)
		for i := range part.Events {
			r.Events++
			if err := second.Event(&part.Events[i], in("event")); err != nil {
				return err
			}
		}
		for i := range part.Rejects {
			r.Rejects++
			second.Line(part.Rejects[i].Excerpt, in("reject"))
		}
		return nil
	})
}

func (r *AuditReport) add(output, kind, excerpt string, line int64) {
	i := slices.IndexFunc(r.Leaks, func(l Leak) bool { return l.Output == output && l.Kind == kind })
	if i < 0 {
		i = len(r.Leaks)
		r.Leaks = append(r.Leaks, Leak{Output: output, Kind: kind})
	}
	l := &r.Leaks[i]
	if l.Count++; len(l.Lines) < maxExamples {
		l.Lines, l.Excerpts = append(l.Lines, line), append(l.Excerpts, excerpt)
	}
}

// RedactLines copies lines from in to out, redacted.
func RedactLines(ctx context.Context, cfg *app.Config, in io.Reader, out io.Writer, log *slog.Logger) error {
	keys, err := app.LoadKeys(cfg, log)
	if err != nil {
		return err
	}
	r, err := redact.New(cfg.Redact, keys)
	if err != nil {
		return fmt.Errorf("redact: %w", err)
	}
	w := bufio.NewWriter(out)
	err = app.EachLine(ctx, in, func(_ int64, c *ingest.Chunk) error {
		_, err := w.WriteString(r.Line(c.Slab, app.MaxLine) + "\n")
		return err
	})
	return errors.Join(err, w.Flush())
}
