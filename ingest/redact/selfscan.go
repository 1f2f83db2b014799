package redact

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/gatehound/gatehound/schemas"
)

// selfScanQueue bounds the events that wait for their second scan.
const selfScanQueue = 256

// tellEvery is the least time between two log lines about leaks.
const tellEvery = time.Minute

// SelfScan scans a sample of the events once more while the service runs. Part is
// safe for concurrent use.
type SelfScan struct {
	every int64
	seen  atomic.Int64
	queue chan schemas.Event
	scan  *SecondScan
	log   *slog.Logger

	leaks                   *prometheus.CounterVec
	scanned, missed, failed prometheus.Counter
}

// NewSelfScan returns a scan of one in cfg.SelfScan events. Its metrics go to reg
// unless it is nil.
func NewSelfScan(cfg Config, log *slog.Logger, reg prometheus.Registerer) (*SelfScan, error) {
	scan, err := NewSecondScan(cfg)
	if err != nil {
		return nil, err
	}
	s := &SelfScan{every: int64(cfg.SelfScan), queue: make(chan schemas.Event, selfScanQueue), scan: scan, log: log,
		leaks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "gatehound_redact_leaks_total", Help: "What the second scan found in sampled events that were redacted, by kind."}, []string{"kind"}),
		scanned: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_redact_self_scanned_total", Help: "Sampled events that were scanned once more."}),
		missed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_redact_self_scan_dropped_total", Help: "Sampled events that were not scanned, because the scan was busy."}),
		failed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "gatehound_redact_self_scan_errors_total", Help: "Sampled events that could not be scanned."}),
	}
	for k := range schemas.RedactionKinds {
		s.leaks.WithLabelValues(k.String())
	}
	if reg != nil {
		reg.MustRegister(s.leaks, s.scanned, s.missed, s.failed)
	}
	return s, nil
}

// Part takes the sampled events of a part. It does not block: what finds no room
// is counted and passed over.
func (s *SelfScan) Part(p *schemas.Part) {
	n := int64(len(p.Events))
	if s.every == 0 || n == 0 {
		return
	}
	last := s.seen.Add(n)
	// The events are numbered from last-n+1 to last; every multiple is taken.
	for at := (last - n) / s.every * s.every; ; {
		if at += s.every; at > last {
			return
		}
		select {
		case s.queue <- p.Events[at-(last-n)-1]:
		default:
			s.missed.Inc()
		}
	}
}

// Run scans until ctx is done. A leak is logged by its kind alone, once a minute.
func (s *SelfScan) Run(ctx context.Context) {
	var told time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case ev := <-s.queue:
			kinds := map[string]int{}
			if err := s.scan.Event(&ev, func(kind, _ string) { kinds[kind]++ }); err != nil {
				s.failed.Inc()
				continue
			}
			s.scanned.Inc()
			for kind, n := range kinds {
				s.leaks.WithLabelValues(kind).Add(float64(n))
				if now := time.Now(); now.Sub(told) >= tellEvery {
					told = now
					s.log.Error("an event that was redacted still has personal data or a secret in it",
						"kind", kind, "topic", ev.Position.Topic, "partition", ev.Position.Partition, "offset", ev.Position.Offset)
				}
			}
		}
	}
}
