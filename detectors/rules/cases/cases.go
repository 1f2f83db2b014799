// Package cases runs the tests that stand beside rules.
package cases

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/schemas"
)

// Case is a test of the rules of a file: events, and whether a rule is told.
type Case struct {
	Name string `yaml:"name"`
	// Match says whether there has to be a finding.
	Match bool `yaml:"match"`
	// Rule is the name, id or title of the rule that is meant, of several in one
	// file; empty means any.
	Rule string `yaml:"rule"`
	// Events are what happens, in order.
	Events []Event `yaml:"events"`
}

// Event is an event, or several of a kind.
type Event struct {
	// After is how long after the one before it comes, default 1s.
	After time.Duration `yaml:"after"`
	// Times repeats it, Every so long after one another (default 1s). In texts
	// {n} is the number of the repetition, from 0.
	Times int           `yaml:"times"`
	Every time.Duration `yaml:"every"`
	// Fields are those of the event, as in its JSON, and client_addr for the true
	// address.
	Fields map[string]any `yaml:",inline"`
}

// Outcome says how a case went.
type Outcome struct {
	File   string `json:"file"`
	Name   string `json:"name"`
	Passed bool   `json:"passed"`
	// Reason says what is wrong if it failed.
	Reason string `json:"reason,omitempty"`
}

// The bounds of a file of cases.
const (
	maxCases  = 1000
	maxEvents = 100_000 // of a case
)

// File returns where the cases of a file of rules are: beside it, with .test
// before its ending.
func File(rules string) string {
	ext := filepath.Ext(rules)
	return strings.TrimSuffix(rules, ext) + ".test" + ext
}

// Run runs the cases beside a file of rules. cfg has the settings, without
// paths. A file without cases is an error that errors.Is os.ErrNotExist.
func Run(cfg rules.Config, file string) ([]Outcome, error) {
	text, err := os.ReadFile(File(file))
	if err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	cfg.Enabled, cfg.Starter, cfg.Paths = true, false, []string{file}
	return run(cfg, file, text)
}

// run runs cases against those rules of cfg that are of a file.
func run(cfg rules.Config, file string, text []byte) ([]Outcome, error) {
	all, err := parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", File(file), err)
	}
	var out []Outcome
	for i := range all {
		reason, err := all[i].run(cfg, file)
		if err != nil {
			return nil, fmt.Errorf("%s: case %q: %w", File(file), all[i].Name, err)
		}
		out = append(out, Outcome{File: File(file), Name: all[i].Name, Passed: reason == "", Reason: reason})
	}
	return out, nil
}

func parse(text []byte) ([]Case, error) {
	var all struct {
		Cases []Case `yaml:"cases"`
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	if len(all.Cases) == 0 || len(all.Cases) > maxCases {
		return nil, fmt.Errorf("want 1 to %d cases", maxCases)
	}
	return all.Cases, nil
}

// run holds the events against the rules; the reason is empty if it went as it
// should.
func (c *Case) run(cfg rules.Config, file string) (reason string, err error) {
	events, err := c.events()
	if err != nil {
		return "", err
	}
	m, err := rules.New(rules.Settings{Config: cfg}, nil)
	if err != nil {
		return "", err
	}
	meant, reason := c.meant(m.Rules(), file)
	if reason != "" {
		return reason, nil
	}
	var found []schemas.Finding
	for i := range events {
		_, more := m.Try(&events[i])
		found = append(found, more...)
	}
	got := 0
	for _, f := range append(found, m.Flush()...) {
		if meant[f.Detector] {
			got++
		}
	}
	switch {
	case c.Match && got == 0:
		return "no finding, and there should be one", nil
	case !c.Match && got > 0:
		return fmt.Sprintf("%d findings, and there should be none", got), nil
	}
	return "", nil
}

// meant returns the detectors of the rules that the case is about.
func (c *Case) meant(all []rules.Info, file string) (detectors map[string]bool, reason string) {
	detectors, reason = map[string]bool{}, "there is no such rule in the file, or it only serves a correlation"
	for i := range all {
		switch x := &all[i]; {
		case x.File != file:
		case x.State == rules.Refused:
			reason = fmt.Sprintf("line %d: refused: %s", x.Line, x.Reason)
		case x.Detector != "" && (c.Rule == "" || x.ID == c.Rule || x.Name == c.Rule || x.Title == c.Rule):
			detectors[x.Detector] = true
		}
	}
	if len(detectors) > 0 {
		reason = ""
	}
	return detectors, reason
}

// events makes the events of a case. They begin on a Monday at noon.
func (c *Case) events() ([]schemas.Event, error) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	var out []schemas.Event
	for i := range c.Events {
		e := &c.Events[i]
		if e.After == 0 {
			e.After = time.Second
		}
		if e.Every == 0 {
			e.Every = time.Second
		}
		at = at.Add(e.After)
		for n := range max(1, e.Times) {
			if len(out) >= maxEvents {
				return nil, fmt.Errorf("it has more than %d events", maxEvents)
			}
			if n > 0 {
				at = at.Add(e.Every)
			}
			ev, err := eventOf(e.Fields, n)
			if err != nil {
				return nil, fmt.Errorf("event %d: %w", i+1, err)
			}
			if ev.Time == 0 {
				ev.Time = at.UnixNano()
			}
			ev.Position.Topic, ev.Position.Offset = "case", int64(len(out))
			out = append(out, ev)
		}
	}
	if len(out) == 0 {
		return nil, errors.New("it has no events")
	}
	return out, nil
}

// stated has the fields whose zero is a value.
var stated = map[string]schemas.FieldSet{
	"status": schemas.HasStatus, "upstream_status": schemas.HasUpstreamStatus, "latency": schemas.HasLatency,
	"upstream_latency": schemas.HasUpstreamLatency, "request_bytes": schemas.HasRequestBytes, "response_bytes": schemas.HasResponseBytes,
	"input_tokens": schemas.HasInputTokens, "output_tokens": schemas.HasOutputTokens, "cached_tokens": schemas.HasCachedTokens,
	"reasoning_tokens": schemas.HasReasoningTokens, "cost": schemas.HasCost, "stream": schemas.HasStream, "temperature": schemas.HasTemperature,
	"max_tokens": schemas.HasMaxTokens, "choices": schemas.HasChoices, "logprobs": schemas.HasLogprobs, "top_logprobs": schemas.HasTopLogprobs,
	"logit_bias": schemas.HasLogitBias, "tools": schemas.HasTools, "messages": schemas.HasMessages, "prompt_length": schemas.HasPrompt,
}

// eventOf makes an event of its fields.
func eventOf(fields map[string]any, n int) (schemas.Event, error) {
	var ev schemas.Event
	plain := map[string]any{}
	for name, v := range fields {
		ev.Known |= stated[name]
		if s, ok := v.(string); ok {
			v = strings.ReplaceAll(s, "{n}", fmt.Sprint(n))
		}
		switch t, isTime := v.(time.Time); {
		case name == "client_addr":
			a, err := netip.ParseAddr(fmt.Sprint(v))
			if err != nil {
				return ev, errors.New("client_addr: want an address")
			}
			ev.ClientAddr = a
			continue
		case name == "time" && isTime:
			v = t.UnixNano()
		}
		plain[name] = v
	}
	text, err := json.Marshal(plain)
	if err != nil {
		return ev, fmt.Errorf("encode the fields: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	known := ev.Known
	if err := d.Decode(&ev); err != nil {
		return ev, fmt.Errorf("read the fields: %w", err)
	}
	if ev.Known |= known; !ev.Client.IsValid() && ev.ClientAddr.IsValid() {
		ev.Client = ev.ClientAddr
	}
	return ev, nil
}
