package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"github.com/gatehound/gatehound/ingest/kafka/internal/partition"
)

// await returns those of the configured topics that exist, once there is at
// least one, and has pinned where they start. It returns an error only when ctx
// is done.
//
// Topics are verified before the group is joined: kafka-go leaves a member that
// joined before its topic existed with nothing assigned for ever, and ends a
// generation again and again while one of its topics is missing.
func (s *Source) await(ctx context.Context) ([]string, error) {
	var logged time.Time
	for n := 0; ; n++ {
		topics, err := s.existing(ctx)
		if err == nil {
			err = s.pin(ctx, topics)
		}
		switch {
		case err != nil:
			s.metrics.groupErrors.Inc()
			if time.Since(logged) > partition.LogEvery && ctx.Err() == nil {
				s.log.Warn("looking up topics failed, will be tried again", "error", err)
				logged = time.Now()
			}
		case len(topics) > 0:
			return topics, nil
		case time.Since(logged) > partition.LogEvery:
			s.log.Warn("no topic exists yet, waiting", "topics", s.cfg.Topics)
			logged = time.Now()
		}
		if err := partition.Sleep(ctx, min(partition.Backoff(n), s.cfg.PartitionWatch)); err != nil {
			return nil, err
		}
	}
}

// existing returns the configured topics that exist, sorted. It creates none,
// also where brokers make topics that are asked for.
func (s *Source) existing(ctx context.Context) ([]string, error) {
	partitions, err := s.dialer.Metadata(ctx)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, t := range s.cfg.Topics {
		if len(partitions[t]) > 0 {
			out = append(out, t)
		}
	}
	return out, nil
}

// pin commits the end of the log for every topic that the group has never
// committed, if that is where it is to start. From then on a partition without
// a commit is a new one, and is read from its start: nothing that arrives
// between two starts, or before a new partition or topic is noticed, is
// skipped.
func (s *Source) pin(ctx context.Context, topics []string) error {
	for _, t := range s.cfg.Topics {
		if !slices.Contains(topics, t) {
			s.late[t] = true
		}
	}
	topics = slices.DeleteFunc(slices.Clone(topics), func(t string) bool { return s.late[t] })
	if s.cfg.Start != StartLast || len(topics) == 0 {
		return nil
	}
	partitions, err := s.dialer.Metadata(ctx)
	if err != nil {
		return err
	}
	for _, t := range topics {
		if err := s.pinTopic(ctx, t, partitions[t]); err != nil {
			return fmt.Errorf("set the start of topic %s: %w", t, err)
		}
	}
	return nil
}

func (s *Source) pinTopic(ctx context.Context, topic string, partitions []int) error {
	client, done := s.dialer.Client()
	defer done()
	committed, err := client.OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: s.cfg.Group, Topics: map[string][]int{topic: partitions}})
	if err != nil {
		return err
	}
	if committed.Error != nil && !errors.Is(committed.Error, kafka.GroupIdNotFound) {
		return committed.Error
	}
	for _, p := range committed.Topics[topic] {
		if p.Error != nil {
			return p.Error
		}
		if p.CommittedOffset >= 0 {
			return nil
		}
	}
	bounds, err := s.dialer.Spans(ctx, map[string][]int{topic: partitions})
	if err != nil {
		return err
	}
	commits := make([]kafka.OffsetCommit, 0, len(partitions))
	for _, id := range partitions {
		commits = append(commits, kafka.OffsetCommit{Partition: id, Offset: bounds[Partition{Topic: topic, ID: int32(id)}].End})
	}
	// Generation -1 is a commit from outside of the group. It is refused while
	// the group has members: then one of them has pinned, or will when asked
	// again.
	res, err := client.OffsetCommit(ctx, &kafka.OffsetCommitRequest{
		GroupID: s.cfg.Group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{topic: commits}})
	if err != nil {
		return err
	}
	for _, p := range res.Topics[topic] {
		if p.Error != nil {
			return p.Error
		}
	}
	s.log.Info("the group is new, it starts at the end of the topic", "topic", topic)
	return nil
}

// unread reports whether a topic has a partition that no member of the group
// has: the group was joined when the member that deals the partitions out did
// not see them yet.
func (s *Source) unread(ctx context.Context, topics []string) (bool, error) {
	partitions, err := s.dialer.Metadata(ctx)
	if err != nil {
		return false, err
	}
	client, done := s.dialer.Client()
	defer done()
	res, err := client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{s.cfg.Group}})
	if err != nil {
		return false, fmt.Errorf("describe group %s: %w", s.cfg.Group, err)
	}
	if len(res.Groups) != 1 || res.Groups[0].Error != nil || res.Groups[0].GroupState != "Stable" {
		return false, nil
	}
	read := map[Partition]bool{}
	for _, m := range res.Groups[0].Members {
		for _, t := range m.MemberAssignments.Topics {
			for _, id := range t.Partitions {
				read[Partition{Topic: t.Topic, ID: int32(id)}] = true
			}
		}
	}
	for _, t := range topics {
		if slices.ContainsFunc(partitions[t], func(id int) bool { return !read[Partition{Topic: t, ID: int32(id)}] }) {
			return true, nil
		}
	}
	return false, nil
}
