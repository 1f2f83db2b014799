// Package story says in words what an alert is made of and how it ended.
package story

import (
	"fmt"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// maxPhrases bounds what a sentence lists.
const maxPhrases = 5

// Before tells in one sentence what the parts besides the one that leads were, in
// order; empty if there is no other.
func Before(a *schemas.Alert, lead int) string {
	var earlier, after []schemas.AlertPart
	for i, p := range a.Parts {
		switch {
		case i == lead:
		case p.FirstSeen.After(a.Parts[lead].FirstSeen):
			after = append(after, p)
		default:
			earlier = append(earlier, p)
		}
	}
	var out []string
	if s := phrases(earlier, a.LastSeen); s != "" {
		out = append(out, "before that: "+s)
	}
	if s := phrases(after, a.LastSeen); s != "" {
		out = append(out, "after that: "+s)
	}
	if len(out) == 0 {
		return ""
	}
	return capital(strings.Join(out, "; ")) + "."
}

// phrases says what the parts are in the order in which they began: "credential
// stuffing from 1 address (12:05), then break-in of 1 caller (12:09)".
func phrases(parts []schemas.AlertPart, day time.Time) string {
	type phrase struct {
		what string
		kind schemas.EntityKind
		from time.Time
		n    int
	}
	var list []*phrase
parts:
	for _, p := range sorted(parts) {
		what := Words(p)
		for _, old := range list {
			if old.what == what && old.kind == p.Entity.Kind {
				old.n++
				continue parts
			}
		}
		list = append(list, &phrase{what, p.Entity.Kind, p.FirstSeen, 1})
	}
	var out []string
	for i, p := range list {
		if i == maxPhrases {
			return fmt.Sprintf("%s, and %d more", strings.Join(out, ", then "), len(list)-i)
		}
		out = append(out, fmt.Sprintf("%s %s (%s)", p.what, whose(p.kind, p.n), clockTime(p.from, day)))
	}
	return strings.Join(out, ", then ")
}

// Words says in a few words what a part is: what its title begins with, or the
// rule's name.
func Words(p schemas.AlertPart) string {
	head, _, ok := strings.Cut(p.Title, ":")
	if !ok || len(head) > 60 {
		_, head, ok = strings.Cut(p.Detector, ".")
		if !ok {
			head = p.Detector
		}
		head = strings.ReplaceAll(head, "_", " ")
	}
	return lower(strings.TrimSpace(head))
}

func whose(k schemas.EntityKind, n int) string {
	one, many := "of 1 "+k.String(), fmt.Sprintf("of %d %ss", n, k)
	switch k {
	case schemas.EntityPrincipal:
		one, many = "of 1 caller", fmt.Sprintf("of %d callers", n)
	case schemas.EntityAddress:
		one, many = "from 1 address", fmt.Sprintf("from %d addresses", n)
	case schemas.EntityNone, schemas.EntityGlobal:
		one, many = "overall", "overall"
	}
	if n == 1 {
		return one
	}
	return many
}

// clockTime says when t was; its date too if that is another one than day's.
func clockTime(t, day time.Time) string {
	t = t.UTC()
	if t.Truncate(24 * time.Hour).Equal(day.UTC().Truncate(24 * time.Hour)) {
		return t.Format("15:04")
	}
	return t.Format("2 Jan 15:04")
}
