package rules

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
)

// Starter has the rules that come with Gatehound, and their cases.
//
//go:embed starter/*.yml
var Starter embed.FS

// The bounds of what is loaded.
const (
	maxRules = 10_000
	maxFiles = 20_000
	maxBytes = 64 << 20
	// maxSize is what all rules may take together when they are compiled, by a
	// guess: 3,000 rules take some 20 MB.
	maxSize = 256 << 20
)

// source is a file of rules.
type source struct {
	name string
	data []byte
}

// sources reads the files that are configured.
func sources(cfg *Config) ([]source, error) {
	var all []source
	if cfg.Starter {
		names, err := fs.Glob(Starter, "starter/*.yml")
		if err != nil {
			return nil, fmt.Errorf("list the starter rules: %w", err)
		}
		for _, n := range names {
			if isRule(n) {
				data, err := Starter.ReadFile(n)
				if err != nil {
					return nil, fmt.Errorf("read the starter rules: %w", err)
				}
				all = append(all, source{n, data})
			}
		}
	}
	names, err := Files(cfg.Paths)
	if err != nil {
		return nil, err
	}
	size := int64(0)
	for _, n := range names {
		info, err := os.Stat(n)
		if err != nil {
			return nil, fmt.Errorf("read a rule: %w", err)
		}
		if !info.Mode().IsRegular() {
			return nil, fmt.Errorf("read a rule: %s is no file", n)
		}
		if size += min(info.Size(), sigma.MaxFile+1); size > maxBytes {
			return nil, fmt.Errorf("the files of rules are larger than %d bytes together", maxBytes)
		}
		data, err := os.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read a rule: %w", err)
		}
		all = append(all, source{n, data})
	}
	return all, nil
}

func isRule(name string) bool {
	ext := filepath.Ext(name)
	return (ext == ".yml" || ext == ".yaml") && !strings.HasSuffix(strings.TrimSuffix(name, ext), ".test")
}

// Files returns the files of rules at paths: those themselves, those in folders,
// and those that patterns match; sorted, each once.
func Files(paths []string) ([]string, error) {
	var files []string
	for _, p := range paths {
		found := []string{p}
		if _, err := os.Stat(p); errors.Is(err, fs.ErrNotExist) && strings.ContainsAny(p, "*?[") {
			if found, err = filepath.Glob(p); err != nil {
				return nil, fmt.Errorf("%s: not a pattern: %w", p, err)
			}
			if len(found) == 0 {
				return nil, fmt.Errorf("%s: no file is called so", p)
			}
		}
		for _, f := range found {
			info, err := os.Stat(f)
			if err != nil {
				return nil, fmt.Errorf("look for rules: %w", err)
			}
			if !info.IsDir() {
				if len(found) == 1 || isRule(f) {
					files = append(files, f)
				}
				continue
			}
			err = filepath.WalkDir(f, func(name string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if d.Type().IsRegular() && isRule(name) {
					files = append(files, name)
				}
				if len(files) > maxFiles {
					return fmt.Errorf("more than %d files", maxFiles)
				}
				return nil
			})
			if err != nil {
				return nil, fmt.Errorf("look for rules in %s: %w", f, err)
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}

// parse reads the rules of the sources. Those that cannot be matched, or whose
// id or name another one has, are refused.
func parse(all []source, cfg *Config) (rules []*sigma.Rule, refused []sigma.Refusal) {
	ids, names := map[string]bool{}, map[string]bool{}
	no := func(r *sigma.Rule, reason string) {
		refused = append(refused, sigma.Refusal{File: r.File, Line: r.Line, ID: r.ID, Title: r.Title, Reason: reason})
	}
	placeholders, size := cfg.placeholders(), 0
	for _, s := range all {
		found, bad := sigma.Parse(s.name, s.data, placeholders)
		refused = append(refused, bad...)
		for _, r := range found {
			switch {
			case len(rules) >= maxRules:
				no(r, fmt.Sprintf("there are more than %d rules", maxRules))
			case r.ID != "" && ids[r.ID]:
				no(r, "another rule has the same id")
			case r.Name != "" && names[r.Name]:
				no(r, "another rule has the same name")
			case size+r.Size > maxSize:
				no(r, fmt.Sprintf("all rules together would take more than %d bytes", maxSize))
			default:
				size += r.Size
				ids[r.ID], names[r.Name] = true, true
				rules = append(rules, r)
			}
		}
	}
	return rules, refused
}
