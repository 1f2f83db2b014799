package story

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

// Outcome says what happened in three sentences, the last of which is how.
func Outcome(a *schemas.Alert, how string) string {
	span := "It was over at once"
	if d := a.LastSeen.Sub(a.FirstSeen); d > 0 {
		span = "It lasted " + Lasted(d)
	}
	end := clockTime(a.LastSeen, a.LastSeen)
	return fmt.Sprintf("%s, from %s to %s UTC: %s. %s and %s. %s", span, clockTime(a.FirstSeen, a.LastSeen), end,
		phrases(a.Parts, a.LastSeen), counted(int64(a.Findings), "finding"), counted(a.Events, "event"), how)
}

// Ceased says that what the alert is about was seen no more since last.
func Ceased(a *schemas.Alert, last time.Time) string {
	since := clockTime(last, a.LastSeen)
	switch a.Entity.Kind {
	case schemas.EntityPrincipal:
		return "The caller has sent nothing of the kind since " + since + "."
	case schemas.EntityAddress:
		return "The address has sent nothing of the kind since " + since + "."
	}
	return "Nothing of the kind was seen since " + since + "."
}

// ResolvedBy says who ended it, and why in their words.
func ResolvedBy(by, comment string) string {
	if by == "" {
		by = "somebody"
	}
	if comment == "" {
		return "Resolved by " + by + "."
	}
	return "Resolved by " + by + ": " + strings.TrimRight(comment, ".!? ") + "."
}

// Lasted says how long, to two units: "3h 20m".
func Lasted(d time.Duration) string {
	day := 24 * time.Hour
	switch {
	case d >= day:
		return strings.TrimSuffix(fmt.Sprintf("%dd %dh", d/day, d%day/time.Hour), " 0h")
	case d >= time.Hour:
		return strings.TrimSuffix(fmt.Sprintf("%dh %dm", d/time.Hour, d%time.Hour/time.Minute), " 0m")
	case d >= time.Minute:
		return strings.TrimSuffix(fmt.Sprintf("%dm %ds", d/time.Minute, d%time.Minute/time.Second), " 0s")
	}
	return fmt.Sprintf("%.3gs", d.Seconds())
}

func counted(n int64, what string) string {
	if n == 1 {
		return "1 " + what
	}
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits + " " + what + "s"
}

// sorted returns the parts in the order in which they began.
func sorted(parts []schemas.AlertPart) []schemas.AlertPart {
	parts = slices.Clone(parts)
	slices.SortStableFunc(parts, func(a, b schemas.AlertPart) int {
		return cmp.Or(a.FirstSeen.Compare(b.FirstSeen), cmp.Compare(a.Detector, b.Detector), cmp.Compare(a.Entity.Name, b.Entity.Name))
	})
	return parts
}

func capital(s string) string { return first(s, unicode.ToUpper) }

// lower makes the first letter small, unless the word is an abbreviation.
func lower(s string) string {
	if r := []rune(s); len(r) > 1 && unicode.IsUpper(r[1]) {
		return s
	}
	return first(s, unicode.ToLower)
}

func first(s string, f func(rune) rune) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(f(r)) + s[n:]
}
