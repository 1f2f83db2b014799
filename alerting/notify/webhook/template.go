package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"text/template"
	"time"

	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// maxTemplate bounds the template, maxMade what it makes, in bytes.
	maxTemplate = 64 << 10
	maxMade     = 256 << 10
)

// templated makes bodies of a Go template. The template sees a subject.
type templated struct{ tmpl *template.Template }

// subject is what a template is about.
type subject struct {
	Key   string
	Alert *schemas.Alert
	// Time is when what the alert tells happened.
	Time time.Time
}

// template reads and parses the template, and tries it on an alert that has
// something in every place.
func (c *Config) template() (*templated, error) {
	text := c.Template
	if c.TemplateFile != "" {
		f, err := os.Open(c.TemplateFile)
		if err != nil {
			return nil, fmt.Errorf("read template_file: %w", err)
		}
		defer f.Close()
		raw, err := io.ReadAll(io.LimitReader(f, maxTemplate+1))
		if err != nil {
			return nil, fmt.Errorf("read template_file: %w", err)
		}
		text = string(raw)
	}
	if len(text) > maxTemplate {
		return nil, fmt.Errorf("template is too long: want at most %d bytes", maxTemplate)
	}
	t, err := template.New("template").Option("missingkey=error").Funcs(template.FuncMap{"json": quote}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("parse template: %w", err)
	}
	out := &templated{t}
	for _, a := range trials() {
		if _, err := out.encode(&a, "key"); err != nil {
			return nil, fmt.Errorf("try template on an alert that is %s: %w", a.State, err)
		}
	}
	return out, nil
}

// quote writes a value as JSON: a text with its quotes.
func quote(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

var (
	errLong = fmt.Errorf("the template makes more than %d bytes", maxMade)
	errForm = errors.New("the template makes no valid JSON: are all values written by json?")
	errRun  = errors.New("the template fails on the alert")
)

// encode makes the body for a.
func (t *templated) encode(a *schemas.Alert, key string) ([]byte, error) {
	out := &bounded{}
	if err := t.tmpl.Execute(out, subject{key, neutral.Marked(a), neutral.Moment(a)}); err != nil {
		if out.full {
			return nil, errLong
		}
		return nil, errRun // the error of the template can quote the alert
	}
	if !json.Valid(out.Bytes()) {
		return nil, errForm
	}
	var flat bytes.Buffer
	if err := json.Compact(&flat, out.Bytes()); err != nil {
		return nil, errForm
	}
	return neutral.JSON(flat.Bytes()), nil
}

// bounded is a buffer that takes at most maxMade bytes.
type bounded struct {
	bytes.Buffer
	full bool
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > maxMade {
		b.full = true
		return 0, errLong
	}
	return b.Buffer.Write(p)
}

// trials are alerts to try a template on: with as little and as much in them as
// there can be.
func trials() []schemas.Alert {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	who := schemas.Entity{Kind: schemas.EntityPrincipal, Name: `a "b" \ c`}
	least := schemas.Alert{ID: "0", State: schemas.AlertOpen, Sequence: 1, Entity: who, FirstSeen: at, LastSeen: at}
	most := least
	most.State, most.Title, most.Summary, most.Tenant, most.Outcome = schemas.AlertResolved, who.Name, who.Name, who.Name, who.Name
	most.Acknowledged, most.Resolution = &schemas.Mark{At: at, By: who.Name}, &schemas.Mark{At: at}
	most.Parts = []schemas.AlertPart{{Detector: "a.b", Entity: who, Title: who.Name}}
	most.Finding = schemas.Finding{
		Features:   []schemas.Feature{{Name: "a", Text: who.Name}},
		Techniques: []schemas.Technique{{Framework: "MITRE ATLAS", ID: "AML.T0024.002", Name: who.Name}},
		Samples:    []string{who.Name}, Related: []schemas.Entity{who}, Query: "SELECT 1\nFROM events",
		Series:   &schemas.Series{Start: at, Step: 60, Counts: []int64{1, 2}},
		Campaign: &schemas.Campaign{ID: "c-0", Named: []string{who.Name}, Links: []schemas.Link{{Kind: "a", Text: who.Name}}},
	}
	return []schemas.Alert{least, most}
}
