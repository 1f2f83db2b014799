package rules

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
	Events []CaseEvent `yaml:"events"`
}

// CaseEvent is an event, or several of a kind.
type CaseEvent struct {
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

// CaseFile returns where the cases of a file of rules are: beside it, with
// .test before its ending.
func CaseFile(rules string) string {
	ext := filepath.Ext(rules)
	return strings.TrimSuffix(rules, ext) + ".test" + ext
}

// RunCases runs the cases beside a file of rules. cfg has the placeholders. A
// file without cases is an error that errors.Is os.ErrNotExist.
func RunCases(cfg Config, file string) ([]Outcome, error) {
	rules, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read the rules: %w", err)
	}
	cases, err := os.ReadFile(CaseFile(file))
	if err != nil {
		return nil, fmt.Errorf("read the cases: %w", err)
	}
	return runCases(cfg, source{file, rules}, cases)
}

func runCases(cfg Config, rules source, cases []byte) ([]Outcome, error) {
	name := CaseFile(rules.name)
	var all struct {
		Cases []Case `yaml:"cases"`
	}
	d := yaml.NewDecoder(bytes.NewReader(cases))
	d.KnownFields(true)
	if err := d.Decode(&all); err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(all.Cases) == 0 || len(all.Cases) > maxCases {
		return nil, fmt.Errorf("%s: want 1 to %d cases", name, maxCases)
	}
	var out []Outcome
	for i := range all.Cases {
		c := &all.Cases[i]
		o := Outcome{File: name, Name: c.Name}
		reason, err := c.run(cfg, rules)
		if err != nil {
			return nil, fmt.Errorf("%s: case %q: %w", name, c.Name, err)
		}
		o.Reason, o.Passed = reason, reason == ""
		out = append(out, o)
	}
	return out, nil
}

// run holds the events against the rules; the reason is empty if it went as it
// should.
func (c *Case) run(cfg Config, rules source) (reason string, err error) {
	events, err := c.events()
	if err != nil {
		return "", err
	}
	m, err := New(Settings{Config: Config{Repeat: cfg.Repeat, Findings: cfg.Findings, Memory: cfg.Memory, EveryEvent: cfg.EveryEvent}}, nil)
	if err != nil {
		return "", err
	}
	if m.set, err = build([]source{rules}, &cfg); err != nil {
		return "", err
	}
	want := ""
	for _, r := range m.set.rules {
		if c.Rule != "" && (r.ID == c.Rule || r.Name == c.Rule || r.Title == c.Rule) {
			want = r.detector
		}
	}
	if len(m.set.rules) == 0 || c.Rule != "" && want == "" {
		for i := range m.set.infos {
			if x := &m.set.infos[i]; x.State == Refused {
				return fmt.Sprintf("line %d: refused: %s", x.Line, x.Reason), nil
			}
		}
		return "there is no such rule in the file", nil
	}
	m.set.tellAll(want)
	var told []string
	for i := range events {
		_, found := m.Try(&events[i])
		for j := range found {
			told = append(told, found[j].Detector)
		}
	}
	for _, f := range m.Flush() {
		told = append(told, f.Detector)
	}
	got := 0
	for _, d := range told {
		if want == "" || d == want {
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

// tellAll lets the rule of a detector speak, which may only serve correlations.
func (s *set) tellAll(detector string) {
	for _, r := range s.rules {
		if r.detector == detector {
			r.speaks = true
		}
	}
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
