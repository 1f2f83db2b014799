package app

import (
	"sync/atomic"

	"github.com/gatehound/gatehound/cmd/internal/pipeline"
	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
)

// workers makes the normalizers of a service, lets them be made anew when the key
// ring was read again, and shows what they make to the self-scan.
type workers struct {
	current atomic.Pointer[Ingest]
	scan    *redact.SelfScan
}

// newWorkers takes what the workers share, and the self-scan, which may be nil.
func newWorkers(in *Ingest, scan *redact.SelfScan) *workers {
	w := &workers{scan: scan}
	w.current.Store(in)
	return w
}

// Normalizer returns a worker's normalizer.
func (w *workers) Normalizer() (pipeline.Normalizer, error) {
	in := w.current.Load()
	n, err := in.Normalizer()
	if err != nil {
		return nil, err
	}
	return &renewing{workers: w, of: in, normalizer: n}, nil
}

// Renew puts a key ring in force: each worker goes over to it with its next
// chunk. After an error all go on as before.
func (w *workers) Renew(keys *redact.Keys) error {
	in := *w.current.Load()
	in.keys = keys
	if _, err := in.Normalizer(); err != nil { // what is built here is built by every worker
		return err
	}
	w.current.Store(&in)
	return nil
}

// renewing is the normalizer of one worker.
type renewing struct {
	workers    *workers
	of         *Ingest
	normalizer *ingest.Normalizer
}

var _ pipeline.Normalizer = (*renewing)(nil)

// Normalize makes a part of a chunk.
func (r *renewing) Normalize(c *ingest.Chunk) *schemas.Part {
	if now := r.workers.current.Load(); now != r.of {
		// Renew has built one like it, so an error cannot come but for a file
		// that went meanwhile; the worker then goes on with the old ring.
		if n, err := now.Normalizer(); err == nil {
			r.normalizer = n
		}
		r.of = now
	}
	part := r.normalizer.Normalize(c)
	if r.workers.scan != nil {
		r.workers.scan.Part(part)
	}
	return part
}
