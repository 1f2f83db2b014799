package rules

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/gatehound/gatehound/detectors/rules/internal/field"
)

var update = flag.Bool("update", false, "write the table of fields into the README")

// fieldTable is what a rule can ask, as the README shows it.
func fieldTable() string {
	var b strings.Builder
	b.WriteString("| field | also called | is | |\n|---|---|---|---|\n")
	code := func(names []string) string {
		if len(names) == 0 {
			return ""
		}
		return "`" + strings.Join(names, "`, `") + "`"
	}
	for _, d := range field.Defs() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", d.Name, code(d.Aliases), d.Kind, d.Doc)
	}
	b.WriteString("\nThese stand for more than one field; a value is looked for in each:\n\n| name | fields |\n|---|---|\n")
	wide := field.Wide()
	for _, name := range slices.Sorted(maps.Keys(wide)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, code(wide[name]))
	}
	b.WriteString("\nA rule that asks for one of these is refused:\n\n| name | because it |\n|---|---|\n")
	absent := field.Absent()
	for _, name := range slices.Sorted(maps.Keys(absent)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, absent[name])
	}
	return b.String()
}

// TestTheReadmeHasTheFields holds the README's table against the code; with
// -update it is written.
func TestTheReadmeHasTheFields(t *testing.T) {
	const from, to = "<!-- fields -->\n", "<!-- /fields -->"
	text, err := os.ReadFile("README.md")
	require.NoError(t, err)
	head, rest, ok := strings.Cut(string(text), from)
	require.True(t, ok)
	_, tail, ok := strings.Cut(rest, to)
	require.True(t, ok)
	want := head + from + fieldTable() + to + tail
	if *update {
		require.NoError(t, os.WriteFile("README.md", []byte(want), 0o600))
		return
	}
	require.Equal(t, want, string(text), "run go test ./detectors/rules -run Readme -update")
}
