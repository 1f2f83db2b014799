package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/decode/custom"
	"github.com/gatehound/gatehound/ingest/decode/formats"
	"github.com/gatehound/gatehound/ingest/enrich"
	"github.com/gatehound/gatehound/ingest/prompt"
	"github.com/gatehound/gatehound/ingest/redact"
)

// Ingest is what the workers of ingest share: the user's own formats, and what
// is read from files that may change while it runs.
type Ingest struct {
	cfg        *Config
	keys       *redact.Keys
	own        []*decode.Format
	tables     *enrich.Tables
	signatures *prompt.Signatures
}

// OpenIngest reads the files that the configuration names.
func OpenIngest(cfg *Config, keys *redact.Keys, log *slog.Logger, reg prometheus.Registerer) (*Ingest, error) {
	in := &Ingest{cfg: cfg, keys: keys}
	var err error
	if in.own, err = custom.Formats(cfg.Decode.Custom); err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	if in.tables, err = enrich.Open(cfg.Enrich, log, reg); err != nil {
		return nil, fmt.Errorf("enrich: %w", err)
	}
	if in.signatures, err = prompt.OpenSignatures(cfg.Prompts.SignaturesFile, log, reg); err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return in, nil
}

// Watch reads the files again when they change, until ctx is done.
func (in *Ingest) Watch(ctx context.Context) {
	var wg sync.WaitGroup
	wg.Go(func() { in.tables.Watch(ctx) })
	wg.Go(func() { _ = in.signatures.Watch(ctx) }) // it ends with ctx, and says nothing else
	wg.Wait()
}

// Decoder returns a worker's decoder.
func (in *Ingest) Decoder() (*decode.Decoder, error) {
	c := &in.cfg.Decode
	d, err := formats.New(decode.Options{Format: c.Format, MaxBytes: c.MaxBytes, MaxDepth: c.MaxDepth, MaxFuture: c.MaxFuture}, in.own...)
	if err != nil {
		return nil, fmt.Errorf("decode: %w", err)
	}
	return d, nil
}

// Normalizer returns a worker's decoder, enricher, redactor and reader of
// prompts, put together.
func (in *Ingest) Normalizer() (*ingest.Normalizer, error) {
	d, err := in.Decoder()
	if err != nil {
		return nil, err
	}
	e, err := enrich.New(in.cfg.Enrich, in.tables)
	if err != nil {
		return nil, fmt.Errorf("enrich: %w", err)
	}
	r, err := redact.New(in.cfg.Redact, in.keys)
	if err != nil {
		return nil, fmt.Errorf("redact: %w", err)
	}
	p, err := prompt.New(in.cfg.Prompts, in.keys, in.signatures, r.Text)
	if err != nil {
		return nil, fmt.Errorf("prompts: %w", err)
	}
	return ingest.NewNormalizer(d, e, r, p), nil
}

// NewNormalizer returns a normalizer for a command that reads once.
func NewNormalizer(cfg *Config, keys *redact.Keys, log *slog.Logger) (*ingest.Normalizer, error) {
	in, err := OpenIngest(cfg, keys, log, prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	return in.Normalizer()
}

// ValidateFormat checks the name of the one format that is decoded, which may
// be one of the user's.
func (c *DecodeConfig) ValidateFormat() error {
	own, err := custom.Formats(c.Custom)
	if err != nil {
		return nil //nolint:nilerr // Validate of custom says it
	}
	if _, err := formats.New(decode.Options{Format: c.Format}, own...); err != nil {
		return errors.New("format: " + err.Error())
	}
	return nil
}
