package app

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode/explain"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// Decoded is what became of one line.
type Decoded struct {
	// Line is the line's number, from 1.
	Line int64
	Part *schemas.Part
	// Explanation is nil unless it was asked for.
	Explanation *explain.Explanation
}

// Inspector runs lines through ingest alone.
type Inspector struct {
	normalizer *ingest.Normalizer
	explainer  *explain.Explainer
}

// NewInspector returns an inspector; with explained, it tells where each field
// came from.
func NewInspector(cfg *Config, explained bool, log *slog.Logger) (*Inspector, error) {
	keys, err := LoadKeys(cfg, log)
	if err != nil {
		return nil, err
	}
	in, err := OpenIngest(cfg, keys, log, prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	n, err := in.Normalizer()
	if err != nil {
		return nil, err
	}
	i := &Inspector{normalizer: n}
	if !explained {
		return i, nil
	}
	d, err := in.Decoder()
	if err != nil {
		return nil, err
	}
	r, err := redact.New(cfg.Redact, keys)
	if err != nil {
		return nil, fmt.Errorf("redact: %w", err)
	}
	i.explainer = explain.New(d, r.Text)
	return i, nil
}

// Lines calls each with what became of every line of in, until there are no
// more, or each returns an error.
func (i *Inspector) Lines(ctx context.Context, in io.Reader, each func(*Decoded) error) error {
	return EachLine(ctx, in, func(n int64, c *ingest.Chunk) error {
		d := Decoded{Line: n + 1, Part: i.normalizer.Normalize(c)}
		if i.explainer != nil {
			x := i.explainer.Message(c.Slab, d.Part.Events)
			d.Explanation = &x
		}
		return each(&d)
	})
}
