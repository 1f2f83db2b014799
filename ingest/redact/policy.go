package redact

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gatehound/gatehound/ingest/redact/scan"
)

// The fields that a policy decides on, in the order of actions.
const (
	fieldPrincipal = iota
	fieldEndUser
	fieldClientAddress
	fieldPath
	fieldQuery
	fieldUserAgent
	fieldRequestID
	fieldHost
	fieldTenant
	fieldGateway
	fieldTLS
	fieldPromptFeatures
	fields
)

var fieldNames = [fields]string{"principal", "end_user", "client_address", "path", "query", "user_agent",
	"request_id", "host", "tenant", "gateway", "tls", "prompt_features"}

// actions has an action for each field; "" where nothing is said.
type actions [fields]Action

// presets are whole policies. Under each of them secrets go, credentials are
// fingerprints and no text of a prompt is in an event.
//
// Strict keeps what detection needs and nothing by which a person who reads the
// store could tell a person: networks instead of addresses, no end user, no
// query. Balanced keeps everything that is no personal data as it is, and
// identities and addresses as pseudonyms that whoever holds the key can undo or
// find. Forensic is for a time and place where the law lets an investigator read
// what callers did: paths, queries and callers stay, while the users behind a
// shared key and addresses, which can be revealed one by one, stay pseudonyms.
var presets = map[string]actions{
	"strict":   {Pseudonymize, Drop, Mask, Mask, Drop, Drop, Pseudonymize, Mask, Mask, Mask, Drop, Drop},
	"balanced": {Pseudonymize, Pseudonymize, Pseudonymize, Mask, Mask, Mask, Mask, Mask, Mask, Mask, Mask, Keep},
	"forensic": {Keep, Pseudonymize, Pseudonymize, Keep, Keep, Keep, Keep, Keep, Keep, Keep, Keep, Keep},
}

// over returns a, with base where a says nothing.
func (a actions) over(base actions) actions {
	for i := range a {
		if a[i] == "" {
			a[i] = base[i]
		}
	}
	return a
}

func (a actions) validate(at string) error {
	for i, action := range a {
		allowed := []Action{"", Keep, Mask, Pseudonymize, Drop}
		words := "keep, mask, pseudonymize, drop or nothing"
		if i == fieldPromptFeatures {
			allowed, words = []Action{"", Keep, Drop}, "keep, drop or nothing"
		}
		if !slices.Contains(allowed, action) {
			return fmt.Errorf("%s%s: %q is no action: want %s", at, fieldNames[i], action, words)
		}
	}
	return nil
}

// policy is what is done to the records of one dataset.
type policy struct {
	actions
	name, gateway, tenant, host, route, path, query, agent, tls rule
}

// rule is what is done to one field.
type rule struct {
	// id tells rules apart in the caches: it follows from field and action, so
	// that datasets share what they treat alike.
	id     uint8
	action Action
	mode   scan.Mode
	limit  int
}

func newPolicy(a actions) *policy {
	by := func(field int, mode scan.Mode, limit int) rule {
		id := 8 + 4*field + slices.Index([]Action{Keep, Mask, Pseudonymize, Drop}, a[field])
		return rule{uint8(id), a[field], mode, limit}
	}
	return &policy{
		actions: a,
		name:    rule{1, Mask, 0, maxName},
		route:   rule{2, Mask, 0, maxRoute},
		gateway: by(fieldGateway, 0, maxName),
		tenant:  by(fieldTenant, 0, maxName),
		host:    by(fieldHost, 0, maxName),
		path:    by(fieldPath, 0, maxPath),
		query:   by(fieldQuery, scan.Parameters|scan.Prompts, maxQuery),
		agent:   by(fieldUserAgent, 0, maxAgent),
		tls:     by(fieldTLS, 0, maxName),
	}
}

// policies finds the policy of a record by its topic and format. Records of one
// kind follow one another, so the last answer is mostly the next one too; else
// it is looked up in a table of the pairs that were seen.
type policies struct {
	datasets []Dataset
	byData   []*policy // like datasets
	base     *policy

	last *known
	seen map[source]*known
}

type source struct{ topic, format string }

// known is a source that was seen, with strings of its own.
type known struct {
	source
	policy *policy
}

// maxSources bounds the table of a worker; topics and formats are few.
const maxSources = 1024

func newPolicies(c *Config) *policies {
	a := c.actions().over(presets[c.Preset])
	p := &policies{datasets: c.Datasets, base: newPolicy(a), seen: map[source]*known{}}
	for i := range c.Datasets {
		p.byData = append(p.byData, newPolicy(c.Datasets[i].resolved(a)))
	}
	return p
}

// of returns the policy for the records of a format in a topic.
func (p *policies) of(topic, format string) *policy {
	if len(p.datasets) == 0 {
		return p.base
	}
	if p.last != nil && p.last.topic == topic && p.last.format == format {
		return p.last.policy
	}
	k, ok := p.seen[source{topic, format}]
	if !ok {
		k = &known{source{strings.Clone(topic), strings.Clone(format)}, p.choose(topic, format)}
		if len(p.seen) >= maxSources {
			clear(p.seen)
		}
		p.seen[k.source] = k
	}
	p.last = k
	return k.policy
}

// choose walks over the datasets.
func (p *policies) choose(topic, format string) *policy {
	for i := range p.datasets {
		if p.datasets[i].Match.matches(topic, format) {
			return p.byData[i]
		}
	}
	return p.base
}
