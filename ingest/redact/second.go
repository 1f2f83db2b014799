package redact

import (
	"encoding/json"
	"fmt"
	"net/netip"

	"github.com/gatehound/gatehound/ingest/redact/audit"
	"github.com/gatehound/gatehound/schemas"
)

// SecondScan looks at what the redactor put out once more, by the means of
// package audit, which shares nothing with it. It is not safe for concurrent use.
type SecondScan struct {
	policies *policies
	scanner  *audit.Scanner
}

// NewSecondScan returns a scan of events that were made under cfg.
func NewSecondScan(cfg Config) (*SecondScan, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &SecondScan{newPolicies(&cfg), audit.New()}, nil
}

// Line calls found for what is left in a redacted text: the kind, and two
// characters and a length.
func (s *SecondScan) Line(text string, found func(kind, excerpt string)) { s.scanner.Line(text, found) }

// Event calls found for what is left in the event's JSON text. Fields that policy
// keeps are passed over, and so is what is no text of the log: the stored form
// of the client's address, times and keyed hashes. Of an id that consists of
// digits nobody can tell that it is a card's.
func (s *SecondScan) Event(ev *schemas.Event, found func(kind, excerpt string)) error {
	e := *ev
	a := s.policies.of(e.Position.Topic, e.Format).actions
	for field, text := range map[int]*string{
		fieldPrincipal: &e.Principal, fieldEndUser: &e.EndUser, fieldPath: &e.Path, fieldQuery: &e.Query,
		fieldUserAgent: &e.UserAgent, fieldRequestID: &e.RequestID, fieldHost: &e.Host, fieldTenant: &e.Tenant,
		fieldGateway: &e.Gateway, fieldTLS: &e.TLS,
	} {
		if a[field] == Keep {
			*text = ""
		}
	}
	if plainID(e.RequestID) {
		e.RequestID = ""
	}
	e.Client, e.Position, e.Time = netip.Addr{}, schemas.Position{}, 0
	e.Delivery, e.PromptFingerprint, e.TemplateFingerprint, e.PromptSimHash, e.PromptMinHash = 0, 0, 0, 0, [4]uint32{}
	text, err := json.Marshal(&e)
	if err != nil {
		return fmt.Errorf("scan an event once more: %w", err)
	}
	s.scanner.Line(string(text), found)
	return nil
}
