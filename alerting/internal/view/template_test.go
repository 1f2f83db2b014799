package view

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gatehound/gatehound/schemas"
)

func TestTemplates(t *testing.T) {
	for source, want := range map[string]string{
		"{{.Severity}} {{.Title}} ({{.Tenant}})":                             "high " + story().Title + " (acme)",
		"{{upper .Severity}}: {{lower .State}}":                              "HIGH: resolved",
		`{{join ", " .Finding.Samples}}`:                                     "req-1",
		`{{date "15:04" .LastSeen}}`:                                         "13:00",
		`{{.Muted | default "loud"}} {{.Tenant | default "none"}}`:           "loud acme",
		"{{range .Parts}}[{{.Title}}]{{end}}":                                "[Brute force from " + stored + "][A route]",
		"{{range $.Finding.Features}}{{.Text}}{{else}}none{{end}}":           "120 failures from " + stored,
		"{{with .Finding.Series}}{{range $.Parts}}x{{end}}{{end}}":           "xx",
		"{{with .Finding.Campaign}}{{.ID}}{{end}}":                           "c-1",
		"a\n\tb\x00c {{.ID}}":                                                "a b c 0123456789abcdef",
		"{{if gt .Events 10}}many{{else}}few{{end}}":                         "few",
		"{{printf \"%.1f\" .Confidence}}":                                    "0.0",
		"  {{/* nothing */}} ":                                               story().Title, // as it was
		"{{index .Parts 0 | printf \"%T\"}}":                                 "schemas.AlertPart",
		"{{range .Parts}}{{if .Ended.IsZero}}on {{else}}over {{end}}{{end}}": "on on",
	} {
		a, err := show(t, Settings{Title: source, Summary: "x"}, story())
		if err != nil || a.Title != want || a.Summary != "x" {
			t.Errorf("%q gives %q, %v; want %q", source, a.Title, err, want)
		}
	}
}

// The template sees what the sink is shown, and no more.
func TestTemplateSeesTheView(t *testing.T) {
	s := Settings{Reveal: Nothing, Omit: []string{"tenant"}, CaseURL: "https://c.example/{id}",
		Title: "{{.Entity.Name}}/{{.Tenant}}/{{.Finding.Query}}/{{len .History}}/{{.URL}}"}
	if a, err := show(t, s, story()); err != nil || a.Title != "hidden///0/https://c.example/0123456789abcdef" {
		t.Errorf("got %q, %v", a.Title, err)
	}
}

func TestTemplatesThatAreRefused(t *testing.T) {
	for source, want := range map[string]string{
		"{{.Title":                                                     "is no template",
		"{{nosuch .Title}}":                                            "is no template",
		strings.Repeat("x", 5000):                                      "has 5000 bytes",
		"{{.Titel}}":                                                   "does not work",
		"{{.Finding.Campaign.ID}}":                                     "does not work", // not every alert has one
		"{{index .Parts 1}}":                                           "does not work",
		`{{define "x"}}{{end}}{{.Title}}`:                              "more than one",
		`{{template "title"}}`:                                         "cost too much",
		"{{range 1000000000}}{{end}}":                                  "cost too much",
		"{{range .Events}}{{end}}":                                     "cost too much",
		"{{$n := 5}}{{range $n}}{{end}}":                               "cost too much",
		"{{with .Finding}}{{range .Events}}{{end}}{{end}}":             "cost too much",
		"{{range .Parts}}{{range $.Parts}}{{end}}{{end}}":              "within another",
		"{{if true}}{{else}}{{range 9}}{{end}}{{end}}":                 "cost too much",
		"{{range .Parts}}{{else}}{{range 9}}{{end}}{{end}}":            "cost too much",
		"{{range slice .Parts 0 1}}{{end}}":                            "cost too much",
		"{{range .Parts | len}}{{end}}":                                "cost too much",
		"{{range .Title}}{{end}}":                                      "cost too much",
		"{{with .Finding.Campaign}}{{else}}{{range 9}}{{end}}x{{end}}": "cost too much",
	} {
		if _, err := New(Settings{Title: source}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: got %v, want %q", source, err, want)
		}
	}
}

// A template that fails on some alert leaves its text, and says so without
// quoting it.
func TestTemplateThatFails(t *testing.T) {
	v, err := New(Settings{Title: "{{with .Finding.Samples}}{{index . 2}}{{end}}", Summary: "{{slice .Title 5 1000}}{{.Title}}"})
	if err == nil {
		t.Fatal("a template that fails on every alert is taken", v)
	}
	v, err = New(Settings{Title: "{{with .Finding.Samples}}{{index . 2}}{{end}}", Summary: "fine"})
	if err != nil {
		t.Fatal(err)
	}
	a, err := v.Show(t.Context(), story()) // has one sample
	if err == nil || err.Error() != "title: the template fails on this alert" || a.Title != story().Title || a.Summary != "fine" {
		t.Errorf("got %q, %q, %v", a.Title, a.Summary, err)
	}
}

func TestTemplateOutputIsBounded(t *testing.T) {
	double := "{{$x := .Title}}" + strings.Repeat("{{$x = print $x $x}}", 100) + "{{$x}}"
	slash := `{{$x := "\\"}}` + strings.Repeat("{{$x = js $x}}", 100) + "{{$x}}"
	for name, source := range map[string]string{
		"doubling": double, "escaping": slash, "wide": `{{printf "%999999d" 1}}`,
		"parts": "{{range .Parts}}" + strings.Repeat("{{.Title}}", 100) + "{{end}}",
	} {
		a := story()
		for range 30 {
			a.Parts = append(a.Parts, schemas.AlertPart{Title: strings.Repeat("é", 300)})
		}
		start := time.Now()
		got, err := show(t, Settings{Title: source, Summary: source}, a)
		if err != nil || len(got.Title) > maxTitle || len(got.Summary) > maxSummary || !utf8.ValidString(got.Title) {
			t.Errorf("%s: %d and %d bytes, %v", name, len(got.Title), len(got.Summary), err)
		}
		if d := time.Since(start); d > 20*time.Second { // without the bound it would not end
			t.Errorf("%s took %v", name, d)
		}
	}
}

// FuzzTemplate: whatever an administrator writes, New returns soon, and what it
// takes fills texts within their bounds.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{.Title}}", "{{range .Parts}}{{.Title}}{{end}}", "{{$x := 1}}{{$x}}", "{{len .Title | printf \"%d\"}}", "{{date .ID .FirstSeen}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, source string) {
		v, err := New(Settings{Title: source})
		if err != nil {
			return
		}
		a, err := v.Show(t.Context(), story())
		if len(a.Title) > maxTitle && a.Title != story().Title || err != nil && a.Title != story().Title {
			t.Errorf("%q: %d bytes, %v", source, len(a.Title), err)
		}
	})
}
