package deploy

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDocumentsAreTrue looks for what CONTRIBUTING.md and the README name: make
// targets, files, tests and settings.
func TestDocumentsAreTrue(t *testing.T) {
	makefile := read(t, "../Makefile")
	sample := run(t, nil, gatehound, "config")
	targets, paths := 0, 0
	for doc, base := range map[string]string{"../CONTRIBUTING.md": "..", "README.md": "."} {
		text := read(t, doc)
		for _, m := range regexp.MustCompile("(?m)(?:^|`)make ([a-z]+)").FindAllStringSubmatch(text, -1) {
			targets++
			require.Contains(t, makefile, "\n"+m[1]+":", "%s: make %s", doc, m[1])
		}
		for _, m := range regexp.MustCompile("`([a-z][a-zA-Z0-9_./-]*/[a-zA-Z0-9_./-]*)`").FindAllStringSubmatch(text, -1) {
			if strings.Contains(m[1], ".log") || strings.HasPrefix(m[1], "gatehound/") || m[1] == "testing/synctest" {
				continue
			}
			paths++
			require.True(t, exists(filepath.Join(base, m[1])) || exists(filepath.Join("..", m[1])) || exists(filepath.Join("compose", m[1])) ||
				exists(filepath.Join("../cmd", m[1])) || generated[m[1]], "%s: %s is not there", doc, m[1])
		}
		for _, m := range regexp.MustCompile("`([a-z_]+)\\.([a-z_]+)`").FindAllStringSubmatch(text, -1) {
			if strings.Contains("|go|md|yaml|json|log|txt|sh|", "|"+m[2]+"|") || m[1] == "decodetest" {
				continue
			}
			require.Regexp(t, `(?m)^`+m[1]+`:\n(?:[ #].*\n|\n)*?  `+m[2]+`:`, sample, "%s: no setting %s.%s", doc, m[1], m[2])
		}
	}
	require.Greater(t, targets, 8)
	require.Greater(t, paths, 20)
}

// generated are files that the documents name and a command makes.
var generated = map[string]bool{"secrets/grafana-password": true, "keys.json": true}
