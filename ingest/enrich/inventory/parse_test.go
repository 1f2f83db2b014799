package inventory

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/gatehound/gatehound/schemas"
)

// lines writes endpoints as text, sorted, for comparison.
func lines(list []Endpoint) string {
	var out []string
	for _, e := range list {
		kind := [...]string{"", " prefix", " regexp"}[e.Kind]
		out = append(out, fmt.Sprintf("%s %s%s%s %s", e.Method, e.Host, e.Path, kind, e.Listing))
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestParseFiles reads each file of testdata and compares with the .golden file
// beside it.
func TestParseFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) < 12 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, ".golden") || filepath.Base(f) == "fuzz" {
			continue
		}
		t.Run(filepath.Base(f), func(t *testing.T) {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(f + ".golden")
			if err != nil {
				t.Fatal(err)
			}
			list, inexact, err := Parse(Auto, data)
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("%s\ninexact %d\n", lines(list), inexact)
			if got != string(want) {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			if _, err := New(list); err != nil {
				t.Errorf("no inventory: %v", err)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		format Format
		text   string
		want   string
	}{
		"nothing":         {Auto, "", "openapi nor swagger"},
		"HTML":            {Auto, "<!DOCTYPE html><secret>", "YAML of the expected shape"},
		"other YAML":      {Auto, "secret: 1", "openapi nor swagger"},
		"other JSON":      {Auto, `{"secret":1}`, "openapi nor swagger"},
		"broken JSON":     {Auto, `{"openapi":"3.1.0","paths":{"secret`, "JSON of the expected shape"},
		"wrong type":      {Auto, `{"openapi":"3.1.0","paths":{"/a":"secret"}}`, "JSON of the expected shape"},
		"wrong YAML type": {Auto, "openapi: 3.1.0\npaths:\n  /a: secret\n", "YAML of the expected shape"},
		"no Kong":         {Kong, "services: []", "_format_version"},
		"no path":         {List, "GET /a\nGET\n", "line 2"},
		"no such state":   {List, "# x\n/a secret\n", "line 2"},
		"two states":      {List, "/a internal deprecated", "line 1"},
		"not a path":      {List, "GET secret\n", "line 1"},
		"long line":       {List, "/a #" + strings.Repeat("x", 5000), "line 1"},
		"format":          {"toml", "", "unknown format"},
		"many lines":      {List, strings.Repeat("/a\n", maxEndpoints+1), "more than 100000"},
		"many combined":   {Kong, manyCombinations(), "more than 100000"},
		"many paths":      {OpenAPI, manyPaths("{", "}", `"/p%d":{},`, `"openapi":"3.0.0","paths":{`, `"/x":{}}`), "more than 100000"},
		"many YAML paths": {OpenAPI, manyPaths("", "", "  /p%d: {}\n", "openapi: 3.0.0\npaths:\n", ""), "more than 100000"},
		"many nodes":      {OpenAPI, "openapi: 3.0.0\nx: [" + strings.Repeat("[", maxYAMLNodes), "write it as JSON"},
		"large YAML":      {OpenAPI, "openapi: 3.0.0\n#" + strings.Repeat("x", maxYAML), "write it as JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Parse(c.format, []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret") {
				t.Errorf("error %v, want %q", err, c.want)
			}
		})
	}
}

func manyPaths(open, end, each, before, after string) string {
	var b strings.Builder
	b.WriteString(open + before)
	for i := range maxEndpoints + 1 {
		fmt.Fprintf(&b, each, i)
	}
	b.WriteString(after + end)
	return b.String()
}

func manyCombinations() string {
	list := func(n int) string { return `["` + strings.Repeat(`/a","`, n) + `/a"]` }
	return fmt.Sprintf(`{"_format_version":"3.0","routes":[{"paths":%s,"hosts":%s}]}`, list(400), list(400))
}

// TestAliasesStaySmall holds that a document whose aliases would unfold to
// gigabytes does not.
func TestAliasesStaySmall(t *testing.T) {
	var b strings.Builder
	b.WriteString("openapi: 3.0.0\nx-0: &a0 {get: {deprecated: true}}\n")
	for i := range 30 {
		fmt.Fprintf(&b, "x-%d: &a%d [*a%d, *a%d, *a%d, *a%d]\n", i+1, i+1, i, i, i, i)
	}
	b.WriteString("paths:\n  /a: *a0\n  /b: {get: *a30}\n")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	list, _, err := Parse(Auto, []byte(b.String()))
	runtime.ReadMemStats(&after)
	if used := after.TotalAlloc - before.TotalAlloc; used > 32<<20 {
		t.Errorf("%d bytes", used)
	}
	if err == nil && !strings.Contains(lines(list), "GET /a deprecated") {
		t.Errorf("endpoints %s", lines(list))
	}
}

func TestModels(t *testing.T) {
	m, err := ParseModels([]byte("\xef\xbb\xbf# models\ngpt-4o\nGPT-4* deprecated\r\ngpt-4o-mini*\nclaude-*   # all\nours-* [internal]\nours-public\ngpt-4o deprecated\n"))
	if err != nil {
		t.Fatal(err)
	}
	for model, want := range map[string]schemas.Listing{
		"": schemas.ListingUnknown, "gpt-4o": schemas.ListingDeprecated, "GPT-4-turbo": schemas.ListingDeprecated,
		"gpt-4o-mini-2024": schemas.ListingKnown, "claude-x": schemas.ListingKnown, "ours-7b": schemas.ListingInternal,
		"ours-public": schemas.ListingKnown, "gpt-3": schemas.ListingUnlisted, strings.Repeat("g", 300): schemas.ListingUnlisted,
	} {
		if got := m.Listing(model); got != want {
			t.Errorf("%.20s is %v, want %v", model, got, want)
		}
	}
	if m.Len() != 6 {
		t.Errorf("%d models", m.Len())
	}
	if n := testing.AllocsPerRun(100, func() { m.Listing("GPT-4o-mini-x"); m.Listing("nothing") }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for _, text := range []string{"a*b", "secret-model gone", "a b c", strings.Repeat("m", 257), strings.Repeat("m", 600), "**"} {
		if _, err := ParseModels([]byte("ok\n" + text)); err == nil || !strings.Contains(err.Error(), "line 2") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%.20s: %v", text, err)
		}
	}
	var many strings.Builder
	for i := range maxModels + 1 {
		fmt.Fprintf(&many, "m%d\n", i)
	}
	if _, err := ParseModels([]byte(many.String())); err == nil {
		t.Error("no bound on models")
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.*")
	for _, name := range files {
		if data, err := os.ReadFile(name); err == nil {
			f.Add(data, "/v1/x")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, path string) {
		if len(data) > 1<<16 {
			return
		}
		list, _, err := Parse(Auto, data)
		if err != nil {
			return
		}
		e, err := New(list)
		if err != nil {
			return
		}
		clean, _ := Clean(path, nil)
		if m := e.Match("GET", "host", clean); m.Listing == schemas.ListingUnknown {
			t.Error("an inventory says nothing")
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add("/a/../%2e%2E//b;x?y")
	f.Fuzz(func(t *testing.T, path string) {
		clean, _ := Clean(path, nil)
		if len(clean) > len(path)+1 || strings.Contains(clean, "//") || strings.Contains(clean, "/../") {
			t.Errorf("Clean(%q) = %q", path, clean)
		}
	})
}

func FuzzModels(f *testing.F) {
	f.Add([]byte("gpt-4* deprecated\nclaude internal # x"), "gpt-4o")
	f.Fuzz(func(t *testing.T, data []byte, model string) {
		if m, err := ParseModels(data); err == nil && model != "" && m.Listing(model) == schemas.ListingUnknown {
			t.Error("an inventory says nothing")
		}
	})
}

// TestListsStaySmall holds that lists of millions of empty things are refused, or
// passed over, without being held.
func TestListsStaySmall(t *testing.T) {
	empty := strings.Repeat(`{},`, 1_000_000) + `{}`
	for name, text := range map[string]string{
		"routes":            `{"_format_version":"3.0","routes":[` + empty + `]}`,
		"services":          `{"_format_version":"3.0","services":[` + empty + `]}`,
		"routes of service": `{"_format_version":"3.0","services":[{"routes":[` + empty + `]}]}`,
		"servers":           `{"openapi":"3.0.0","servers":[` + empty + `],"paths":{"/a":{"get":{}}}}`,
		"tags":              `{"_format_version":"3.0","routes":[{"tags":[` + strings.Repeat(`"",`, 1_000_000) + `""]}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			data := []byte(text)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			list, _, _ := Parse(Auto, data)
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 160<<20 || len(list) > 1 {
				t.Errorf("%d MiB for %d, %d endpoints", used>>20, len(data)>>20, len(list))
			}
		})
	}
}
