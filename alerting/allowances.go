package alerting

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/notify/neutral"
	"github.com/gatehound/gatehound/alerting/route"
	"github.com/gatehound/gatehound/schemas"
)

// Allow makes an allowance. The same one again returns the first, as long as
// that holds.
func (m *Manager) Allow(ctx context.Context, a schemas.Allowance) (schemas.Allowance, error) {
	now := time.Now().UTC().Truncate(time.Second)
	a = schemas.Allowance{Detector: a.Detector, Principal: a.Principal, Client: a.Client, Route: a.Route, Tenant: a.Tenant,
		Until: a.Until.UTC(), By: neutral.Text(a.By, maxBy), Reason: comment(a.Reason), Created: now}
	if err := CheckAllowance(&a); err != nil {
		return schemas.Allowance{}, err
	}
	if a.By == "" {
		return schemas.Allowance{}, errBy
	}
	if a.Reason == "" {
		return schemas.Allowance{}, errors.New("reason is empty: want why it is allowed")
	}
	if err := ahead(a.Until, now); err != nil {
		return schemas.Allowance{}, err
	}
	if err := ctx.Err(); err != nil {
		return schemas.Allowance{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.open(); err != nil {
		return schemas.Allowance{}, err
	}
	name := journal.Hash("allowance", a.Detector, a.Principal, a.Client, a.Route, a.Tenant, stamp(a.Until), a.By, a.Reason)
	if err := m.db.Update(func(tx *bolt.Tx) error {
		id, old, err := place(tx.Bucket(journal.Allowed), name, func(o *schemas.Allowance) bool { return o.Ended.IsZero() && o.Until.After(now) })
		if err != nil || old != nil {
			if old != nil {
				a = *old
			}
			return err
		}
		a.ID = id
		return journal.Put(tx.Bucket(journal.Allowed), []byte(id), &a)
	}); err != nil {
		return schemas.Allowance{}, fmt.Errorf("make an allowance: %w", err)
	}
	return a, m.reread()
}

// CheckAllowance says what is wrong with what an allowance covers. Findings are
// about one entity, so that one that names two of them would never hold.
func CheckAllowance(a *schemas.Allowance) error {
	named := 0
	for _, s := range []string{a.Principal, a.Client, a.Route} {
		if s != "" {
			named++
		}
	}
	switch {
	case named == 0 && a.Tenant == "":
		return errors.New("it covers everything: want a principal, a client, a route or a tenant")
	case named > 1:
		return errors.New("it names two entities: want one of principal, client and route")
	}
	for _, s := range []string{a.Detector, a.Principal, a.Client, a.Route, a.Tenant} {
		if len(s) > maxCovered || strings.ToValidUTF8(s, "") != s {
			return fmt.Errorf("what it covers is out of bounds: want text of at most %d bytes", maxCovered)
		}
	}
	if a.Client == "" {
		return nil
	}
	if _, err := netip.ParseAddr(a.Client); err == nil {
		return nil
	}
	if _, err := netip.ParsePrefix(a.Client); err != nil {
		return errors.New("client is not an address or network: want one as findings show it, such as 192.0.2.7 or 2001:db8::/48")
	}
	return nil
}

// Disallow ends an allowance; one that is over stays as it is.
func (m *Manager) Disallow(ctx context.Context, id, by string) (schemas.Allowance, error) {
	var a schemas.Allowance
	err := m.end(ctx, journal.Allowed, id, by, &a, ErrNoAllow, func(by string, now time.Time) bool {
		if !a.Ended.IsZero() || !a.Until.After(now) {
			return false
		}
		a.Ended, a.EndedBy = now, by
		return true
	})
	return a, err
}

// Allowances lists the allowances, the one that was made last first.
func (m *Manager) Allowances(all bool) ([]schemas.Allowance, error) {
	now := time.Now()
	list, err := kept(m, journal.Allowed, func(a *schemas.Allowance) bool { return all || a.Ended.IsZero() && a.Until.After(now) })
	slices.SortFunc(list, func(a, b schemas.Allowance) int { return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID)) })
	return list, err
}

// reread takes over what the log now has of silences and allowances; the caller
// holds mu.
func (m *Manager) reread() error {
	now := time.Now()
	if err := m.db.View(func(tx *bolt.Tx) error { return m.recallSilences(tx, now) }); err != nil {
		return fmt.Errorf("read silences: %w", err)
	}
	return m.tellAllowed(now)
}

// recall makes again what is kept in memory of silences and inhibitions.
func (m *Manager) recall(tx *bolt.Tx, now time.Time) error {
	if err := m.recallSilences(tx, now); err != nil {
		return err
	}
	return m.recallSources(tx)
}

func (m *Manager) recallSilences(tx *bolt.Tx, now time.Time) error {
	list, err := read(tx, journal.Silences, func(s *schemas.Silence) bool { return s.Ended.IsZero() && s.Until.After(now) })
	if err != nil {
		return err
	}
	var wrong error
	if m.quiet, wrong = route.ReadSilences(list); wrong != nil {
		m.log.Warn("a silence cannot be read and silences nothing", "error", safe(wrong.Error()))
	}
	return nil
}

// tellAllowed tells the program around the manager which allowances are in
// force; the caller holds mu.
func (m *Manager) tellAllowed(now time.Time) error {
	var list []schemas.Allowance
	if err := m.db.View(func(tx *bolt.Tx) (err error) {
		list, err = read(tx, journal.Allowed, func(a *schemas.Allowance) bool { return a.Ended.IsZero() && a.Until.After(now) })
		return err
	}); err != nil {
		return fmt.Errorf("read allowances: %w", err)
	}
	m.lapses = time.Time{}
	for i := range list {
		if m.lapses.IsZero() || list[i].Until.Before(m.lapses) {
			m.lapses = list[i].Until
		}
	}
	if m.hooks.Allowed != nil {
		m.hooks.Allowed(list)
	}
	return nil
}

// elapse tells the program of allowances that are over by now, and takes silences and
// allowances out of the log that have been over for as long as it remembers
// findings; the caller holds mu.
func (m *Manager) elapse(now time.Time) error {
	if !m.lapses.IsZero() && !m.lapses.After(now) {
		if err := m.tellAllowed(now); err != nil {
			return err
		}
	}
	if now.Before(m.tidied.Add(tidyEvery)) {
		return nil
	}
	m.tidied = now
	bound := now.Add(-m.cfg.Retention)
	if err := m.db.Update(func(tx *bolt.Tx) error {
		silences, err := read(tx, journal.Silences, func(s *schemas.Silence) bool { return over(s.Until, s.Ended, bound) })
		if err != nil {
			return err
		}
		for i := range silences {
			if err := tx.Bucket(journal.Silences).Delete([]byte(silences[i].ID)); err != nil {
				return err
			}
		}
		allowances, err := read(tx, journal.Allowed, func(a *schemas.Allowance) bool { return over(a.Until, a.Ended, bound) })
		if err != nil {
			return err
		}
		for i := range allowances {
			if err := tx.Bucket(journal.Allowed).Delete([]byte(allowances[i].ID)); err != nil {
				return err
			}
		}
		return m.recallSilences(tx, now)
	}); err != nil {
		return fmt.Errorf("remove what is over: %w", err)
	}
	return nil
}

// tidyEvery is how often silences and allowances that are over are looked for.
const tidyEvery = time.Hour

// over reports whether something ended before the bound.
func over(until, ended, bound time.Time) bool {
	return until.Before(bound) || !ended.IsZero() && ended.Before(bound)
}
