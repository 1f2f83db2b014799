package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"

	"github.com/gatehound/gatehound/detectors/rules"
	"github.com/gatehound/gatehound/detectors/rules/cases"
	"github.com/gatehound/gatehound/schemas"
)

// RuleConfig returns the settings of the rules at paths, or without paths of
// those that are configured.
func RuleConfig(cfg *Config, paths []string) rules.Config {
	c := cfg.Rules
	if len(paths) > 0 {
		c.Enabled, c.Starter, c.Paths = true, false, paths
	}
	return c
}

// CheckRules compiles rules and returns what became of each.
func CheckRules(c rules.Config) ([]rules.Info, error) {
	infos, err := rules.Check(c)
	if err != nil {
		return nil, argument(fmt.Errorf("rules: %w", err))
	}
	return infos, nil
}

// argument marks an error as the user's: a file that is not there, a setting out
// of bounds.
func argument(err error) error { return ArgumentError(err.Error()) }

// RunRuleCases runs the cases beside the files of rules at paths. bare are the
// files that have none.
func RunRuleCases(c rules.Config) (outcomes []cases.Outcome, bare []string, err error) {
	files, err := rules.Files(c.Paths)
	if err != nil {
		return nil, nil, argument(err)
	}
	for _, f := range files {
		o, err := cases.Run(c, f)
		switch {
		case errors.Is(err, os.ErrNotExist):
			bare = append(bare, f)
		case err != nil:
			return outcomes, bare, argument(err)
		}
		outcomes = append(outcomes, o...)
	}
	return outcomes, bare, nil
}

// RuleMatch is an event for which rules hold, or something found.
type RuleMatch struct {
	// Line is that of the input, from 1; 0 at its end.
	Line int64 `json:"line,omitempty"`
	// Rule is the rule on single events that holds.
	Rule *rules.Info `json:"rule,omitempty"`
	// Finding is what is found by the event, or at the end of a window.
	Finding *schemas.Finding `json:"finding,omitempty"`
}

// RuleTester runs lines through ingest and holds the events against rules.
type RuleTester struct {
	inspector *Inspector
	monitor   *rules.Monitor
	// Lines, Events and Rejects count the input.
	Lines, Events, Rejects int64
}

// NewRuleTester returns a tester. It fails if no rule is in force.
func NewRuleTester(cfg *Config, c rules.Config, log *slog.Logger) (*RuleTester, error) {
	i, err := NewInspector(cfg, false, log)
	if err != nil {
		return nil, err
	}
	m, err := rules.New(rules.Settings{Config: c, Table: eventsTable, Log: log}, nil)
	if err != nil {
		return nil, argument(fmt.Errorf("rules: %w", err))
	}
	if !slices.ContainsFunc(m.Rules(), func(x rules.Info) bool { return x.State == rules.Active }) {
		return nil, argument(errors.New("no rule is in force: see gatehound rules check"))
	}
	return &RuleTester{inspector: i, monitor: m}, nil
}

// Read calls each with what the lines of in match, until each returns an error.
func (t *RuleTester) Read(ctx context.Context, in io.Reader, each func(RuleMatch) error) error {
	return t.inspector.Lines(ctx, in, func(d *Decoded) error {
		t.Lines++
		t.Rejects += int64(len(d.Part.Rejects))
		for i := range d.Part.Events {
			t.Events++
			held, found := t.monitor.Try(&d.Part.Events[i])
			for j := range held {
				if err := each(RuleMatch{Line: d.Line, Rule: &held[j]}); err != nil {
					return err
				}
			}
			if err := findings(d.Line, found, each); err != nil {
				return err
			}
		}
		return nil
	})
}

// End calls each with what the windows that are still open come to.
func (t *RuleTester) End(each func(RuleMatch) error) error {
	return findings(0, t.monitor.Flush(), each)
}

func findings(line int64, found []schemas.Finding, each func(RuleMatch) error) error {
	for i := range found {
		if err := each(RuleMatch{Line: line, Finding: &found[i]}); err != nil {
			return err
		}
	}
	return nil
}
