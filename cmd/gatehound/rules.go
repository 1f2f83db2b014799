package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/detectors/rules/cases"
)

func newRules() *cobra.Command {
	c := &cobra.Command{
		Use:   "rules",
		Short: "check, list and test your own rules, in Sigma",
		Long: `Your own rules are written in Sigma (https://sigmahq.io): rules on single requests
for the log sources category webserver, category proxy and product gatehound, and
correlations of them. They run beside the detectors once they are configured:

  rules:
    paths: [/etc/gatehound/rules]
    starter: true        # the rules that come with Gatehound

A rule to begin with:

  cat >browser.yml <<'END'
  title: Chat from a browser
  name: chat_browser
  status: experimental
  level: low
  logsource:
      product: gatehound
  detection:
      call:
          gen_ai.operation.name: chat
          client_class: browser
      condition: call
  END
  gatehound rules check browser.yml
  gatehound rules test browser.yml access.log

detectors/rules/README.md has all fields, modifiers and bounds. A rule that cannot
be matched is refused with the reason; nothing of a rule is passed over silently.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRulesCheck(), newRulesList(), newRulesTest())
	return c
}

// ruleFlags are the flags that all of the commands have.
type ruleFlags struct {
	config, output string
	starter        bool
}

func (f *ruleFlags) add(c *cobra.Command) {
	configFlag(c, &f.config)
	c.Flags().StringVarP(&f.output, "output", "o", "human", "`format` of the output: human or json, one object a line")
}

// load returns the configuration with the settings of the rules at paths.
func (f *ruleFlags) load(paths []string) (*app.Config, rules.Config, error) {
	if f.output != "human" && f.output != "json" {
		return nil, rules.Config{}, usage(errors.New("--output: unknown; allowed are human and json"))
	}
	cfg, _, err := loadQuiet(f.config)
	if err != nil {
		return nil, rules.Config{}, err
	}
	c := app.RuleConfig(cfg, paths)
	if f.starter {
		c.Enabled, c.Starter = true, true
	}
	if len(c.Paths) == 0 && !c.Starter {
		return nil, c, usage(errors.New("no rules: name files or folders, or configure rules.paths or rules.starter"))
	}
	return cfg, c, nil
}

func newRulesCheck() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "check [PATH…]",
		Short: "compile rules, and tell which are refused and why",
		Long: `Read and compile the rules of files and folders, or those that are configured,
and print each rule that is refused with its file, line and reason. It ends with 1
if there is one.

  gatehound rules check rules/
  gatehound rules check 'rules/*.yml' --output json | jq -r .reason | sort | uniq -c`,
		RunE: func(c *cobra.Command, args []string) error {
			_, cfg, err := f.load(args)
			if err != nil {
				return err
			}
			infos, err := app.CheckRules(cfg)
			if err != nil {
				return argument(err)
			}
			active, refused := 0, 0
			for i := range infos {
				x := &infos[i]
				if x.State == rules.Active {
					active++
					continue
				}
				refused++
				if err := printRefusal(c.OutOrStdout(), x, f.output); err != nil {
					return err
				}
			}
			fmt.Fprintf(c.ErrOrStderr(), "rules: %d accepted, %d refused\n", active, refused)
			if refused > 0 {
				return fmt.Errorf("%d of %d rules are refused", refused, active+refused)
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.starter, "starter", false, "the rules that come with Gatehound too")
	return c
}

func printRefusal(w io.Writer, x *rules.Info, output string) error {
	if output == "json" {
		return json.NewEncoder(w).Encode(x)
	}
	_, err := fmt.Fprintf(w, "%s:%d: %s: %s\n", x.File, x.Line, cmp.Or(x.Title, "(no title)"), x.Reason)
	return err
}

func newRulesList() *cobra.Command {
	var f ruleFlags
	c := &cobra.Command{
		Use:   "list [PATH…]",
		Short: "list rules with their state and cost",
		Long: `List the rules of files and folders, or those that are configured: what a finding
of it is called, its level, log source and state, and how often it is looked at.

  rare         only if something was found that few requests have
  frequent     only if something was found that many requests have
  every event  for every request; rules.every_event bounds how many may be
  matches      a correlation: only for what its rules match

Why a rule is refused goes to stderr; in JSON it is with the rule.

  gatehound rules list --config gatehound.yaml
  gatehound rules list --starter
  gatehound rules list rules/ --output json | jq -r 'select(.cost == "every event") | .file'`,
		RunE: func(c *cobra.Command, args []string) error {
			_, cfg, err := f.load(args)
			if err != nil {
				return err
			}
			infos, err := app.CheckRules(cfg)
			if err != nil {
				return argument(err)
			}
			if f.output == "json" {
				out := json.NewEncoder(c.OutOrStdout())
				for i := range infos {
					if err := out.Encode(&infos[i]); err != nil {
						return err
					}
				}
				return nil
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "STATE\tCOST\tLEVEL\tDETECTOR\tTITLE\tLOGSOURCE\tID")
			for i := range infos {
				x := &infos[i]
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.State, cmp.Or(x.Cost, "-"), cmp.Or(x.Level, "-"),
					cmp.Or(x.Detector, "-"), cmp.Or(x.Title, "-"), cmp.Or(x.Source, "-"), cmp.Or(x.ID, "-"))
			}
			if err := w.Flush(); err != nil {
				return err
			}
			for i := range infos {
				if x := &infos[i]; x.State == rules.Refused {
					if err := printRefusal(c.ErrOrStderr(), x, "human"); err != nil {
						return err
					}
				}
			}
			return nil
		},
	}
	f.add(c)
	c.Flags().BoolVar(&f.starter, "starter", false, "the rules that come with Gatehound too")
	return c
}

func newRulesTest() *cobra.Command {
	var f ruleFlags
	var format string
	c := &cobra.Command{
		Use:   "test RULES [LOG…]",
		Short: "hold log lines, or written cases, against rules",
		Long: `Hold the lines of logs (plain, .gz or .zst; - for stdin) against the rules of a
file or folder, through the real ingest: decoded, redacted and enriched. Each rule
that holds for a request is printed with the line, and each finding.

  gatehound rules test browser.yml access.log
  tail -n 1000 access.log | gatehound rules test rules/ -

Without logs, run the cases beside the rules. Those of browser.yml are in
browser.test.yml; the command ends with 1 if one fails:

  cases:
    - name: a browser chats
      match: true
      events:
        - {operation: chat, client_class: browser, status: 200, principal: a}
    - name: an SDK does
      match: false
      events:
        - {operation: chat, client_class: sdk, status: 200, principal: a, times: 100, every: 2s}

An event has the fields of an event in JSON ("gatehound decode" prints some), and
client_addr for the true address. after, times and every say when and how often it
comes; {n} in a text is the number of the repetition. With several rules in a file,
rule: NAME says which one is meant.

  gatehound rules test rules/
  gatehound rules test rules/ --output json | jq 'select(.passed | not)'`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			cfg, settings, err := f.load(args[:1])
			if err != nil {
				return err
			}
			if len(args) == 1 {
				return runRuleCases(c, settings, f.output)
			}
			if err := setFormat(cfg, format); err != nil {
				return err
			}
			_, log, err := loadQuiet(f.config)
			if err != nil {
				return err
			}
			t, err := app.NewRuleTester(cfg, settings, log)
			if err != nil {
				return argument(err)
			}
			p := ruleMatches{out: c.OutOrStdout(), json: f.output == "json"}
			if err := eachInput(c.Context(), args[1:], func(in io.Reader) error { return t.Read(c.Context(), in, p.print) }); err != nil {
				return err
			}
			if err := t.End(p.print); err != nil {
				return err
			}
			fmt.Fprintf(c.ErrOrStderr(), "lines: %d, events: %d, rejected: %d, matches: %d, findings: %d\n",
				t.Lines, t.Events, t.Rejects, p.matches, p.findings)
			return nil
		},
	}
	f.add(c)
	c.Flags().StringVar(&format, "format", "", "log `format` instead of the configured one")
	return c
}

// ruleMatches prints what rules match, and counts.
type ruleMatches struct {
	out               io.Writer
	json              bool
	matches, findings int
}

func (p *ruleMatches) print(x app.RuleMatch) error {
	if x.Rule != nil {
		p.matches++
	} else {
		p.findings++
	}
	if p.json {
		return json.NewEncoder(p.out).Encode(&x)
	}
	at := "end"
	if x.Line > 0 {
		at = fmt.Sprintf("line %d", x.Line)
	}
	var err error
	if x.Rule != nil {
		_, err = fmt.Fprintf(p.out, "%s: matches %q (%s:%d)\n", at, x.Rule.Title, x.Rule.File, x.Rule.Line)
	} else {
		_, err = fmt.Fprintf(p.out, "%s: finding %s [%s] %s %s\n    %s\n", at, x.Finding.Detector, x.Finding.Severity, x.Finding.Entity.Kind, x.Finding.Entity.Name, x.Finding.Summary)
	}
	return err
}

func runRuleCases(c *cobra.Command, settings rules.Config, output string) error {
	outcomes, bare, err := app.RunRuleCases(settings)
	if err != nil {
		return argument(err)
	}
	failed := 0
	for i := range outcomes {
		o := &outcomes[i]
		if !o.Passed {
			failed++
		}
		if output == "json" {
			err = json.NewEncoder(c.OutOrStdout()).Encode(o)
		} else if o.Passed {
			_, err = fmt.Fprintf(c.OutOrStdout(), "ok    %s: %s\n", o.File, o.Name)
		} else {
			_, err = fmt.Fprintf(c.OutOrStdout(), "FAIL  %s: %s: %s\n", o.File, o.Name, o.Reason)
		}
		if err != nil {
			return err
		}
	}
	for _, b := range bare {
		fmt.Fprintf(c.ErrOrStderr(), "%s: no cases: there is no %s\n", b, cases.File(b))
	}
	fmt.Fprintf(c.ErrOrStderr(), "cases: %d, failed: %d, files without cases: %d\n", len(outcomes), failed, len(bare))
	switch {
	case failed > 0:
		return fmt.Errorf("%d of %d cases failed", failed, len(outcomes))
	case len(outcomes) == 0:
		return usage(errors.New("no cases: write some beside the rules, or name a log to hold against them"))
	}
	return nil
}
