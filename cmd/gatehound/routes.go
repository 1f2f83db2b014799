package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/cmd/internal/app"
	"github.com/gatehound/gatehound/schemas"
)

func newRoutes() *cobra.Command {
	c := &cobra.Command{
		Use:   "routes",
		Short: "see which sinks an alert would go to, and why",
		Long: `Routes say who is told of which alerts. They are configured below alerting.routing,
are tried in order, and an alert takes the first that matches:

  alerting:
    routing:
      assets:
        - {name: payments, matchers: [tenant=payments], raise: 1}
      mute_times:
        - {name: nights, times: ["22:00-06:00"], zone: Europe/Berlin}
      routes:
        - name: oncall
          matchers: [severity>=high]
          sinks: [pager, chat]
          escalate: [{after: 15m, sinks: [managers]}]
        - name: rest
          sinks: [chat]
          mute: [nights]

  gatehound routes list --config gatehound.yaml
  gatehound routes test --config gatehound.yaml --detector authfail.stuffing --severity high

alerting/route/README.md has all labels, operators and bounds.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	c.AddCommand(newRoutesTest(), newRoutesList())
	return c
}

// maxAlertFile bounds a file with an alert: one with its whole history and a
// campaign has some hundred kilobytes.
const maxAlertFile = 8 << 20

// routesTestFlags say what alert it is, and when.
type routesTestFlags struct {
	config, output, at, file                  string
	detector, severity, entity, kind          string
	tenant, provider, model, technique, state string
	confidence                                float64
}

func newRoutesTest() *cobra.Command {
	var f routesTestFlags
	c := &cobra.Command{
		Use:   "test",
		Short: "tell which route and sinks an alert would take, and why",
		Long: `Tell what the configured routes do with an alert: its severity for the asset that
it is about, the routes that match and that do not, with the reasons, the sinks,
whether and until when nobody is told, and the steps of escalation. Nothing is
sent. The alert is described by flags, what is left out is not known:

  gatehound routes test -c gatehound.yaml --detector extraction.volume --tenant acme
  gatehound routes test -c gatehound.yaml --severity critical --at 2026-12-24T03:00:00+01:00
  gatehound routes test -c gatehound.yaml --kind address --entity 203.0.113.7 -o json

or it is one that there was:

  gatehound alerts show 4f2c1a --output json | gatehound routes test -c gatehound.yaml --alert -

Only the configuration is asked. Silences and open alerts, which may inhibit this
one, are known to the running service alone: POST /api/v1/routes/test asks it.

It ends with 0 whatever is decided, and with 2 if the configuration or an argument
is wrong.`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if f.output != "human" && f.output != "json" {
				return usage(errors.New("--output: unknown; allowed are human and json"))
			}
			a, err := f.alert(c)
			if err != nil {
				return usage(err)
			}
			now := time.Now()
			if f.at != "" {
				if now, err = time.Parse(time.RFC3339, f.at); err != nil {
					return usage(errors.New("--at: want a time such as 2026-12-24T03:00:00Z"))
				}
			}
			cfg, _, err := loadQuiet(f.config)
			if err != nil {
				return err
			}
			out, err := testRoute(&cfg.Alerting, a, now)
			if err != nil {
				return usage(err)
			}
			if f.output == "json" {
				enc := json.NewEncoder(c.OutOrStdout())
				enc.SetEscapeHTML(false)
				return enc.Encode(out)
			}
			return out.print(c.OutOrStdout())
		},
	}
	configFlag(c, &f.config)
	fs := c.Flags()
	fs.StringVarP(&f.output, "output", "o", "human", "`format` of the output: human or json")
	fs.StringVar(&f.at, "at", "", "as if it were this `time`, such as 2026-12-24T03:00:00Z (default now)")
	fs.StringVar(&f.file, "alert", "", "a `file` with the alert in JSON; - for stdin")
	fs.StringVar(&f.detector, "detector", "", "the `rule`, such as authfail.stuffing")
	fs.StringVar(&f.severity, "severity", "high", "`severity` before assets: info, low, medium, high or critical")
	fs.Float64Var(&f.confidence, "confidence", 0.9, "how sure it is, 0 to 1")
	fs.StringVar(&f.entity, "entity", "", "the `name` of who or what it is about, as alerts show it")
	fs.StringVar(&f.kind, "kind", "", "`kind` of entity: principal (default with --entity), address, route, global, source, model, tenant, host or campaign")
	fs.StringVar(&f.tenant, "tenant", "", "the `tenant`")
	fs.StringVar(&f.provider, "provider", "", "the model's `provider`")
	fs.StringVar(&f.model, "model", "", "the `model`")
	fs.StringVar(&f.technique, "technique", "", "a technique's `id`, such as AML.T0024")
	fs.StringVar(&f.state, "state", "open", "`state`: open, updated, resolved, acknowledged, escalated or reopened")
	return c
}

// alert returns the alert that the flags describe.
func (f *routesTestFlags) alert(c *cobra.Command) (*schemas.Alert, error) {
	if c.Flags().Changed("alert") {
		for _, n := range []string{"detector", "severity", "confidence", "entity", "kind", "tenant", "provider", "model", "technique", "state"} {
			if c.Flags().Changed(n) {
				return nil, fmt.Errorf("--%s: --alert says it already; leave one of them out", n)
			}
		}
		return readAlert(f.file)
	}
	a := &schemas.Alert{Detector: f.detector, Tenant: f.tenant, Confidence: f.confidence,
		Entity: schemas.Entity{Name: f.entity}}
	if a.Severity.UnmarshalText([]byte(f.severity)) != nil {
		return nil, errors.New("--severity: unknown; allowed are info, low, medium, high and critical")
	}
	if !(f.confidence >= 0 && f.confidence <= 1) {
		return nil, errors.New("--confidence: out of bounds; allowed is 0 to 1")
	}
	if f.kind == "" && f.entity != "" {
		f.kind = schemas.EntityPrincipal.String()
	}
	if f.kind != "" && a.Entity.Kind.UnmarshalText([]byte(f.kind)) != nil {
		return nil, errors.New("--kind: unknown; allowed are principal, address, route, global, source, model, tenant, host and campaign")
	}
	if a.State.UnmarshalText([]byte(f.state)) != nil {
		return nil, errors.New("--state: unknown; allowed are open, updated, resolved, acknowledged, escalated and reopened")
	}
	a.Finding = schemas.Finding{Detector: f.detector, Entity: a.Entity, Tenant: f.tenant, Severity: a.Severity,
		Confidence: f.confidence, Provider: f.provider, Model: f.model}
	if f.technique != "" {
		a.Finding.Techniques = []schemas.Technique{{ID: f.technique}}
	}
	a.Parts = []schemas.AlertPart{{Detector: f.detector, Entity: a.Entity, Severity: a.Severity}}
	return a, nil
}

// readAlert reads an alert as `gatehound alerts show --output json` prints it.
// Errors quote nothing of it.
func readAlert(path string) (_ *schemas.Alert, err error) {
	in, err := app.OpenInput(path)
	if err != nil {
		return nil, fmt.Errorf("--alert: %w", err)
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	text, err := io.ReadAll(io.LimitReader(in, maxAlertFile+1))
	if err != nil {
		return nil, fmt.Errorf("--alert: %w", err)
	}
	if len(text) > maxAlertFile {
		return nil, fmt.Errorf("--alert: longer than %d MiB; want one alert in JSON", maxAlertFile>>20)
	}
	a := new(schemas.Alert)
	if json.Unmarshal(text, a) != nil || (a.ID == "" && a.Detector == "") {
		return nil, errors.New("--alert: not an alert in JSON; gatehound alerts show ID --output json prints one")
	}
	return a, nil
}

// routeTest is what `gatehound routes test` prints.
type routeTest struct {
	At       time.Time        `json:"at"`
	Severity schemas.Severity `json:"severity"`
	// Asset is why the severity differs from the worst part's.
	Asset    string          `json:"asset,omitempty"`
	Decision route.Decision  `json:"decision"`
	Sinks    []routeTestSink `json:"sinks"`
	// Escalation is what happens while nobody acknowledges it.
	Escalation []routeTestStep `json:"escalation,omitempty"`

	alert *schemas.Alert
}

// routeTestSink is a sink that the alert goes to, and whether it is told.
type routeTestSink struct {
	Sink  string `json:"sink"`
	Route string `json:"route,omitempty"`
	Told  bool   `json:"told"`
	// Reason is why it is not told.
	Reason string `json:"reason,omitempty"`
}

type routeTestStep struct {
	After string    `json:"after"`
	At    time.Time `json:"at"`
	Sinks []string  `json:"sinks"`
}

// testRoute decides about a at now by the configuration alone.
func testRoute(cfg *alerting.Config, a *schemas.Alert, now time.Time) (*routeTest, error) {
	var names []string
	least := map[string]schemas.Severity{}
	for _, s := range cfg.Sinks {
		names = append(names, s.Name)
		var sev schemas.Severity
		if err := sev.UnmarshalText([]byte(cmp.Or(s.MinSeverity, schemas.SeverityInfo.String()))); err != nil {
			return nil, err
		}
		least[s.Name] = sev
	}
	tree, err := route.New(cfg.Routing, names)
	if err != nil {
		return nil, err
	}
	out := &routeTest{At: now, alert: a, Sinks: []routeTestSink{}}
	out.Severity, out.Asset = tree.Severity(a)
	a.Severity = out.Severity
	out.Decision = tree.Decide(a, route.World{Now: now})
	for _, t := range out.Decision.Targets {
		s := routeTestSink{Sink: t.Sink, Route: t.Route, Told: true}
		if t.Muted != "" {
			s.Told, s.Reason = false, t.Muted+until(t.Until)
		} else if out.Severity < least[t.Sink] {
			s.Told, s.Reason = false, fmt.Sprintf("below its min_severity, %s", least[t.Sink])
		}
		out.Sinks = append(out.Sinks, s)
	}
	for _, s := range out.Decision.Steps {
		out.Escalation = append(out.Escalation, routeTestStep{duration(s.After), now.Add(s.After), s.Sinks})
	}
	return out, nil
}

func (r *routeTest) print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 4, 2, ' ', 0)
	a := r.alert
	what := []string{cmp.Or(neutral.Text(a.Detector, 80), "any rule")}
	if a.Entity.Name != "" {
		what = append(what, "of "+a.Entity.Kind.String()+" "+neutral.Text(a.Entity.Name, 80))
	}
	if a.Tenant != "" {
		what = append(what, "in tenant "+neutral.Text(a.Tenant, 80))
	}
	fmt.Fprintf(w, "alert\t%s\n", strings.Join(what, " "))
	fmt.Fprintf(w, "time\t%s\n", r.At.Format(time.RFC3339))
	severity := r.Severity.String()
	if r.Asset != "" {
		severity += " (" + r.Asset + ")"
	}
	fmt.Fprintf(w, "severity\t%s\n", severity)
	for i, line := range r.Decision.Why {
		fmt.Fprintf(w, "%s\t%s\n", first(i, "why"), line)
	}
	for i, s := range r.Sinks {
		line := s.Sink
		if s.Route != "" {
			line += ", by route " + s.Route
		}
		if !s.Told {
			line += ": not told, " + s.Reason
		}
		fmt.Fprintf(w, "%s\t%s\n", first(i, "sinks"), line)
	}
	if len(r.Sinks) == 0 {
		fmt.Fprintln(w, "sinks\tnone")
	}
	if r.Decision.Muted != "" {
		fmt.Fprintf(w, "muted\t%s\n", r.Decision.Muted+until(r.Decision.Until))
	}
	for i, s := range r.Escalation {
		fmt.Fprintf(w, "%s\tafter %s without acknowledgement, at %s: %s\n", first(i, "escalation"), s.After, s.At.Format(time.RFC3339), strings.Join(s.Sinks, ", "))
	}
	return w.Flush()
}

// first returns the heading of the first line of several.
func first(i int, heading string) string {
	if i > 0 {
		return ""
	}
	return heading
}

func until(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " until " + t.Format(time.RFC3339)
}

// duration writes 15m for 15m0s.
func duration(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
