package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting/route"
)

func newRoutesList() *cobra.Command {
	var path, output string
	c := &cobra.Command{
		Use:   "list",
		Short: "list the routes, and what else says who is told",
		Long: `List the routes in the order in which they are tried, then what changes severities
(assets) and what keeps alerts from being told (maintenance, inhibition).

  gatehound routes list --config gatehound.yaml
  gatehound routes list --config gatehound.yaml --output json | jq -r 'select(.sinks == []) | .route'

In JSON it is one route a line.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if output != "human" && output != "json" {
				return usage(errors.New("--output: unknown; allowed are human and json"))
			}
			cfg, _, err := loadQuiet(path)
			if err != nil {
				return err
			}
			var sinks []string
			for _, s := range cfg.Alerting.Sinks {
				sinks = append(sinks, s.Name)
			}
			if output == "json" {
				return encodeRoutes(c.OutOrStdout(), &cfg.Alerting.Routing)
			}
			return printRoutes(c.OutOrStdout(), &cfg.Alerting.Routing, sinks)
		},
	}
	configFlag(c, &path)
	c.Flags().StringVarP(&output, "output", "o", "human", "`format` of the output: human or json, one object a line")
	return c
}

// listedRoute is a line of `gatehound routes list --output json`.
type listedRoute struct {
	Route    string          `json:"route"`
	Matchers []string        `json:"matchers"`
	Sinks    []string        `json:"sinks"`
	During   []string        `json:"during,omitempty"`
	Mute     []string        `json:"mute,omitempty"`
	Continue bool            `json:"continue,omitempty"`
	Escalate []listedRouteIn `json:"escalate,omitempty"`
}

type listedRouteIn struct {
	After string   `json:"after"`
	Sinks []string `json:"sinks"`
}

func encodeRoutes(w io.Writer, c *route.Config) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range c.Routes {
		x := listedRoute{Route: r.Name, Matchers: append([]string{}, r.Matchers...), Sinks: append([]string{}, r.Sinks...),
			During: r.During, Mute: r.Mute, Continue: r.Continue}
		for _, s := range r.Escalate {
			x.Escalate = append(x.Escalate, listedRouteIn{duration(s.After), s.Sinks})
		}
		if err := enc.Encode(x); err != nil {
			return err
		}
	}
	return nil
}

func printRoutes(to io.Writer, c *route.Config, sinks []string) error {
	list := func(l []string, none string) string { return cmp.Or(strings.Join(l, ", "), none) }
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "ROUTE\tMATCHERS\tSINKS\tDURING\tMUTE\tTHEN\tESCALATION")
	for _, r := range c.Routes {
		then := "stop"
		if r.Continue {
			then = "continue"
		}
		var steps []string
		for _, s := range r.Escalate {
			steps = append(steps, duration(s.After)+": "+list(s.Sinks, ""))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", r.Name, list(r.Matchers, "everything"), list(r.Sinks, "none: told to nobody"),
			list(r.During, "always"), list(r.Mute, "never"), then, list(steps, "-"))
	}
	if !slices.ContainsFunc(c.Routes, func(r route.Route) bool { return len(r.Matchers)+len(r.During) == 0 && !r.Continue }) {
		fmt.Fprintf(w, "(no match)\teverything else\t%s\talways\tnever\tstop\t-\n", list(sinks, "none are configured"))
	}
	if len(c.Assets) > 0 {
		fmt.Fprintln(w, "\nASSET\tMATCHERS\tSEVERITY")
		for _, a := range c.Assets {
			fmt.Fprintf(w, "%s\t%s\t%+d\n", a.Name, list(a.Matchers, ""), a.Raise)
		}
	}
	if len(c.Maintenance) > 0 {
		fmt.Fprintln(w, "\nMAINTENANCE\tMATCHERS\tWHEN\tCOMMENT")
		for _, m := range c.Maintenance {
			var when []string
			if !m.From.IsZero() {
				when = append(when, "from "+m.From.Format(time.RFC3339))
			}
			if !m.Until.IsZero() {
				when = append(when, "until "+m.Until.Format(time.RFC3339))
			}
			if len(m.During) > 0 {
				when = append(when, "in "+list(m.During, ""))
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, list(m.Matchers, ""), strings.Join(when, " "), cmp.Or(m.Comment, "-"))
		}
	}
	if len(c.Inhibit) > 0 {
		fmt.Fprintln(w, "\nAN OPEN ALERT WITH\tSILENCES ALERTS WITH\tOF THE SAME")
		for _, i := range c.Inhibit {
			fmt.Fprintf(w, "%s\t%s\t%s\n", list(i.Source, ""), list(i.Target, ""), list(i.Equal, "-"))
		}
	}
	return w.Flush()
}
