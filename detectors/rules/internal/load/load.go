// Package load finds and reads files of rules.
package load

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/detectors/rules/internal/sigma"
	"github.com/gatehound/gatehound/detectors/rules/starter"
)

// The bounds of what is loaded.
const (
	MaxRules = 10_000
	maxFiles = 20_000
	maxBytes = 64 << 20
	// maxSize is what all rules may take together when they are compiled, by a
	// guess: 3,000 rules take some 20 MB.
	maxSize = 256 << 20
)

// Source is a file of rules.
type Source struct {
	Name string
	Data []byte
}

// Starter reads the rules that come with Gatehound.
func Starter() ([]Source, error) {
	names, err := fs.Glob(starter.Files, "*.yml")
	if err != nil {
		return nil, fmt.Errorf("list the starter rules: %w", err)
	}
	var all []Source
	for _, n := range names {
		if !IsRule(n) {
			continue
		}
		data, err := starter.Files.ReadFile(n)
		if err != nil {
			return nil, fmt.Errorf("read the starter rules: %w", err)
		}
		all = append(all, Source{"starter/" + n, data})
	}
	return all, nil
}

// Read reads the files of rules at paths.
func Read(paths []string) ([]Source, error) {
	var all []Source
	names, err := Files(paths)
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
		all = append(all, Source{n, data})
	}
	return all, nil
}

// IsRule tells whether a file in a folder is one of rules, by its name.
func IsRule(name string) bool {
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
				if len(found) == 1 || IsRule(f) {
					files = append(files, f)
				}
				continue
			}
			err = filepath.WalkDir(f, func(name string, d fs.DirEntry, err error) error {
				if err != nil {
					return err
				}
				if d.Type().IsRegular() && IsRule(name) {
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

// Parse reads the rules of the sources. Those that cannot be matched, or whose
// id or name another one has, are refused.
func Parse(all []Source, placeholders map[string][]string) (rules []*sigma.Rule, refused []sigma.Refusal) {
	ids, names := map[string]bool{}, map[string]bool{}
	no := func(r *sigma.Rule, reason string) {
		refused = append(refused, sigma.Refusal{File: r.File, Line: r.Line, ID: r.ID, Title: r.Title, Reason: reason})
	}
	size := 0
	for _, s := range all {
		found, bad := sigma.Parse(s.Name, s.Data, placeholders)
		refused = append(refused, bad...)
		for _, r := range found {
			switch {
			case len(rules) >= MaxRules:
				no(r, fmt.Sprintf("there are more than %d rules", MaxRules))
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
