package pipeline

import (
	"context"
	"sort"
	"sync"
	"time"

	"github.com/gatehound/gatehound/ingest"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// laneSlots is how many chunks of a partition may wait: one that is being
	// merged and one that is being normalised.
	laneSlots = 2
	// While catching up the partitions are read at different speeds, and their
	// events would arrive out of order: merge waits for a partition that has
	// nothing to offer. It waits up to moreWait if the partition is known to
	// have more, and up to alignWait if it is not and the earliest event at
	// hand is older than behind. At the head of the log nobody waits.
	moreWait  = 10 * time.Second
	alignWait = 100 * time.Millisecond
	behind    = 10 * time.Second
)

// job is a chunk that a worker normalises; its place in the lane keeps the
// order.
type job struct {
	generation int
	chunk      *ingest.Chunk
	more       bool // of the chunk
	done       chan *schemas.Part
}

// Chunk takes a chunk over. It blocks while the pipeline is full.
func (p *Pipeline) Chunk(ctx context.Context, c *ingest.Chunk) error {
	l := p.lanes.of(lane{c.Topic, c.Partition})
	select {
	case l.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	case <-p.stopped:
		return p.err()
	}
	j := &job{generation: p.current(), chunk: c, more: c.More, done: make(chan *schemas.Part, 1)}
	select {
	case p.jobs <- j:
	case <-ctx.Done():
		<-l.slots
		return ctx.Err()
	case <-p.stopped:
		return p.err()
	}
	p.took()
	p.lanes.push(l, j)
	return nil
}

// work normalises chunks, on several goroutines.
func (p *Pipeline) work(ctx context.Context, n Normalizer) error {
	for {
		select {
		case j := <-p.jobs:
			start := time.Now()
			part := n.Normalize(j.chunk)
			j.chunk = nil
			p.metrics.busy("normalize", start)
			p.metrics.normalized(part)
			j.done <- part
		case <-ctx.Done():
			return nil
		}
	}
}

// lanes are the partitions' queues of jobs.
type lanes struct {
	mu     sync.Mutex // guards the map and the queues between Chunk and merge
	byName map[lane]*laneQueue
	more   chan struct{} // has a value when something was pushed
}

type laneQueue struct {
	name  lane
	slots chan struct{}
	jobs  []*job
	// The rest is merge's own: the normalised head of the queue and its
	// generation, whether more was to follow it, and since when there is none.
	head   *schemas.Part
	headOf int
	more   bool
	empty  time.Time
}

func newLanes() *lanes {
	return &lanes{byName: map[lane]*laneQueue{}, more: make(chan struct{}, 1)}
}

func (ls *lanes) of(name lane) *laneQueue {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l := ls.byName[name]
	if l == nil {
		l = &laneQueue{name: name, slots: make(chan struct{}, laneSlots), empty: time.Now()}
		ls.byName[name] = l
	}
	return l
}

func (ls *lanes) push(l *laneQueue, j *job) {
	ls.mu.Lock()
	l.jobs = append(l.jobs, j)
	ls.mu.Unlock()
	ls.wake()
}

// wake makes merge look again.
func (ls *lanes) wake() {
	select {
	case ls.more <- struct{}{}:
	default:
	}
}

// all returns the lanes in a fixed order.
func (ls *lanes) all(into []*laneQueue) []*laneQueue {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	into = into[:0]
	for _, l := range ls.byName {
		into = append(into, l)
	}
	sort.Slice(into, func(i, j int) bool {
		if into[i].name.topic != into[j].name.topic {
			return into[i].name.topic < into[j].name.topic
		}
		return into[i].name.partition < into[j].name.partition
	})
	return into
}

// retire forgets the lanes of partitions that are no longer read.
func (ls *lanes) retire(as []ingest.Assignment) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	for _, a := range as {
		if l := ls.byName[lane{a.Topic, a.Partition}]; l != nil && len(l.jobs) == 0 {
			delete(ls.byName, l.name)
		}
	}
}

// fill makes the lane's next part its head; it waits for the worker.
func (l *laneQueue) fill(ctx context.Context, ls *lanes) bool {
	if l.head != nil {
		return true
	}
	ls.mu.Lock()
	var j *job
	if len(l.jobs) > 0 {
		j, l.jobs = l.jobs[0], l.jobs[1:]
	}
	ls.mu.Unlock()
	if j == nil {
		if l.empty.IsZero() {
			l.empty = time.Now()
		}
		return false
	}
	select {
	case l.head = <-j.done:
		l.headOf, l.more, l.empty = j.generation, j.more, time.Time{}
		return true
	case <-ctx.Done():
		return false
	}
}

func firstTime(part *schemas.Part) int64 {
	if len(part.Events) == 0 {
		return 0
	}
	return part.Events[0].Time
}

// next returns the lane whose head is the earliest, or how long to wait for
// lanes that have nothing yet; a negative wait means until more comes.
func (p *Pipeline) next(ctx context.Context, all []*laneQueue) (*laneQueue, time.Duration) {
	var first *laneQueue
	for _, l := range all {
		if l.fill(ctx, p.lanes) && (first == nil || firstTime(l.head) < firstTime(first.head)) {
			first = l
		}
	}
	if first == nil {
		return nil, -1
	}
	if p.draining.Load() {
		return first, 0
	}
	now := time.Now()
	t := firstTime(first.head)
	old := t != 0 && now.UnixNano()-t > int64(behind)
	var wait time.Duration
	for _, l := range all {
		switch {
		case l.head != nil:
		case l.more:
			wait = max(wait, moreWait-now.Sub(l.empty))
		case old:
			wait = max(wait, alignWait-now.Sub(l.empty))
		}
	}
	if wait > 0 {
		return nil, wait
	}
	return first, 0
}

// merge puts the parts of all partitions in one order and cuts it in batches. A
// batch that is old enough goes on as soon as the next stage takes it; as long
// as that is busy the batch grows, up to its bound: large batches cost the store
// less an event.
func (p *Pipeline) merge(ctx context.Context) error {
	var (
		all    []*laneQueue
		u      *unit
		events int
		old    bool // the unit is old enough: age has fired
		age    = time.NewTimer(time.Hour)
		again  = time.NewTimer(time.Hour)
	)
	defer age.Stop()
	defer again.Stop()
	for {
		full := events >= p.set.BatchEvents
		var out chan *unit // takes u if it is full or old enough
		if u != nil && (full || old) {
			out = p.batches
		}
		var l *laneQueue
		var wait time.Duration
		if !full {
			all = p.lanes.all(all)
			l, wait = p.next(ctx, all)
		}
		if l != nil {
			select {
			case out <- u:
				u, events, old = nil, 0, false
			case <-age.C:
				old = u != nil
			default:
			}
			if u == nil {
				age.Reset(p.set.BatchAge)
			}
			u, events = p.take(u, events, l)
			continue
		}
		if u != nil && p.draining.Load() {
			out = p.batches // no more will come to fill it
		}
		var more <-chan struct{}
		if !full {
			more = p.lanes.more
		}
		if wait > 0 {
			again.Reset(wait)
		}
		select {
		case out <- u:
			u, events, old = nil, 0, false
		case <-more:
		case <-again.C:
		case <-age.C:
			old = u != nil
		case <-ctx.Done():
			return nil
		}
	}
}

// take moves the lane's head into the unit, and starts one if there is none.
func (p *Pipeline) take(u *unit, events int, l *laneQueue) (*unit, int) {
	part, of := l.head, l.headOf
	size := max(1, len(part.Events)+len(part.Rejects)) // redeliveries count, too: a batch of nothing else must end
	l.head = nil
	<-l.slots
	if !p.unseen(part, of) {
		p.orphan(part)
		p.done(1) // revoked before it was durable: its next owner reads it again
		return u, events
	}
	part.Aliases = append(part.Aliases, p.adopt()...)
	if u == nil {
		u = &unit{generation: of, observe: &schemas.Batch{}, started: time.Now()}
		u.batch = u.observe
	}
	u.chunks++
	p.add(u, part)
	return u, events + size
}

// add appends part to the unit; what is in the store already is only observed.
func (p *Pipeline) add(u *unit, part *schemas.Part) {
	p.mu.Lock()
	from := p.storeFrom[lane{part.Range.Topic, part.Range.Partition}]
	p.mu.Unlock()
	u.observe.Parts = append(u.observe.Parts, part)
	if part.Range.First >= from {
		if u.batch != u.observe {
			u.batch.Parts = append(u.batch.Parts, part)
		}
		return
	}
	if u.batch == u.observe {
		u.batch = &schemas.Batch{Parts: append([]*schemas.Part(nil), u.observe.Parts[:len(u.observe.Parts)-1]...)}
	}
	if part.Range.Next > from {
		u.batch.Parts = append(u.batch.Parts, tail(part, from))
	}
}

// tail returns the part from an offset on.
func tail(part *schemas.Part, from int64) *schemas.Part {
	t := &schemas.Part{Range: part.Range}
	t.Range.First = from
	i := sort.Search(len(part.Events), func(i int) bool { return part.Events[i].Position.Offset >= from })
	t.Events = part.Events[i:]
	j := sort.Search(len(part.Rejects), func(j int) bool { return part.Rejects[j].Position.Offset >= from })
	t.Rejects = part.Rejects[j:]
	k := sort.Search(len(part.Sealed), func(k int) bool { return part.Sealed[k].Position.Offset >= from })
	t.Sealed, t.Aliases = part.Sealed[k:], part.Aliases // a pair may be stored twice
	return t
}

// maxOrphans bounds the aliases that are kept of parts that were dropped.
const maxOrphans = 1 << 16

// orphan keeps the aliases of a part that is dropped: the worker that found
// them does not tell them again.
func (p *Pipeline) orphan(part *schemas.Part) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.orphans = append(p.orphans, part.Aliases[:min(len(part.Aliases), maxOrphans-len(p.orphans))]...)
}

// adopt returns what orphan kept: it goes with another part.
func (p *Pipeline) adopt() []schemas.Alias {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := p.orphans
	p.orphans = nil
	return out
}
