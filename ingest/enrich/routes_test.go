package enrich

import (
	"os"
	"strings"
	"testing"
)

// routeCase is a line of testdata/routes.txt.
type routeCase struct{ section, path, want string }

func routeCases(t testing.TB) []routeCase {
	t.Helper()
	data, err := os.ReadFile("testdata/routes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var cases []routeCase
	section := ""
	for line := range strings.Lines(string(data)) {
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0] == "#" || strings.HasPrefix(line, "#"):
		case line[0] == '[':
			section = strings.Trim(words[0], "[]")
		case len(words) == 2:
			cases = append(cases, routeCase{section, words[0], words[1]})
		default:
			t.Fatalf("not a path and a template: %s", line)
		}
	}
	return cases
}

// TestRoutesOfAPIs measures how many templates are told right from the shape of
// their paths alone.
func TestRoutesOfAPIs(t *testing.T) {
	e := newEnricher(t, Config{})
	cases := routeCases(t)
	if len(cases) < 200 {
		t.Fatalf("%d paths", len(cases))
	}
	type score struct{ right, all int }
	sections := map[string]*score{}
	for _, c := range cases {
		if sections[c.section] == nil {
			sections[c.section] = &score{}
		}
		s := sections[c.section]
		s.all++
		if got := e.route(c.path, 200); got == c.want {
			s.right++
		} else {
			t.Logf("[%s] %s is %s, not %s", c.section, c.path, got, c.want)
		}
	}
	var seeds, public score
	for name, s := range sections {
		t.Logf("%-10s %d of %d", name, s.right, s.all)
		if name == "public" {
			public = *s
		} else {
			seeds.right, seeds.all = seeds.right+s.right, seeds.all+s.all
		}
	}
	t.Logf("seeds %d of %d, public APIs %d of %d", seeds.right, seeds.all, public.right, public.all)
	if seeds.right*100 < seeds.all*97 || public.right*100 < public.all*80 {
		t.Errorf("too few: %d of %d seeds, %d of %d paths of public APIs", seeds.right, seeds.all, public.right, public.all)
	}
}
