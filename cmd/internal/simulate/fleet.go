package simulate

import (
	"fmt"
	"slices"
	"time"

	"github.com/gatehound/gatehound/cmd/internal/simulate/agenda"
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
)

// Fleet yields the requests of all clients and attackers in the order of their
// time. It is used by one goroutine.
type Fleet struct {
	cfg      Config
	rng      gateway.Dice
	services []gateway.Service
	// begin, start and end bound the event time; end is 0 if there is none.
	begin, start, end int64
	queue             queue
	idle              []*session
	changes           []change
	truths            []Truth
	record            gateway.Record
}

// source is something that makes requests.
type source interface {
	// emit fills r with the request that is due at that time and returns the
	// time of the source's next one, or 0 if it has ended.
	emit(at int64, r *gateway.Record) int64
}

// warmUp bounds how much is generated before the beginning and thrown away, so
// that sessions are under way when the fleet begins.
const (
	warmUp        = 5 * time.Minute
	warmUpRecords = 100_000
)

// New returns a fleet. It checks cfg.
func New(cfg Config) (*Fleet, error) {
	cfg = cfg.withDefaults()
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("fleet: %w", err)
	}
	f := &Fleet{
		cfg: cfg, rng: gateway.Dice(gateway.Mix(cfg.Seed)), services: append(serviceTable[:len(serviceTable):len(serviceTable)], cfg.Services...),
		start: cfg.Start.UnixNano(), begin: cfg.Start.Add(-cfg.Backlog).UnixNano(),
	}
	if cfg.Live > 0 {
		f.end = cfg.Start.Add(cfg.Live).UnixNano()
	}
	f.openServices()
	for i, p := range cfg.Plants {
		f.plant(i, p)
	}
	return f, nil
}

// openServices makes a traffic source of each service of a wanted format.
func (f *Fleet) openServices() {
	var sum float64
	for i := range f.services {
		if slices.Contains(f.cfg.Formats, f.services[i].Format) {
			sum += f.services[i].Weight
		}
	}
	from := f.begin - int64(min(warmUp, time.Duration(warmUpRecords/f.cfg.Rate*float64(time.Second))))
	for i := range f.services {
		svc := &f.services[i]
		svc.Open(gateway.Mix(f.cfg.Seed + uint64(i)*7919))
		if svc.Weight == 0 || !slices.Contains(f.cfg.Formats, svc.Format) {
			continue // what has no weight is for plants
		}
		t := &traffic{fleet: f, svc: svc, index: i, rate: f.cfg.Rate * svc.Weight / sum / svc.Load.Turns}
		f.queue.push(t.following(from), t)
	}
}

// service returns the service of that number; of none, the first.
func (f *Fleet) service(n int) *gateway.Service { return &f.services[max(n, 0)] }

// behaviour returns what a kind does, nil if there is none of that name.
func (f *Fleet) behaviour(k Kind) *Behaviour { return f.cfg.behaviour(k) }

// Next returns the next request. The record is the fleet's own, valid until
// the next call. It returns false when the live part has ended.
func (f *Fleet) Next() (*gateway.Record, bool) {
	r := &f.record
	for {
		at, src, ok := f.queue.first()
		if !ok || f.end != 0 && at >= f.end {
			return nil, false
		}
		if next := src.emit(at, r); next > 0 {
			f.queue.replace(next)
		} else {
			f.queue.drop()
		}
		if at < f.begin || !f.change(r) {
			continue
		}
		if r.Truth >= 0 {
			f.truths[r.Truth].Events++
		}
		r.Filebeat = f.cfg.Filebeat > 0 && f.rng.Chance(f.cfg.Filebeat)
		r.ID = [2]uint64{f.rng.Next(), f.rng.Next()}
		return r, true
	}
}

// Start returns the event time at which the live part begins.
func (f *Fleet) Start() time.Time { return f.cfg.Start }

// due is a source and the time of its next request; seq keeps the order of
// equal times the same in every run.
type due struct {
	at  int64
	seq uint64
	src source
}

// Before orders by time.
func (d due) Before(o due) bool { return d.at < o.at || d.at == o.at && d.seq < o.seq }

// queue has what is due.
type queue struct {
	heap agenda.Agenda[due]
	seq  uint64
}

func (q *queue) push(at int64, src source) {
	q.seq++
	q.heap.Push(due{at, q.seq, src})
}

func (q *queue) first() (int64, source, bool) {
	if len(q.heap) == 0 {
		return 0, nil, false
	}
	return q.heap[0].at, q.heap[0].src, true
}

// replace gives the first source its next time. A source may push others in
// its emit, all of them later, or at the same time with a higher seq: it is
// still the first.
func (q *queue) replace(at int64) {
	q.seq++
	q.heap[0].at, q.heap[0].seq = at, q.seq
	q.heap.Settle()
}

func (q *queue) drop() { q.heap.Drop() }
