package teams

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// FuzzCard holds that a card can be sent, whatever is in it, and that no text of it
// acts on a client.
func FuzzCard(f *testing.F) {
	for _, s := range []string{"{{{DATE(x)}}", "$${{x", "<at>all</at>@", "https://evil.example", strings.Repeat("\"\\😀", 5000), "\xff\u202e"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a := alert(schemas.AlertResolved)
		a.Title, a.Summary, a.Outcome, a.Entity.Name, a.Tenant, a.URL, a.MergedInto = s, s, s, s, s, s, s
		a.Finding.Query, a.Finding.Samples = s, []string{s, s}
		c := cardOf(a)
		body, err := encode(c, false)
		if err != nil || weight(body) > maxMessage || !json.Valid(body) {
			t.Fatalf("%d bytes, %v", weight(body), err)
		}
		for _, never := range []string{"{{", "${", "<at>", "@", "://"} {
			if strings.Contains(shown(c), never) || strings.Contains(c.Fallback, never) {
				t.Errorf("the card has %q", never)
			}
		}
	})
}
