package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gatehound/gatehound/alerting"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/notify/slack/interact"
	"github.com/gatehound/gatehound/cmd/internal/api"
	"github.com/gatehound/gatehound/detectors/engine"
	"github.com/gatehound/gatehound/ingest/redact"
	"github.com/gatehound/gatehound/schemas"
	"github.com/gatehound/gatehound/storage/clickhouse"
)

// hooks are what alerting asks of the rest of the program.
func (s *Service) hooks() alerting.Hooks {
	return alerting.Hooks{Reveal: s.reveal, Allowed: s.allowed}
}

// revealTime bounds what a sink that is shown true addresses waits for the store.
const revealTime = 2 * time.Second

// reveal returns the true address behind a stored one, or the true network, for a
// sink that policy shows them to. The audit is written before.
func (s *Service) reveal(ctx context.Context, sink, stored string) (string, error) {
	switch {
	case !s.cfg.Redact.StoresAddresses(redact.Pseudonymize):
		return "", errors.New("redact.client_address is not pseudonymize: what is stored is no pseudonym")
	case s.Store == nil:
		return "", errors.New(`storage.mode is "none": there is no audit to note it in`)
	}
	network, err := networkOf(stored)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, revealTime)
	defer cancel()
	key, err := s.keyOf(ctx, network)
	if err != nil {
		return "", err
	}
	if err := s.Store.AuditOf(ctx, "sink "+sink, "reveal address", stored+" under "+key, "an alert, by the policy of the sink"); err != nil {
		return "", fmt.Errorf("note in the audit: %w", err)
	}
	address, err := s.ring.Load().Reveal(key, network.Addr())
	if err != nil {
		return "", err
	}
	if network.IsSingleIP() {
		return address.String(), nil
	}
	return netip.PrefixFrom(address, network.Bits()).Masked().String(), nil
}

// networkOf reads an address, or a network, as findings show it.
func networkOf(stored string) (netip.Prefix, error) {
	if strings.Contains(stored, "/") {
		p, err := netip.ParsePrefix(stored)
		if err != nil {
			return p, errors.New("what is stored is no address")
		}
		return p, nil
	}
	a, err := netip.ParseAddr(stored)
	if err != nil {
		return netip.Prefix{}, errors.New("what is stored is no address")
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// keyOf returns the id of the key under which a stored address was made: the one
// that the store has of its events, else the current one, as of an event that is
// not stored yet.
func (s *Service) keyOf(ctx context.Context, stored netip.Prefix) (string, error) {
	ring := s.ring.Load()
	current := ring.Current()
	if !stored.IsSingleIP() || len(ring.States()) == 1 {
		return current, nil
	}
	ids, err := s.Store.KeysOf(ctx, stored.Addr())
	switch {
	case err != nil:
		return "", err
	case len(ids) == 0 || slices.Contains(ids, current):
		return current, nil
	}
	return ids[len(ids)-1], nil
}

// allowed puts the exceptions in force that were made while the service runs,
// beside those of the configuration. One that the engine does not take is left out
// and told.
func (s *Service) allowed(inForce []schemas.Allowance) {
	var more []engine.Allow
	for _, x := range inForce {
		a := engine.Allow{Detector: x.Detector, Principal: x.Principal, Client: x.Client, Route: x.Route,
			Tenant: x.Tenant, Owner: shown(x.By, 100), Reason: shown(x.Reason, 500), Expires: x.Until}
		alone := engine.DefaultConfig()
		alone.Allow = []engine.Allow{a}
		if err := alone.Validate(); err != nil {
			s.log.Warn("allowance is not in force", "id", x.ID, "error", err)
			continue
		}
		more = append(more, a)
	}
	if err := s.detection.Except(more); err != nil {
		s.log.Error("allowances are not in force", "error", err)
	}
}

// shown makes one line of the text, of at most so many bytes: what findings show of
// an exception.
func shown(text string, limit int) string {
	text = neutral.Text(text, limit)
	return strings.ToValidUTF8(text[:min(len(text), limit)], "")
}

// exceptions are what an allowlist covers: what the configuration has, and what was
// added while the service runs.
type exceptions struct {
	mu         sync.Mutex // a reload and the API change them
	base, more []engine.Allow
}

// set changes one of the two lists, if it is not nil, and returns both.
func (e *exceptions) set(base, more *[]engine.Allow) []engine.Allow {
	e.mu.Lock()
	defer e.mu.Unlock()
	if base != nil {
		e.base = *base
	}
	if more != nil {
		e.more = *more
	}
	return slices.Concat(e.base, e.more)
}

// Except puts further exceptions in force, in place of those that it was told
// before.
func (d *Detection) Except(more []engine.Allow) error {
	all := d.exceptions.set(nil, &more)
	d.rules.Except(RuleExceptions(all))
	return d.Engine.Reload(all)
}

// Desk is where people and programs work with the service's alerts.
func (s *Service) Desk() alerting.Desk {
	return &auditedDesk{s.Alerts, s.Store, func(err error) { s.log.Warn("not in the audit", "error", err) }}
}

// serveAPI serves the API, and what people click in Slack, until the service is
// closed.
func (s *Service) serveAPI(ctx context.Context) error {
	desk := s.Desk()
	var clicks http.Handler
	if s.cfg.slackApp() {
		var err error
		if clicks, err = interact.New(s.cfg.SlackApp, desk, s.log); err != nil {
			return fmt.Errorf("slack_app: %w", err)
		}
	}
	a, err := api.New(s.cfg.api(), desk, clicks, s.log, s.opts.Metrics)
	if err != nil {
		return err
	}
	served := make(chan error, 1)
	bounded, stop := context.WithCancel(context.WithoutCancel(ctx))
	go func() { served <- a.Run(bounded) }()
	s.stops.Push("api", func(context.Context) error { stop(); return <-served })
	s.log.Info("api is up", "url", a.URL()+"/api/v1", "slack", clicks != nil)
	return nil
}

// auditedDesk is the desk of a running service: what people change is noted in
// the store's audit besides the alert's own history.
type auditedDesk struct {
	alerting.Desk
	store *clickhouse.Store
	warn  func(error)
}

// note writes an act into the audit. The act is done and durable by then, in the
// notification log; a store that is away costs the copy in the audit only.
func (d *auditedDesk) note(ctx context.Context, by, action, what, reason string) {
	if d.store == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revealTime)
	defer cancel()
	if err := d.store.AuditOf(ctx, by, action, what, reason); err != nil {
		d.warn(fmt.Errorf("note %s of %s in the audit: %w", action, what, err))
	}
}

func (d *auditedDesk) Silence(ctx context.Context, s schemas.Silence) (schemas.Silence, error) {
	made, err := d.Desk.Silence(ctx, s)
	if err == nil {
		d.note(ctx, made.By, "silence", made.ID+" "+strings.Join(made.Matchers, " "), made.Comment)
	}
	return made, err
}

func (d *auditedDesk) Unsilence(ctx context.Context, id, by string) (schemas.Silence, error) {
	ended, err := d.Desk.Unsilence(ctx, id, by)
	if err == nil {
		d.note(ctx, by, "end silence", ended.ID, "")
	}
	return ended, err
}

func (d *auditedDesk) Allow(ctx context.Context, a schemas.Allowance) (schemas.Allowance, error) {
	made, err := d.Desk.Allow(ctx, a)
	if err == nil {
		d.note(ctx, made.By, "allow", made.ID+" "+strings.Join([]string{made.Detector, made.Principal, made.Client, made.Route, made.Tenant}, " "), made.Reason)
	}
	return made, err
}

func (d *auditedDesk) Disallow(ctx context.Context, id, by string) (schemas.Allowance, error) {
	ended, err := d.Desk.Disallow(ctx, id, by)
	if err == nil {
		d.note(ctx, by, "end allowance", ended.ID, "")
	}
	return ended, err
}
