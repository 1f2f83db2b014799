package rules

import (
	"github.com/gatehound/gatehound/detectors/rules/internal/load"
	"github.com/gatehound/gatehound/schemas"
)

// Files returns the files of rules at paths: those themselves, those in folders,
// and those that patterns match; sorted, each once.
func Files(paths []string) ([]string, error) { return load.Files(paths) }

// Check reads, links and compiles the configured rules, and returns what became
// of each. Files that cannot be read are an error, rules that are refused not.
func Check(cfg Config) ([]Info, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	s, err := open(&cfg)
	if err != nil {
		return nil, err
	}
	return s.infos, nil
}

// Try holds one event against the rules and returns those on single events that
// hold for it, also if they were told before, with what is found by it.
func (m *Monitor) Try(ev *schemas.Event) (held []Info, found []schemas.Finding) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.findings = nil
	if len(m.set.rules) == 0 {
		return nil, nil
	}
	for _, i := range m.set.scratch.Match(ev) {
		held = append(held, m.set.infos[m.set.singles[i].info])
	}
	m.run([]schemas.Event{*ev}, 0, ev.Position.Offset)
	m.end(false)
	return held, m.findings
}
