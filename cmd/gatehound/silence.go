package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/incident"
	"github.com/gatehound/gatehound/schemas"
)

func newSilence() *cobra.Command {
	c := &cobra.Command{
		Use:   "silence",
		Short: "keep alerts from being told for a time",
		Long: `A silence keeps alerts that match from being told, for a time. They are found,
grouped and stored all the same, and told if they are still open when it ends.

  gatehound silence add 'detector=rate.*' tenant=acme --for 2h --comment "load test"
  gatehound silence add 'entity="POST /v1/chat/completions"' --until 2026-12-24T08:00:00Z --comment "migration"
  gatehound silence list
  gatehound silence end 01ab23cd45ef

Matchers all have to match: a label, one of =, !=, =~, !~, >=, <=, > and <, and a
value. Labels are ` + strings.Join(route.Labels(), ", ") + `.
alerting/route/README.md explains them. For what is meant to be so for good, see
"gatehound allow".` + deskHelp,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newSilenceAdd(), newSilenceList(), newSilenceEnd())
	return c
}

func newSilenceAdd() *cobra.Command {
	var d deskFlags
	var length time.Duration
	var from, until, comment string
	c := &cobra.Command{
		Use:   "add MATCHER… --for 2h --comment TEXT",
		Short: "silence alerts that match",
		Long: `Silence the alerts that match all matchers, from now on or a time to come:

  gatehound silence add 'detector=rate.*' tenant=acme --for 2h --comment "load test"
  gatehound silence add 'severity<=medium' --from 2026-12-24T20:00:00Z --until 2026-12-27T06:00:00Z --comment "nobody is here"`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if _, err := route.ParseMatchers(args); err != nil {
				return usage(err)
			}
			if neutral.Text(comment, 1000) == "" {
				return usage(errors.New("--comment: empty; say why, others will read it"))
			}
			begin := time.Now()
			if from != "" {
				t, err := readTime(from)
				if err != nil {
					return usage(fmt.Errorf("--from: %w", err))
				}
				begin = t
			}
			end, err := span(length, until, begin)
			if err != nil {
				return err
			}
			s := schemas.Silence{Matchers: args, Until: end, By: d.who(), Comment: comment}
			if from != "" {
				s.From = begin
			}
			return d.with(c, func(desk alerting.Desk) error {
				made, err := desk.Silence(c.Context(), s)
				if err != nil {
					return err
				}
				if d.output != "table" {
					return printList(c.OutOrStdout(), d.output, []schemas.Silence{made}, "", nil)
				}
				_, err = fmt.Fprintf(c.OutOrStdout(), "silence %s until %s %s: gatehound silence end %[1]s ends it before\n", made.ID, d.clock().At(made.Until), d.clock().Name())
				return err
			})
		},
	}
	d.register(c, true)
	d.shows(c, "json or ndjson")
	c.Flags().DurationVar(&length, "for", 0, "how `long`, such as 2h")
	c.Flags().StringVar(&from, "from", "", "from which `time` on (default now)")
	c.Flags().StringVar(&until, "until", "", "until which `time`")
	c.Flags().StringVarP(&comment, "comment", "m", "", "why (`text`)")
	return c
}

func newSilenceList() *cobra.Command {
	var d deskFlags
	var all bool
	c := &cobra.Command{
		Use:   "list",
		Short: "list the silences that hold or will",
		Long: `List the silences that hold or will; with --all those that are over, too:

  gatehound silence list
  gatehound silence list --all -o json`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				list, err := desk.Silences(all)
				if err != nil {
					return err
				}
				if len(list) == 0 {
					fmt.Fprintln(c.ErrOrStderr(), "no silence holds")
				}
				clock := d.clock()
				return printList(c.OutOrStdout(), d.output, list, "ID\tSTATE\tMATCHERS\tFROM ("+clock.Name()+")\tUNTIL\tBY\tCOMMENT", func(s schemas.Silence) string {
					return fmt.Sprintf("%s\t%s\t%s\t%s\t%s\t%s\t%s", s.ID, inForce(clock, s.From, s.Until, s.Ended), neutral.Text(strings.Join(s.Matchers, " "), 80),
						clock.At(s.From), clock.At(s.Until), or(neutral.Text(s.By, 40), "-"), or(neutral.Text(s.Comment, 80), "-"))
				})
			})
		},
	}
	d.register(c, false)
	d.shows(c, "json or ndjson")
	c.Flags().BoolVarP(&all, "all", "a", false, "those that are over, too")
	return c
}

// inForce says whether something that holds from and until holds now.
func inForce(clock incident.Clock, from, until, ended time.Time) string {
	switch {
	case !ended.IsZero():
		return "ended"
	case clock.Now.Before(from):
		return "to come"
	case clock.Now.Before(until):
		return "in force"
	}
	return "over"
}

func newSilenceEnd() *cobra.Command {
	var d deskFlags
	c := &cobra.Command{
		Use:   "end ID…",
		Short: "end silences before their time",
		Long: `End silences now; alerts that are open are told then:

  gatehound silence end 01ab23cd45ef`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: d.completeIDs(func(desk alerting.Desk) (out []string, err error) {
			list, err := desk.Silences(false)
			for _, s := range list {
				out = append(out, cobra.CompletionWithDesc(s.ID, neutral.Text(strings.Join(s.Matchers, " "), 60)))
			}
			return out, err
		}),
		RunE: func(c *cobra.Command, args []string) error {
			return d.with(c, func(desk alerting.Desk) error {
				return d.end(c, args, func(id string) (string, error) {
					s, err := desk.Unsilence(c.Context(), id, d.who())
					return s.ID, err
				})
			})
		},
	}
	d.register(c, true)
	return c
}

// end ends what has one of the ids, and says so.
func (f *deskFlags) end(c *cobra.Command, ids []string, end func(id string) (string, error)) error {
	for _, id := range ids {
		ended, err := end(id)
		if err != nil {
			return fmt.Errorf("%s: %w", neutral.Text(id, 64), err)
		}
		fmt.Fprintf(c.OutOrStdout(), "%s is ended\n", ended)
	}
	return nil
}
