package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// constants returns the texts of a file's constants whose names begin with
// prefix, but not with not.
func constants(t *testing.T, path, prefix, not string) (out []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, prefix) || strings.HasPrefix(spec.Names[0].Name, not) {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			require.NoError(t, err)
			out = append(out, text)
		}
		return true
	})
	return out
}

// TestTheReasonsAreOneList: the code, the README of ingest/decode, the help and
// the test that provokes each through the whole pipeline name the same ones.
func TestTheReasonsAreOneList(t *testing.T) {
	reasons := map[string]bool{"unproven": true}
	for _, r := range constants(t, "../../ingest/decode/reject.go", "", "Stage") {
		reasons[r] = true
	}
	for _, r := range constants(t, "../../ingest/chunk.go", "Cut", "-") {
		reasons[r] = true
	}
	want := slices.Sorted(maps.Keys(reasons))
	require.Len(t, want, 12)

	found := func(path, pattern string) []string {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		var out []string
		for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(string(text), -1) {
			out = append(out, m[1])
		}
		slices.Sort(out)
		return slices.Compact(out)
	}
	require.Equal(t, want, found("../../ingest/decode/README.md", "(?m)^\\| (?:frame|decode|redact) \\| `([a-z_]+)` \\|"), "the README")
	require.Equal(t, want, found("rejects.go", `(?m)^  ([a-z_]+)  +[a-z]`), "the help")
	require.Equal(t, reasons["unproven"], strings.Contains(read(t, "../../ingest/normalize.go"), `"redact", "unproven"`))

	// What no message can provoke is not asked for.
	provoked := slices.DeleteFunc(slices.Clone(want), func(r string) bool { return r == "unproven" || r == "unreadable" })
	for _, r := range provoked {
		require.Contains(t, read(t, "../internal/app/badinput_test.go"), strconv.Quote(r))
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
