package group

import (
	"bytes"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/schemas"
)

const (
	// maxActors is how many principals and addresses are tied to an alert.
	maxActors = 16
	// idLength is the length of an alert's id.
	idLength = 32
)

// abuse reports whether the finding is about something that a caller does: of a
// principal or an address, and not the health of the logs or of a caller.
func abuse(f *schemas.Finding) bool {
	if f.Entity.Kind != schemas.EntityPrincipal && f.Entity.Kind != schemas.EntityAddress || f.Entity.Name == "" {
		return false
	}
	switch family(f.Detector) {
	case "feed", "silence":
		return false
	}
	return true
}

// family returns the detector of a rule.
func family(rule string) string {
	name, _, _ := strings.Cut(rule, ".")
	return name
}

func actorKey(e schemas.Entity) []byte { return append([]byte{byte(e.Kind)}, e.Name...) }

func actorOf(key []byte) schemas.Entity {
	if len(key) == 0 {
		return schemas.Entity{}
	}
	return schemas.Entity{Kind: schemas.EntityKind(key[0]), Name: string(key[1:])}
}

// A tie is the id of the actor's alert, and a "+" if the actor is an address
// all of whose principals were named: few enough for them to be tied to it.
func tieOf(v []byte) (id string, few bool) {
	id, few = strings.CutSuffix(string(v), "+")
	return id, few
}

// tie lets findings about the actor find the alert.
func (b *Book) tie(e schemas.Entity, id string, few bool) error {
	key, v := actorKey(e), []byte(id)
	actors := b.tx.Bucket(journal.Actors)
	old := actors.Get(key)
	if was, had := tieOf(old); was == id && had == few {
		return nil
	}
	if few {
		v = append(v, '+')
	}
	if old != nil {
		if was, _ := tieOf(old); was != id {
			if err := b.tx.Bucket(journal.Ties).Delete(append([]byte(was), key...)); err != nil {
				return err
			}
		}
	}
	if err := b.tx.Bucket(journal.Ties).Put(append([]byte(id), key...), nil); err != nil {
		return err
	}
	return actors.Put(key, v)
}

// untie removes the actors that point to the alert from the index.
func untie(tx *bolt.Tx, id string) error {
	actors, ties := tx.Bucket(journal.Actors), tx.Bucket(journal.Ties)
	var keys [][]byte
	cursor := ties.Cursor()
	for k, _ := cursor.Seek([]byte(id)); k != nil && bytes.HasPrefix(k, []byte(id)); k, _ = cursor.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		actor := k[len(id):]
		if now, _ := tieOf(actors.Get(actor)); now == id {
			if err := actors.Delete(actor); err != nil {
				return err
			}
		}
		if err := ties.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

// actorAlert returns the alert that the actor's finding joins, and nil if it is
// the first of another one.
func (b *Book) actorAlert(f *schemas.Finding) (*change, error) {
	c, _, err := b.tied(f.Entity)
	if err != nil {
		return nil, err
	}
	if c != nil && b.continues(c, f) {
		return c, nil
	}
	if c, err := b.companion(f); c != nil || err != nil {
		return c, err
	}
	return b.sprayed(f)
}

// companion returns the open alert of an actor of the other kind that the finding
// names.
func (b *Book) companion(f *schemas.Finding) (*change, error) {
	if !f.RelatedAll || len(f.Related) > schemas.MaxRelated {
		return nil, nil
	}
	for _, e := range f.Related {
		if !opposite(f.Entity.Kind, e.Kind) {
			continue
		}
		c, few, err := b.tied(e)
		if err != nil {
			return nil, err
		}
		if c == nil || c.rec.Alert.Entity.Kind == schemas.EntityCampaign || c.rec.Actors >= maxActors || c.full() || !b.live(c, f) {
			continue
		}
		// Many people can be behind an address: theirs are tied to it only if all
		// of them are known, or if it is the address that got in.
		if e.Kind == schemas.EntityAddress && !few && f.Detector != breakIn {
			continue
		}
		return c, nil
	}
	return nil, nil
}

// Rules that say something about others: breakIn tells of a credential that was
// guessed, spraying of many addresses that guess, and slow of one of those that is
// told of by itself, though with low severity, once it has gone on for long.
const (
	breakIn  = "authfail.success_after_failures"
	spraying = "authfail.spraying"
	slow     = "authfail.slow_guessing"
)

// loot is how many callers get in at most from an address that broke in, for the one
// of the break-in to be tied to it: behind a network of many it may be a colleague who
// came while somebody guessed.
const loot = 2

// sprayed returns the alert about the spraying that a finding about one slow address
// is part of, nil if there is none: a hundred addresses of one attack are one
// incident. What is worse about an address is an incident of its own.
func (b *Book) sprayed(f *schemas.Finding) (*change, error) {
	if f.Detector != slow || f.Severity > schemas.SeverityLow {
		return nil, nil
	}
	all := schemas.Finding{Detector: spraying, Entity: schemas.Entity{Kind: schemas.EntityGlobal, Name: "global"}}
	id := b.tx.Bucket(journal.Current).Get([]byte(fingerprint(&all)))
	if id == nil {
		return nil, nil
	}
	c, err := b.follow(string(id))
	if err != nil || c == nil || !b.near(&c.rec, f, b.rules.GroupWindow) || c.rec.Alert.State == schemas.AlertResolved && !c.rec.Lapsed {
		return nil, err
	}
	return c, nil
}

// oneOfMany reports whether the alert is about a campaign or everybody, and the finding
// about another one of those that take part, of whom the same was said of others
// before: people are told of the whole, and not of each.
func oneOfMany(a *schemas.Alert, f *schemas.Finding) bool {
	if a.Entity.Kind != schemas.EntityCampaign && a.Entity.Kind != schemas.EntityGlobal || a.Entity.Kind == f.Entity.Kind {
		return false
	}
	return slices.ContainsFunc(a.Parts, func(p schemas.AlertPart) bool { return p.Detector == f.Detector })
}

func opposite(a, b schemas.EntityKind) bool {
	return a == schemas.EntityPrincipal && b == schemas.EntityAddress || a == schemas.EntityAddress && b == schemas.EntityPrincipal
}

// tied returns the alert that the index has for the actor, or the one that has
// taken it up.
func (b *Book) tied(e schemas.Entity) (c *change, few bool, err error) {
	v := b.tx.Bucket(journal.Actors).Get(actorKey(e))
	if v == nil {
		return nil, false, nil
	}
	id, few := tieOf(v)
	c, err = b.follow(id)
	return c, few, err
}

// near reports whether the finding is no further from what the alert has seen
// than gap, or a campaign's patience more.
func (b *Book) near(r *record, f *schemas.Finding, gap time.Duration) bool {
	gap += longer(r.Alert.Entity)
	return f.WindowStart.Sub(r.until()) <= gap && r.Alert.FirstSeen.Sub(f.WindowEnd) <= gap
}

// live reports whether the alert is open at the finding's time. It does not
// matter whether the alert was closed for want of findings meanwhile: that
// depends on how findings were cut into batches.
func (b *Book) live(c *change, f *schemas.Finding) bool {
	return b.near(&c.rec, f, b.rules.ResolveAfter) && (c.rec.Alert.State != schemas.AlertResolved || c.rec.Lapsed)
}

// continues reports whether a finding about one of its actors goes on with the
// alert: a campaign's if it is open, another's also within the group window.
func (b *Book) continues(c *change, f *schemas.Finding) bool {
	switch c.rec.Alert.Entity.Kind {
	case schemas.EntityCampaign:
		return b.live(c, f)
	case schemas.EntityGlobal:
		return f.Severity <= schemas.SeverityLow && b.live(c, f)
	}
	return b.near(&c.rec, f, b.rules.GroupWindow)
}

// tieAll ties the finding's entity, and those that it is tied to, to the alert.
func (b *Book) tieAll(c *change, f *schemas.Finding) error {
	few := f.Entity.Kind == schemas.EntityAddress && f.RelatedAll && len(f.Related) <= schemas.MaxRelated
	list := []schemas.Entity{f.Entity}
	if few {
		list = append(list, f.Related...)
	}
	if f.Detector == breakIn && !few && len(f.Related) > 0 && len(f.Related) <= loot {
		list = append(list, f.Related[0]) // whom the attacker is now
	}
	for i, e := range list {
		if i > 0 && e.Kind != schemas.EntityPrincipal {
			continue
		}
		id, _ := tieOf(b.tx.Bucket(journal.Actors).Get(actorKey(e)))
		if id != c.rec.Alert.ID {
			if i > 0 { // what others have said of a principal itself comes first
				if other, _, err := b.tied(e); err != nil {
					return err
				} else if other != nil && b.continues(other, f) {
					continue
				}
			}
			if campaign := c.rec.Alert.Entity.Kind == schemas.EntityCampaign; !campaign && i > 0 && (c.rec.Actors >= maxActors || c.full()) {
				continue
			}
			c.rec.Actors++
		}
		if err := b.tie(e, c.rec.Alert.ID, few && i == 0); err != nil {
			return err
		}
	}
	return nil
}
