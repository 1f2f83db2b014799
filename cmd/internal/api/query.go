package api

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/cmd/internal/api/wire"
)

// Bounds of what a request may ask.
const (
	maxPage     = 1000
	defaultPage = 100
	maxQuery    = 16 << 10 // bytes
)

// params are the parameters of a request, each of which is known.
type params struct {
	values url.Values
	now    time.Time
	err    *wire.Problem
}

// parseQuery reads the query of a URL. Only names are allowed, and only those
// of repeated more than once.
func parseQuery(raw string, now time.Time, names, repeated []string) (*params, *wire.Problem) {
	if len(raw) > maxQuery {
		return nil, wire.NewProblem(http.StatusRequestURITooLong, wire.Invalid, "the query is too long", "allowed is 16 KiB")
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, wire.NewProblem(http.StatusBadRequest, wire.Invalid, "the query cannot be read", "encode each value with percent signs, as `curl --get --data-urlencode` does")
	}
	for name, v := range values {
		many := slices.Contains(repeated, name)
		if !many && !slices.Contains(names, name) {
			return nil, wire.NewProblem(http.StatusBadRequest, wire.Invalid, "a parameter is unknown", "allowed here: "+allowed(names, repeated))
		}
		if !many && len(v) > 1 {
			return nil, wire.NewProblem(http.StatusBadRequest, wire.Invalid, "a parameter is there twice", "give "+name+" once")
		}
	}
	return &params{values: values, now: now}, nil
}

func allowed(names, repeated []string) string {
	all := slices.Concat(names, repeated)
	if len(all) == 0 {
		return "none"
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func (p *params) fail(title, detail string) {
	if p.err == nil {
		p.err = wire.NewProblem(http.StatusBadRequest, wire.Invalid, title, detail)
	}
}

// flag reads a yes or no; a name without value is a yes.
func (p *params) flag(name string) bool {
	if !p.values.Has(name) {
		return false
	}
	switch p.values.Get(name) {
	case "", "true", "1":
		return true
	case "false", "0":
		return false
	}
	p.fail(name+" is not allowed", "allowed is true or false")
	return false
}

// number reads a whole number of least to most; 0 if it is not there.
func (p *params) number(name string, least, most int) int {
	if !p.values.Has(name) {
		return 0
	}
	n, err := strconv.Atoi(p.values.Get(name))
	if err != nil || n < least || n > most {
		p.fail(name+" is not allowed", "allowed is "+strconv.Itoa(least)+" to "+strconv.Itoa(most))
		return 0
	}
	return n
}

// moment reads a time, or how long ago it was.
func (p *params) moment(name string) time.Time {
	text := p.values.Get(name)
	if text == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Year() >= 1970 && t.Year() < 10000 {
		return t
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return p.now.Add(-d)
	}
	p.fail(name+" is not allowed", "allowed is a time such as 2026-11-22T20:00:00Z, or how long ago, such as 24h")
	return time.Time{}
}

// matchers reads the matchers, which package route will parse.
func (p *params) matchers() []string {
	out := p.values["matcher"]
	if err := checkMatchers(out); err != nil {
		if p.err == nil {
			p.err = err
		}
		return nil
	}
	return out
}

// id reads an alert's id.
func (p *params) id(name string) string {
	id := p.values.Get(name)
	if id != "" && !wire.IsID(id) {
		p.fail(name+" is not an id", "allowed is the id of an alert: hexadecimal digits, at least six")
		return ""
	}
	return id
}

// parseFilter reads which alerts are wanted.
func parseFilter(raw string, now time.Time, more ...string) (alerting.Filter, *params, *wire.Problem) {
	p, err := parseQuery(raw, now, append([]string{"open", "since", "after", "limit"}, more...), []string{"matcher"})
	if err != nil {
		return alerting.Filter{}, nil, err
	}
	f := alerting.Filter{Open: p.flag("open"), Matchers: p.matchers(), Since: p.moment("since"), After: p.id("after"),
		Limit: p.number("limit", 1, maxPage)}
	return f, p, p.err
}
