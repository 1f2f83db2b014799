// Package enrich adds to a raw record what follows from it, from the
// configuration and from the files that it names: the client's address behind
// trusted proxies and where it is, the template of the route and whether the
// endpoint is one that there should be, the class of the client, the provider
// and the listing of the model, the cost.
//
// It runs before redaction, because the address and the path are raw there, and
// writes text of records only to the raw record, so that all text of an event
// has passed the redactor. It keeps no state that depends on what was read
// before: with the same files the same record gives the same event on every
// worker and in every replay.
package enrich

import (
	"github.com/gatehound/gatehound/ingest/decode"
	"github.com/gatehound/gatehound/ingest/enrich/inventory"
	"github.com/gatehound/gatehound/ingest/enrich/price"
	"github.com/gatehound/gatehound/schemas"
)

// Enricher enriches records. It is not safe for concurrent use: every worker has
// its own.
type Enricher struct {
	// tables are shared with the other workers; now is what they held when the
	// record at hand was begun.
	tables *Tables
	now    *snapshot
	agents [agentEntries]agentEntry
	places [placeEntries]place
	// buf holds the route that the current record points to, path its path
	// without escapes.
	buf, path []byte
}

// New returns an Enricher for one worker. It reads the tables that Open loaded,
// by their settings; without tables it knows what cfg itself states and no
// files.
func New(cfg Config, tables *Tables) (*Enricher, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if tables == nil {
		s, err := settled(cfg)
		if err != nil {
			return nil, err
		}
		tables = &Tables{}
		tables.current.Store(s)
	}
	return &Enricher{tables: tables, now: tables.current.Load()}, nil
}

// Event sets what the address, the user agent and the inventories tell in ev,
// and rec.Route, rec.Provider and rec.Cost if the record does not state them.
// Redactor.Event must follow before the next call: rec.Route may point into the
// Enricher.
func (e *Enricher) Event(rec *decode.Record, ev *schemas.Event) {
	if now := e.tables.current.Load(); now != e.now {
		e.now = now
		e.places = [placeEntries]place{}
	}
	ev.ClientAddr = e.ClientAddr(rec)
	e.place(ev)
	ev.ClientClass = e.class(rec.UserAgent)
	if rec.UserAgent == "" && logsAgent(rec.Format) {
		ev.ClientClass = schemas.ClientEmpty
	}
	e.endpoint(rec, ev)
	if rec.Route == "" && rec.Path != "" {
		rec.Route = e.route(rec.Path, rec.Status)
	}
	if rec.Provider == "" && (rec.Operation != "" || rec.Model != "") {
		rec.Provider = ProviderOf(rec.Host, rec.Model)
	}
	if e.now.models != nil {
		ev.ModelListing = e.now.models.Listing(rec.Model)
	}
	e.cost(rec, ev)
}

// endpoint looks the request up in the inventory of endpoints. A record without
// a path is looked up by the template that the gateway states, if it is one.
func (e *Enricher) endpoint(rec *decode.Record, ev *schemas.Event) {
	path := rec.Path
	if path == "" && len(rec.Route) > 0 && rec.Route[0] == '/' {
		path = rec.Route
	}
	if e.now.endpoints == nil || path == "" {
		return
	}
	path, e.path = inventory.Clean(path, e.path)
	m := e.now.endpoints.Match(rec.Method, rec.Host, path)
	ev.Endpoint = m.Listing
	if rec.Route == "" {
		rec.Route = m.Route
	}
}

// cost computes the cost of a model call from the price table, if the log does
// not state it.
func (e *Enricher) cost(rec *decode.Record, ev *schemas.Event) {
	s := e.now
	if rec.Known&schemas.HasCost != 0 || rec.Model == "" || s.prices == nil && s.priceFile == nil {
		return
	}
	p := s.prices.Find(rec.Provider, rec.Model)
	if p == nil {
		p = s.priceFile.Find(rec.Provider, rec.Model)
	}
	if p == nil {
		return
	}
	dollars, ok := p.Cost(price.Tokens{Input: rec.InputTokens, Output: rec.OutputTokens, Cached: rec.CachedTokens,
		InputKnown: rec.Known&schemas.HasInputTokens != 0, OutputKnown: rec.Known&schemas.HasOutputTokens != 0})
	if ok {
		rec.Cost = dollars
		rec.Known |= schemas.HasCost
		ev.CostEstimated = true
	}
}
