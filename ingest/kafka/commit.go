package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/segmentio/kafka-go"
)

// commit commits what is marked, at the interval and once more at the end.
func (m *membership) commit(quit <-chan struct{}) {
	t := time.NewTicker(m.cfg.CommitInterval)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			m.flush()
		case <-quit:
			m.flush()
			return
		}
	}
}

// flush commits what is marked and not committed yet. What fails is tried again
// by the next flush, as long as the partitions are owned.
func (m *membership) flush() {
	m.ledger.publish()
	offsets := m.ledger.pending()
	if offsets == nil {
		return
	}
	err := m.gen.CommitOffsets(offsets)
	if moved(err) {
		err = m.commitAnew(offsets)
	}
	if err != nil {
		m.metrics.commitErrors.Inc()
		m.log.Warn("committing offsets failed", "group", m.cfg.Group, "generation", m.gen.ID, "error", err)
		return
	}
	m.metrics.commits.Inc()
	m.ledger.settle(offsets)
	m.ledger.publish()
}

// moved reports whether a commit failed because the coordinator is another
// broker now, or its connection broke. The generation keeps the connection that
// it began with, and ends at the next heartbeat; but it still is the one that
// owns the partitions.
func moved(err error) bool {
	var ke kafka.Error
	return errors.Is(err, kafka.NotCoordinatorForGroup) || errors.Is(err, kafka.GroupCoordinatorNotAvailable) ||
		err != nil && !errors.As(err, &ke)
}

// commitAnew commits as the generation does, over a new connection to whoever
// is the coordinator now.
func (m *membership) commitAnew(offsets map[string]map[int]int64) error {
	ctx, cancel := context.WithTimeout(context.Background(), min(m.cfg.DialTimeout, m.cfg.drain()))
	defer cancel()
	req := &kafka.OffsetCommitRequest{GroupID: m.gen.GroupID, GenerationID: int(m.gen.ID), MemberID: m.gen.MemberID,
		Topics: map[string][]kafka.OffsetCommit{}}
	for t, ps := range offsets {
		for id, offset := range ps {
			req.Topics[t] = append(req.Topics[t], kafka.OffsetCommit{Partition: id, Offset: offset})
		}
	}
	client, done := m.dialer.Client()
	defer done()
	res, err := client.OffsetCommit(ctx, req)
	if err != nil {
		return err
	}
	for t, ps := range res.Topics {
		for _, p := range ps {
			if p.Error != nil {
				return fmt.Errorf("commit %s/%d: %w", t, p.Partition, p.Error)
			}
		}
	}
	return nil
}
