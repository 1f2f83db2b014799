// Package enrich adds to a raw record what follows from it and from the
// configuration: the client's address behind trusted proxies, the template of
// the route, the class of the client, the provider of the model.
//
// It runs before redaction, because the address and the path are raw there, and
// writes text only to the raw record, so that all text of an event has passed
// the redactor. It keeps no state that depends on what was read before: the same
// record gives the same event on every worker and in every replay.
package enrich

import (
	"github.com/gatehound/gatehound/ingest/decode"
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
	// buf holds the route that the current record points to.
	buf []byte
}

// New returns an Enricher for one worker. It reads the tables that Open loaded;
// without tables it knows what the configuration itself states and no files.
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

// Event sets ev.ClientAddr and ev.ClientClass, and rec.Route and rec.Provider if
// the record does not state them. Redactor.Event must follow before the next
// call: rec.Route may point into the Enricher.
func (e *Enricher) Event(rec *decode.Record, ev *schemas.Event) {
	e.now = e.tables.current.Load()
	ev.ClientAddr = e.ClientAddr(rec)
	ev.ClientClass = e.class(rec.UserAgent)
	if rec.UserAgent == "" && logsAgent(rec.Format) {
		ev.ClientClass = schemas.ClientEmpty
	}
	if rec.Route == "" && rec.Path != "" {
		rec.Route = e.route(rec.Path, rec.Status)
	}
	if rec.Provider == "" && (rec.Operation != "" || rec.Model != "") {
		rec.Provider = ProviderOf(rec.Host, rec.Model)
	}
}

// logsAgent reports whether a format has the user agent of every request that
// sent one: there an empty one was not sent, elsewhere it is not known.
func logsAgent(format string) bool { return format == "kong" || format == "nginx" }
