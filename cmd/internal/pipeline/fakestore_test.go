package pipeline

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

type memoryStore world

func (s *memoryStore) ask(ctx context.Context) error {
	s.mu.Lock()
	f := s.fail
	s.mu.Unlock()
	if f == nil {
		return nil
	}
	return f(ctx)
}

func (s *memoryStore) WriteIntent(ctx context.Context, in schemas.Intent) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.intents = append(s.intents, in)
	return nil
}

func (s *memoryStore) Intents(_ context.Context, _, _ string, partition int32, from int64) ([]schemas.Intent, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []schemas.Intent
	for _, in := range s.intents {
		for _, r := range in.Ranges {
			if r.Partition == partition && r.Next > from {
				out = append(out, in)
				break
			}
		}
	}
	return out, nil
}

func (s *memoryStore) WriteBatch(ctx context.Context, b *schemas.Batch) error {
	if err := s.ask(ctx); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tokens[b.Token] {
		return nil
	}
	s.tokens[b.Token] = true
	for _, part := range b.Parts {
		for i := range part.Events {
			s.events[part.Events[i].Position]++
		}
		for i := range part.Sealed {
			s.sealed[part.Sealed[i].Position]++
		}
		for _, a := range part.Aliases {
			s.aliases[a.Old]++
		}
	}
	return nil
}

func (s *memoryStore) WriteFindings(_ context.Context, fs []schemas.Finding) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range fs {
		s.findings[f.ID] = 1
	}
	return nil
}

func (s *memoryStore) WriteAlerts(_ context.Context, as []schemas.Alert) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range as {
		s.alerts = append(s.alerts, a.ID)
	}
	return nil
}

func (s *memoryStore) SaveCheckpoint(ctx context.Context, c schemas.Checkpoint) error {
	select {
	case <-time.After(s.saving):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = &c
	return nil
}

func (s *memoryStore) LoadCheckpoint(context.Context, string, string) (*schemas.Checkpoint, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved, nil
}

func (s *memoryStore) Deliveries(_ context.Context, limit int, take func(uint64, schemas.Position)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.events {
		if d := deliveryOf(at); limit > 0 {
			take(d, at)
			limit--
		}
	}
	return nil
}

type memorySpool world

func (s *memorySpool) Append(b *schemas.Batch, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spooled) >= s.room {
		return errors.New("spool is full")
	}
	s.serial++
	s.spooled, s.handles = append(s.spooled, b), append(s.handles, strconv.Itoa(s.serial))
	return nil
}

func (s *memorySpool) Next() (*schemas.Batch, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.spooled) == 0 {
		return nil, "", nil
	}
	return s.spooled[0], s.handles[0], nil
}

func (s *memorySpool) Remove(handle string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.handles) == 0 || s.handles[0] != handle {
		return fmt.Errorf("remove %s: not the oldest of %v", handle, s.handles)
	}
	s.spooled, s.handles = s.spooled[1:], s.handles[1:]
	return nil
}

func (s *memorySpool) Refuse(handle string) error {
	s.mu.Lock()
	b := s.spooled[0]
	s.refused = append(s.refused, b)
	s.mu.Unlock()
	return s.Remove(handle)
}

func (s *memorySpool) Deliveries(limit int, take func(uint64, schemas.Position)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, b := range s.spooled {
		for _, part := range b.Parts {
			for i := range part.Events {
				if e := &part.Events[i]; e.Delivery != 0 && limit > 0 {
					take(e.Delivery, e.Position)
					limit--
				}
			}
		}
	}
	return nil
}

func (s *memorySpool) Pending() []schemas.Range {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []schemas.Range
	for _, b := range append(append([]*schemas.Batch(nil), s.spooled...), s.refused...) {
		out = append(out, b.Ranges...)
	}
	return out
}
