package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/query"
	"github.com/gatehound/gatehound/cmd/internal/rejects"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

func newRejects() *cobra.Command {
	c := &cobra.Command{
		Use:   "rejects",
		Short: "see what could not be decoded, and try it again after a fix",
		Long: `A record that cannot become an event is kept as a reject: its position, the stage
and reason, and a redacted excerpt, never the raw bytes. The raw record stays in
its Kafka topic and can be read again once a mapping or a bound is right.

  gatehound rejects list                                how many of each reason
  gatehound rejects show gateway-logs/3/18007           one message's rejects
  gatehound rejects replay --reason no_time --dry-run   what would become of them
  gatehound rejects replay --reason no_time

The reasons are explained by "gatehound help reject-reasons".`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRejectsList(), newRejectsShow(), newRejectsReplay())
	return c
}

func newRejectReasons() *cobra.Command {
	return &cobra.Command{Use: "reject-reasons", Short: "what the reasons of rejects mean", Long: rejectReasons}
}

// rejectReasons is what each reason means and what to do about it.
const rejectReasons = `Frame: the message could not be taken apart.
  empty              nothing but white space, or an empty list of records
  invalid_gzip       it starts as gzip and is damaged
  gzip_bomb          it unpacks to more than 16 MiB, or to 200 times its size
  invalid_json       it starts as JSON and is none, or is cut off
  too_deep           it is JSON in strings in strings, or nested too deeply and cut off
  too_large          a record is longer than decode.max_bytes
  too_many           the rest of a message with over 100,000 records or 1,000 rejects
  unreadable         the log could not give the message
Decode: the record could not become an event.
  unknown_format     no format knows it: map it under decode.custom, and try the
                     mapping with gatehound decode --explain
  no_time            neither the record nor its envelope has a time
  time_out_of_range  before 2000, or further ahead than decode.max_future
Redact: it could not be proven clean.
  unproven           the redactor gave up on it; please report the shape

  gatehound rejects list          how many of each there are`

// rejectFlags are the flags that choose rejects.
type rejectFlags struct {
	config, topic, stage, reason, format string
	since                                time.Duration
	limit                                int
}

func (f *rejectFlags) register(c *cobra.Command, limit int) {
	configFlag(c, &f.config)
	c.Flags().StringVar(&f.topic, "topic", "", "only of this `topic`")
	c.Flags().StringVar(&f.stage, "stage", "", "only of this `stage`: frame, decode or redact")
	c.Flags().StringVar(&f.reason, "reason", "", "only with this `reason`")
	c.Flags().StringVar(&f.format, "format", "", "only of this log `format`")
	c.Flags().DurationVar(&f.since, "since", 0, "only of the last `duration`, for example 24h")
	c.Flags().IntVar(&f.limit, "limit", limit, "at most so many (1 to 1000000)")
}

func (f *rejectFlags) filter() (clickhouse.RejectFilter, error) {
	if f.limit < 1 || f.limit > 1_000_000 {
		return clickhouse.RejectFilter{}, usage(errors.New("--limit: allowed is 1 to 1000000"))
	}
	if f.since < 0 {
		return clickhouse.RejectFilter{}, usage(errors.New("--since: allowed is a positive duration, for example 24h"))
	}
	out := clickhouse.RejectFilter{Topic: f.topic, Stage: f.stage, Reason: f.reason, Format: f.format,
		Partition: -1, Offset: -1, Index: -1, Limit: f.limit}
	if f.since > 0 {
		out.Since = time.Now().Add(-f.since)
	}
	return out, nil
}

func newRejectsList() *cobra.Command {
	var f rejectFlags
	var each bool
	var output string
	c := &cobra.Command{
		Use:   "list",
		Short: "count the rejects by reason, or list each",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			cfg, log, err := loadQuiet(f.config)
			if err != nil {
				return err
			}
			if each {
				rejects, err := rejects.List(c.Context(), cfg, filter, log)
				if err != nil {
					return away(err)
				}
				return show(c.OutOrStdout(), output, rejects, "POSITION\tSTAGE\tREASON\tFORMAT\tBYTES\tREJECTED AT", func(r clickhouse.StoredReject) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%d\t%s", position(r), r.Stage, r.Reason, or(r.Format, "-"), r.Bytes, r.At.UTC().Format(time.DateTime))
				})
			}
			counts, err := rejects.Counts(c.Context(), cfg, filter, log)
			if err != nil {
				return away(err)
			}
			if len(counts) == 0 {
				fmt.Fprintln(c.ErrOrStderr(), "no rejects")
			}
			return show(c.OutOrStdout(), output, counts, "COUNT\tTOPIC\tFORMAT\tSTAGE\tREASON\tLAST", func(r clickhouse.RejectCount) string {
				return fmt.Sprintf("%d\t%s\t%s\t%s\t%s\t%s", r.Count, query.Plain(r.Topic), or(r.Format, "-"), r.Stage, r.Reason, r.Last.UTC().Format(time.DateTime))
			})
		},
	}
	f.register(c, 1000)
	c.Flags().BoolVar(&each, "each", false, "list every reject instead of counts")
	outputFlag(c, &output)
	return c
}

func newRejectsShow() *cobra.Command {
	var path, output string
	c := &cobra.Command{
		Use:   "show TOPIC/PARTITION/OFFSET",
		Short: "show the rejects of one message, with redacted excerpts",
		Args:  cobra.ExactArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			filter, err := parsePosition(args[0])
			if err != nil {
				return usage(err)
			}
			cfg, log, err := loadQuiet(path)
			if err != nil {
				return err
			}
			rejects, err := rejects.List(c.Context(), cfg, filter, log)
			if err != nil {
				return away(err)
			}
			if len(rejects) == 0 {
				return fmt.Errorf("%s has no rejects: see gatehound rejects list --each", args[0])
			}
			return show(c.OutOrStdout(), output, rejects, "", func(r clickhouse.StoredReject) string {
				return fmt.Sprintf("%s, record %d\n  rejected at  %s\n  stage        %s\n  reason       %s\n  format       %s\n  bytes        %d\n  excerpt      %s\n",
					position(r), r.Position.Index, r.At.UTC().Format(time.DateTime), r.Stage, r.Reason, or(r.Format, "-"), r.Bytes, or(query.Plain(r.Excerpt), "-"))
			})
		},
	}
	configFlag(c, &path)
	outputFlag(c, &output)
	return c
}

func newRejectsReplay() *cobra.Command {
	var f rejectFlags
	var dry bool
	var output string
	c := &cobra.Command{
		Use:   "replay",
		Short: "decode rejected messages again and store what becomes events",
		Long: `Read the messages of the chosen rejects from Kafka again and decode them as the
configuration is now. What becomes an event is stored, and its reject goes off
the list; what is rejected again, or is not in the topic any more, stays, and so
do the rejects of files. The
detectors do not see these events: their time is over. It can be cut short and
run again: nothing is stored twice.

  gatehound rejects replay --reason unknown_format --since 24h --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return err
			}
			cfg, log, err := loadQuiet(f.config)
			if err != nil {
				return err
			}
			if len(cfg.Kafka.Brokers) == 0 {
				return usage(errors.New("kafka.brokers: empty; rejected messages are read from Kafka again"))
			}
			sum, err := rejects.Replay(c.Context(), cfg, filter, dry, log, func(r rejects.Retried) {
				fmt.Fprintf(c.ErrOrStderr(), "%d messages, %d events\n", r.Messages, r.Events)
			})
			if err != nil && c.Context().Err() != nil {
				return fmt.Errorf("cut short after %d messages, of which %d events are stored; run it again to go on: %w", sum.Messages, sum.Events, err)
			}
			if err != nil {
				return err
			}
			if sum.Files > 0 {
				fmt.Fprintf(c.ErrOrStderr(), "%d rejects are of files, which are not read again: use gatehound replay\n", sum.Files)
			}
			stored := "stored"
			if dry {
				stored = "would be stored"
			}
			return show(c.OutOrStdout(), output, []rejects.Retried{sum}, "", func(r rejects.Retried) string {
				return fmt.Sprintf("%d messages: %d events %s; %d rejected again, %d gone from the topic, %d give other records than are stored",
					r.Messages, r.Events, stored, r.Rejected, r.Gone, r.Ambiguous)
			})
		},
	}
	f.register(c, 100_000)
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell what would become of them")
	outputFlag(c, &output)
	return c
}

func outputFlag(c *cobra.Command, output *string) {
	c.Flags().StringVarP(output, "output", "o", "table", "`format`: table, json or ndjson")
}

// show prints rows as a table with a heading, or as JSON.
func show[T any](out io.Writer, format string, rows []T, heading string, line func(T) string) error {
	switch format {
	case "json":
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		if rows == nil {
			rows = []T{}
		}
		return enc.Encode(rows)
	case "ndjson":
		enc := json.NewEncoder(out)
		for _, r := range rows {
			if err := enc.Encode(r); err != nil {
				return err
			}
		}
		return nil
	case "table":
		w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
		if heading != "" && len(rows) > 0 {
			fmt.Fprintln(w, heading)
		}
		for _, r := range rows {
			fmt.Fprintln(w, line(r))
		}
		return w.Flush()
	}
	return usage(errors.New("--output: unknown; allowed are table, json and ndjson"))
}

func position(r clickhouse.StoredReject) string {
	p := r.Position
	return fmt.Sprintf("%s/%d/%d", query.Plain(p.Topic), p.Partition, p.Offset)
}

// parsePosition reads "topic/partition/offset"; a topic may have slashes, as
// names of files do.
func parsePosition(s string) (clickhouse.RejectFilter, error) {
	f := clickhouse.RejectFilter{Index: -1, Limit: 10_000}
	rest, offset, ok := cutLast(s)
	topic, partition, ok2 := cutLast(rest)
	n, err := strconv.ParseInt(offset, 10, 64)
	p, err2 := strconv.ParseInt(partition, 10, 32)
	if !ok || !ok2 || err != nil || err2 != nil || n < 0 || p < 0 || topic == "" {
		return f, errors.New("that is no position; allowed is topic/partition/offset, as gatehound rejects list --each shows it")
	}
	f.Topic, f.Partition, f.Offset = topic, int32(p), n
	return f, nil
}

func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndexByte(s, '/')
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func or(s, instead string) string {
	if s == "" {
		return instead
	}
	return s
}
