// Package view makes of an alert what one sink is shown of it: names revealed or
// hidden, parts left out, title and summary by templates, and a link to the case.
// It works on copies: the stored alert never changes.
package view

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// The values of Settings.Reveal.
const (
	Pseudonyms = "pseudonyms" // names as they are stored
	Addresses  = "addresses"  // true addresses, where they can be revealed
	Nothing    = "nothing"    // no names of callers and addresses
)

// hidden stands for a name that the sink is not shown.
const hidden = "hidden"

// revealTime bounds what revealing the names of one alert may take.
const revealTime = 2 * time.Second

// Settings says what a sink is shown.
type Settings struct {
	// Reveal is Pseudonyms, which is the default, Addresses or Nothing.
	Reveal string
	// Omit are parts of alerts: see parts.
	Omit []string
	// Title and Summary are templates that replace the alert's; empty leaves them.
	Title, Summary string
	// CaseURL is where people look at an alert, with "{id}" for its id, which the
	// caller has checked; empty for no link.
	CaseURL string
	// Lookup returns the true address of a stored one. It is asked for Addresses.
	Lookup func(ctx context.Context, stored string) (string, error)
}

// parts are what Omit can name, and how it is left out.
var parts = map[string]func(*schemas.Alert){
	"query":      func(a *schemas.Alert) { a.Finding.Query = "" },
	"samples":    func(a *schemas.Alert) { a.Finding.Samples = nil },
	"features":   func(a *schemas.Alert) { a.Finding.Features = []schemas.Feature{} },
	"techniques": func(a *schemas.Alert) { a.Finding.Techniques = []schemas.Technique{} },
	"series":     func(a *schemas.Alert) { a.Finding.Series = nil },
	"related":    func(a *schemas.Alert) { a.Finding.Related, a.Finding.RelatedAll = nil, false },
	"tenant":     func(a *schemas.Alert) { a.Tenant, a.Finding.Tenant = "", "" },
	"model":      func(a *schemas.Alert) { a.Finding.Provider, a.Finding.Model = "", "" },
	"campaign":   func(a *schemas.Alert) { a.Finding.Campaign = nil },
	"parts":      func(a *schemas.Alert) { a.Parts = nil },
	"names": func(a *schemas.Alert) { // of a campaign's members
		if a.Finding.Campaign != nil {
			a.Finding.Campaign.Named = nil
		}
	},
}

// View shows alerts to one sink.
type View struct {
	set            Settings
	title, summary *text
}

// New checks the settings. Its errors begin with the name of the setting.
func New(s Settings) (*View, error) {
	switch s.Reveal {
	case "":
		s.Reveal = Pseudonyms
	case Pseudonyms, Addresses, Nothing:
	default:
		return nil, fmt.Errorf("reveal is %q: want %s, %s or %s", s.Reveal, Pseudonyms, Addresses, Nothing)
	}
	for i, name := range s.Omit {
		if parts[name] == nil {
			return nil, fmt.Errorf("omit[%d] is %q: want one of %s", i, name, strings.Join(omittable(), ", "))
		}
	}
	v := &View{set: s}
	var err error
	if v.title, err = parseText("title", s.Title, maxTitle); err != nil {
		return nil, err
	}
	if v.summary, err = parseText("summary", s.Summary, maxSummary); err != nil {
		return nil, err
	}
	return v, nil
}

func omittable() []string {
	var out []string
	for name := range parts {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// Show returns what the sink is shown of a. An error tells what could not be
// done as configured: an address that was not revealed stays a pseudonym, a
// template that failed leaves the text as it is. The alert is good to send all
// the same.
func (v *View) Show(ctx context.Context, a *schemas.Alert) (schemas.Alert, error) {
	out := clone(a)
	var errs []error
	switch v.set.Reveal {
	case Addresses:
		ctx, cancel := context.WithTimeout(ctx, revealTime)
		names, err := v.lookup(ctx, &out)
		cancel()
		rename(&out, names)
		errs = append(errs, err)
	case Nothing:
		rename(&out, masks(&out))
		texts(&out, func(s *string) { *s = hide(*s) })
		// The statement names whom it is about, and what finds the requests again
		// finds the callers.
		out.Finding.Query, out.Finding.Samples = "", nil
	}
	for _, name := range v.set.Omit {
		parts[name](&out)
	}
	if v.set.CaseURL != "" && !out.Test && !strings.HasPrefix(out.ID, "digest-") {
		out.URL = strings.ReplaceAll(v.set.CaseURL, "{id}", url.PathEscape(out.ID))
	}
	title, err := v.title.fill(&out, out.Title)
	errs = append(errs, err)
	summary, err := v.summary.fill(&out, out.Summary)
	errs = append(errs, err)
	out.Title, out.Summary = title, summary
	return out, errors.Join(errs...)
}

// clone copies a with all that a view may change, and without its history.
func clone(a *schemas.Alert) schemas.Alert {
	out := *a
	out.History = nil
	out.Parts = slices.Clone(a.Parts)
	for _, m := range []**schemas.Mark{&out.Acknowledged, &out.Resolution} {
		if *m != nil {
			mark := **m
			*m = &mark
		}
	}
	f := &out.Finding
	f.Features, f.Related = slices.Clone(f.Features), slices.Clone(f.Related)
	if f.Campaign != nil {
		c := *f.Campaign
		c.Members, c.Named, c.Links = nil, slices.Clone(c.Named), slices.Clone(c.Links)
		f.Campaign = &c
	}
	return out
}
