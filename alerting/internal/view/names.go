package view

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// entities calls f with every entity that a names.
func entities(a *schemas.Alert, f func(*schemas.Entity)) {
	f(&a.Entity)
	for i := range a.Parts {
		f(&a.Parts[i].Entity)
	}
	f(&a.Finding.Entity)
	for i := range a.Finding.Related {
		f(&a.Finding.Related[i])
	}
}

// texts calls f with every text about a that people read. The evidence query is
// none: it holds stored names only.
func texts(a *schemas.Alert, f func(*string)) {
	for _, s := range []*string{&a.Title, &a.Summary, &a.Outcome, &a.Finding.Title, &a.Finding.Summary} {
		f(s)
	}
	for _, m := range []*schemas.Mark{a.Acknowledged, a.Resolution} {
		if m != nil {
			f(&m.Comment)
		}
	}
	for i := range a.Parts {
		f(&a.Parts[i].Title)
	}
	for i := range a.Finding.Features {
		f(&a.Finding.Features[i].Text)
	}
	if c := a.Finding.Campaign; c != nil {
		for i := range c.Links {
			f(&c.Links[i].Text)
		}
	}
}

// lookup asks for the true forms of all addresses that a names, once each, and
// returns them by the stored ones. The error counts those that were not revealed.
func (v *View) lookup(ctx context.Context, a *schemas.Alert) (map[string]string, error) {
	names := make(map[string]string)
	asked := make(map[string]bool)
	failed := 0
	entities(a, func(e *schemas.Entity) {
		if e.Kind != schemas.EntityAddress || e.Name == "" || asked[e.Name] {
			return
		}
		asked[e.Name] = true
		name, err := v.ask(ctx, e.Name)
		if err != nil || name == "" {
			failed++
			return
		}
		names[e.Name] = name
	})
	if failed > 0 {
		return names, fmt.Errorf("reveal: %d of %d addresses stay as they are stored", failed, len(asked))
	}
	return names, nil
}

// ask calls the lookup and survives its panic.
func (v *View) ask(ctx context.Context, stored string) (name string, err error) {
	if v.set.Lookup == nil {
		return "", errors.New("nothing reveals addresses here")
	}
	defer func() {
		if recover() != nil {
			err = errors.New("the lookup panicked")
		}
	}()
	return v.set.Lookup(ctx, stored)
}

// masks returns what hides the names of callers, of addresses and of a
// campaign's members.
func masks(a *schemas.Alert) map[string]string {
	names := make(map[string]string)
	entities(a, func(e *schemas.Entity) {
		if (e.Kind == schemas.EntityPrincipal || e.Kind == schemas.EntityAddress) && e.Name != "" {
			names[e.Name] = hidden
		}
	})
	if c := a.Finding.Campaign; c != nil {
		for _, name := range c.Named {
			if name != "" {
				names[name] = hidden
			}
		}
	}
	return names
}

// shapes are what pseudonyms, whole or cut, and addresses look like.
var shapes = regexp.MustCompile(`\b[a-z][0-9]:[A-Za-z0-9_-]{1,32}:[A-Za-z0-9_-]*|[0-9A-Fa-f.:]*[.:][0-9A-Fa-f.:]+(/[0-9]+)?`)

// hide takes out of a text what looks like a caller or an address although the
// alert does not say that it is one: people write comments, and a digest has the
// titles of alerts that it does not name.
func hide(s string) string {
	return shapes.ReplaceAllStringFunc(s, func(word string) string {
		bare := strings.TrimRight(word, ".:")
		if _, err := netip.ParseAddr(bare); err != nil {
			if _, err := netip.ParsePrefix(bare); err != nil && (len(bare) < 3 || bare[2] != ':' || bare[0] < 'a' || bare[0] > 'z' || strings.Count(bare, ":") != 2) {
				return word
			}
		}
		return hidden + word[len(bare):]
	})
}

// rename puts names in place of others in entities and texts.
func rename(a *schemas.Alert, names map[string]string) {
	if len(names) == 0 {
		return
	}
	entities(a, func(e *schemas.Entity) {
		if e.Kind != schemas.EntityPrincipal && e.Kind != schemas.EntityAddress {
			return
		}
		if name, ok := names[e.Name]; ok {
			e.Name = name
		}
	})
	if c := a.Finding.Campaign; c != nil {
		for i := range c.Named {
			if name, ok := names[c.Named[i]]; ok {
				c.Named[i] = name
			}
		}
	}
	old := make([]string, 0, len(names))
	for name := range names {
		old = append(old, name)
	}
	slices.SortFunc(old, func(a, b string) int { return len(b) - len(a) }) // the longest that fits
	texts(a, func(s *string) { *s = replace(*s, old, names) })
}

// replace replaces whole names in s in one pass, so that a name that was put in,
// which may be another's stored form, is left alone.
func replace(s string, old []string, names map[string]string) string {
	var out strings.Builder
	done := 0
	for i := 0; i < len(s); {
		name := begins(s, i, old)
		if name == "" {
			_, n := utf8.DecodeRuneInString(s[i:])
			i += n
			continue
		}
		out.WriteString(s[done:i])
		out.WriteString(names[name])
		i += len(name)
		done = i
	}
	if done == 0 {
		return s
	}
	out.WriteString(s[done:])
	return out.String()
}

// begins returns the name that stands at s[i:] as a word of its own, or "".
func begins(s string, i int, names []string) string {
	for _, name := range names {
		if !strings.HasPrefix(s[i:], name) {
			continue
		}
		before, _ := utf8.DecodeLastRuneInString(s[:i])
		after, _ := utf8.DecodeRuneInString(s[i+len(name):])
		if (i == 0 || !inWord(before)) && !continues(s[i+len(name):], after) {
			return name
		}
	}
	return ""
}

func inWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' || r == '.' || r == ':'
}

// continues reports whether what follows a name makes it a longer one: a dot or a
// colon does if it is no punctuation.
func continues(rest string, after rune) bool {
	if rest == "" {
		return false
	}
	if after == '.' || after == ':' {
		next, _ := utf8.DecodeRuneInString(rest[1:])
		return len(rest) > 1 && (unicode.IsLetter(next) || unicode.IsDigit(next) || next == ':')
	}
	return unicode.IsLetter(after) || unicode.IsDigit(after) || after == '_' || after == '/'
}
