package view

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
	"unicode"

	"github.com/gatehound/gatehound/schemas"
)

// Bounds in bytes: of what templates give, of what a function in them gives, and
// of templates.
const (
	maxTitle    = 512
	maxSummary  = 2 << 10
	maxValue    = 4 << 10
	maxTemplate = 4 << 10
)

// text is a template for a title or a summary.
type text struct {
	name string
	max  int
	tmpl *template.Template
}

// parseText reads a template and tries it on an alert that has everything and on
// one that has what all alerts have, so that no misspelt field waits for the night
// to be found. Without source it returns nil, which leaves texts as they are.
//
// What a template costs is bounded by its form: it goes over lists of the alert,
// which are bounded, once, and calls no other template; a function gives at most
// maxValue.
func parseText(name, source string, most int) (*text, error) {
	if source == "" {
		return nil, nil
	}
	if len(source) > maxTemplate {
		return nil, fmt.Errorf("%s has %d bytes: want at most %d", name, len(source), maxTemplate)
	}
	tmpl, err := template.New(name).Funcs(functions).Option("missingkey=error").Parse(source)
	if err != nil {
		return nil, fmt.Errorf("%s is no template: %w; want one such as {{.Severity}} {{.Title}}", name, err)
	}
	if len(tmpl.Templates()) != 1 || tmpl.Tree == nil {
		return nil, fmt.Errorf("%s has more than one template: want it without define and block", name)
	}
	if err := bounded(tmpl.Root, false); err != nil {
		return nil, fmt.Errorf("%s could cost too much: %w", name, err)
	}
	bare := schemas.Alert{Parts: make([]schemas.AlertPart, 1)}
	for _, sample := range []schemas.Alert{full(), bare} {
		w := &limited{left: most}
		if err := tmpl.Execute(w, &sample); err != nil && !w.full {
			return nil, fmt.Errorf("%s does not work on every alert: %w; want fields of an alert, and with where one may be missing", name, err)
		}
	}
	return &text{name: name, max: most, tmpl: tmpl}, nil
}

// bounded walks a template and refuses what could cost more than its length.
func bounded(n parse.Node, ranging bool) error {
	var lists []parse.Node
	switch n := n.(type) {
	case *parse.ListNode:
		if n == nil {
			return nil
		}
		lists = n.Nodes
	case *parse.TemplateNode:
		return errors.New("want no call of another template")
	case *parse.IfNode:
		lists = []parse.Node{n.List, n.ElseList}
	case *parse.WithNode:
		lists = []parse.Node{n.List, n.ElseList}
	case *parse.RangeNode:
		if ranging {
			return errors.New("want no range within another")
		}
		if !overList(n.Pipe) {
			return errors.New("want range over a list of the alert, such as $.Parts or $.Finding.Features")
		}
		if err := bounded(n.List, true); err != nil {
			return err
		}
		lists = []parse.Node{n.ElseList}
	}
	for _, sub := range lists {
		if err := bounded(sub, ranging); err != nil {
			return err
		}
	}
	return nil
}

// overList reports whether a pipe is a field of the alert that is a list.
func overList(p *parse.PipeNode) bool {
	if len(p.Cmds) != 1 || len(p.Cmds[0].Args) != 1 {
		return false
	}
	var fields []string
	switch n := p.Cmds[0].Args[0].(type) {
	case *parse.FieldNode:
		fields = n.Ident
	case *parse.VariableNode:
		if n.Ident[0] != "$" {
			return false
		}
		fields = n.Ident[1:]
	}
	if len(fields) == 0 {
		return false
	}
	t := reflect.TypeFor[schemas.Alert]()
	for _, name := range fields {
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return false
		}
		f, ok := t.FieldByName(name)
		if !ok {
			return false
		}
		t = f.Type
	}
	return t.Kind() == reflect.Slice
}

// fill returns what the template makes of a, or as it is if the template makes
// nothing or fails.
func (t *text) fill(a *schemas.Alert, as string) (out string, err error) {
	if t == nil {
		return as, nil
	}
	defer func() {
		if recover() != nil {
			out, err = as, fmt.Errorf("%s: the template panicked", t.name)
		}
	}()
	w := &limited{left: t.max}
	if err := t.tmpl.Execute(w, a); err != nil && !w.full {
		// The error may quote the alert: only the template's own mistakes are told.
		return as, fmt.Errorf("%s: %s", t.name, where(err))
	}
	if out = clean(w.text.String(), w.full); out == "" {
		return as, nil
	}
	return out, nil
}

// where says what is wrong in a template without the values that it met.
func where(err error) string {
	var e template.ExecError
	if errors.As(err, &e) {
		if s := e.Err.Error(); strings.Contains(s, "can't evaluate field") || strings.Contains(s, "nil pointer") {
			return "the template asks for a field that is not there"
		}
	}
	return "the template fails on this alert"
}

// clean makes one line of valid text.
func clean(s string, cut bool) string {
	s = strings.ToValidUTF8(s, "")
	s = strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	if cut && s != "" {
		s += "…"
	}
	return s
}

// limited takes a number of bytes and ends the template then.
type limited struct {
	text strings.Builder
	left int
	full bool
}

var errFull = errors.New("text is long enough")

func (l *limited) Write(p []byte) (int, error) {
	if room := l.left - len("…"); len(p) > room {
		l.text.Write(p[:max(room, 0)])
		l.left, l.full = len("…"), true
		return max(room, 0), errFull
	}
	l.left -= len(p)
	return l.text.Write(p)
}

// functions are what templates can call besides those of text/template; those
// of them whose results could grow without end are here again, with a bound.
var functions = template.FuncMap{
	"upper":    func(s any) string { return short(strings.ToUpper(fmt.Sprint(s))) },
	"lower":    func(s any) string { return short(strings.ToLower(fmt.Sprint(s))) },
	"join":     join,
	"default":  orElse,
	"date":     date,
	"print":    func(args ...any) string { return short(fmt.Sprint(args...)) },
	"println":  func(args ...any) string { return short(fmt.Sprintln(args...)) },
	"printf":   func(format string, args ...any) string { return short(fmt.Sprintf(format, args...)) },
	"html":     func(args ...any) string { return short(template.HTMLEscaper(args...)) },
	"js":       func(args ...any) string { return short(template.JSEscaper(args...)) },
	"urlquery": func(args ...any) string { return short(template.URLQueryEscaper(args...)) },
}

func short(s string) string { return s[:min(len(s), maxValue)] }

// join is {{join ", " .Finding.Samples}}.
func join(between string, list any) (string, error) {
	v := reflect.ValueOf(list)
	if v.Kind() != reflect.Slice {
		return "", errors.New("join wants a list")
	}
	var out []string
	for i := range v.Len() {
		out = append(out, short(fmt.Sprint(v.Index(i).Interface())))
	}
	return short(strings.Join(out, between)), nil
}

// orElse is {{.Tenant | default "none"}}.
func orElse(instead, value any) any {
	if v := reflect.ValueOf(value); !v.IsValid() || v.IsZero() {
		return instead
	}
	return value
}

// date is {{date "2006-01-02 15:04" .FirstSeen}}, in UTC.
func date(layout string, t time.Time) string { return short(t.UTC().Format(layout)) }

// full returns an alert that has everything that an alert can have.
func full() schemas.Alert {
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	mark := &schemas.Mark{At: now, By: "x", Comment: "x"}
	a := schemas.Alert{ID: "x", FirstSeen: now, LastSeen: now, Title: "x", Summary: "x", Acknowledged: mark, Resolution: mark,
		Parts: make([]schemas.AlertPart, 4), History: make([]schemas.AlertEvent, 4)}
	a.Finding = schemas.Finding{Features: make([]schemas.Feature, 4), Techniques: make([]schemas.Technique, 4),
		Samples: make([]string, 4), Series: &schemas.Series{Start: now, Step: 60, Counts: make([]int64, schemas.MaxBins)},
		Related: make([]schemas.Entity, schemas.MaxRelated), Exception: &schemas.Exception{},
		Campaign: &schemas.Campaign{Links: make([]schemas.Link, 4), Named: make([]string, 4)}}
	return a
}
