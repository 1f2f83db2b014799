package group

import (
	"cmp"
	"slices"
	"time"

	"github.com/gatehound/gatehound/alerting/internal/bound"
	"github.com/gatehound/gatehound/alerting/internal/journal"
	"github.com/gatehound/gatehound/alerting/internal/story"
	"github.com/gatehound/gatehound/schemas"
)

// close resolves the alert of c; how is the sentence that says why.
func (b *Book) close(c *change, mark schemas.Mark, how string) {
	a := &c.rec.Alert
	if a.State != schemas.AlertResolved {
		b.Open--
	}
	mark.At = b.now
	a.State, a.Resolution, a.Outcome = schemas.AlertResolved, &mark, bound.Cut(story.Outcome(a, how), bound.MaxText)
	c.rec.Due, c.notify = time.Time{}, true
	b.note(c, "resolved", mark.By, cmp.Or(mark.Comment, how))
}

// Resolve closes the alerts that were last seen before the bound, at most
// limit of them, the oldest first.
func (b *Book) Resolve(before time.Time, limit int) error {
	ids := b.oldest(before, limit)
	for _, id := range ids {
		c, err := b.find(id)
		if err != nil {
			return err
		}
		if c == nil || c.rec.Alert.State == schemas.AlertResolved || c.touched {
			continue
		}
		c.rec.Lapsed = true
		wait := b.rules.ResolveAfter + longer(c.rec.Alert.Entity)
		b.close(c, schemas.Mark{}, "No finding for "+story.Lasted(wait)+".")
	}
	return nil
}

// oldest returns the ids of the open alerts that were last seen before the bound.
func (b *Book) oldest(before time.Time, limit int) (ids []string) {
	cursor := b.tx.Bucket(journal.Unresolved).Cursor()
	for k, _ := cursor.First(); k != nil && len(ids) < limit; k, _ = cursor.Next() {
		seen, id := journal.AtMoment(k)
		if !seen.Before(before) {
			break
		}
		ids = append(ids, id)
	}
	return ids
}

// choice is how many of the oldest open alerts Evict chooses from for each that
// has to go.
const choice = 8

// Evict makes room for n alerts: resolved ones go, the longest ago first. If
// there are not enough, open ones are resolved, to go the next time: of the
// oldest those that nobody has taken and the least severe first. Who was told of
// them is told that they are watched no more.
func (b *Book) Evict(n int) error {
	err := journal.Shed(b.tx.Bucket(journal.Resolved), time.Time{}, n, func(k []byte) error {
		n--
		b.Total--
		return drop(b.tx, journal.Resolved, k)
	})
	if err != nil || n == 0 {
		return err
	}
	var list []*change
	for _, id := range b.oldest(time.Unix(1<<40, 0), n*choice) {
		c, err := b.find(id)
		if err != nil {
			return err
		}
		if c != nil && c.rec.Alert.State != schemas.AlertResolved {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(x, y *change) int {
		return cmp.Or(taken(x)-taken(y), cmp.Compare(x.rec.Alert.Severity, y.rec.Alert.Severity))
	})
	for _, c := range list[:min(n, len(list))] {
		b.close(c, schemas.Mark{}, "It made room for newer alerts: the log had max_alerts of them.")
	}
	return nil
}

func taken(c *change) int {
	if c.rec.Alert.Acknowledged != nil {
		return 1
	}
	return 0
}

// Cease notes that the cause of a part has ended, and closes the alert if it was
// the last one; or that it goes on, which puts off the time at which the alert
// lapses. What is not known, or has come back since, changes nothing.
func (b *Book) Cease(s *schemas.Ceased) error {
	b.event = later(b.event, bound.Sane(s.At))
	id := ""
	f := &schemas.Finding{Detector: bound.Cut(s.Detector, bound.MaxLine), Entity: schemas.Entity{Kind: s.Entity.Kind, Name: bound.Cut(s.Entity.Name, bound.MaxLine)}}
	if abuse(f) {
		id, _ = tieOf(b.tx.Bucket(journal.Actors).Get(actorKey(f.Entity)))
	}
	if id == "" {
		id = string(b.tx.Bucket(journal.Current).Get([]byte(fingerprint(f))))
	}
	if id == "" {
		return nil
	}
	c, err := b.follow(id)
	if err != nil || c == nil {
		return err
	}
	a := &c.rec.Alert
	c.shown = true
	i := partOf(a, f.Detector, f.Entity)
	if s.GoesOn {
		b.goOn(c, i, s)
		return nil
	}
	if i < 0 || a.State == schemas.AlertResolved || !a.Parts[i].Ended.IsZero() || c.rec.Marks[i].Made.After(s.At) {
		return nil
	}
	a.Parts[i].Ended, c.rec.Marks[i].Last = bound.Sane(s.At), bound.Sane(s.Last)
	a.Parts[i].LastSeen = later(a.Parts[i].LastSeen, c.rec.Marks[i].Last)
	a.LastSeen = later(a.LastSeen, c.rec.Marks[i].Last)
	b.note(c, "ceased", "", story.Words(a.Parts[i]))
	if c.rec.More {
		return nil
	}
	var last time.Time
	for j := range a.Parts {
		if a.Parts[j].Ended.IsZero() {
			return nil
		}
		last = later(last, c.rec.Marks[j].Last)
	}
	b.close(c, schemas.Mark{}, story.Ceased(a, last))
	return nil
}

// goOn notes that the cause of part i, or of one that the alert does not list, was
// there at the time.
func (b *Book) goOn(c *change, i int, s *schemas.Ceased) {
	a := &c.rec.Alert
	if a.State == schemas.AlertResolved || i < 0 && !c.rec.More || i >= 0 && !a.Parts[i].Ended.IsZero() {
		return
	}
	last := bound.Sane(s.Last)
	if i >= 0 {
		a.Parts[i].LastSeen = later(a.Parts[i].LastSeen, last)
	}
	a.LastSeen = later(a.LastSeen, last)
	c.rec.Until = later(c.rec.Until, bound.Sane(s.At))
	c.touched = true
}

// Absorb makes parts of the campaign that the finding is about of the open
// alerts of its members from the one of that number on, and ties the members to
// it. It returns the number to go on from; zero if all are done.
func (b *Book) Absorb(in *bound.Input, from int) (next int, err error) {
	var seen sighting
	if ok, err := journal.Get(b.tx.Bucket(journal.Seen), []byte(in.ID), &seen); err != nil || !ok || seen.Alert == "" {
		return 0, err
	}
	campaign, err := b.follow(seen.Alert)
	if err != nil || campaign == nil {
		return 0, err
	}
	id, absorbed := campaign.rec.Alert.ID, 0
	members := in.Members()
	for i := from; i < len(members); i++ {
		if absorbed == chunkAbsorbed || i-from == chunkMembers {
			return i, nil
		}
		if slices.Contains(members[i].Links, schemas.KnownBefore) {
			continue // a customer who is imitated, or whose key was stolen
		}
		e := schemas.Entity{Kind: schemas.EntityPrincipal, Name: bound.Cut(members[i].Principal, bound.MaxLine)}
		if e.Name == "" {
			continue
		}
		if now, _ := tieOf(b.tx.Bucket(journal.Actors).Get(actorKey(e))); now != id {
			c, _, err := b.tied(e)
			if err != nil {
				return 0, err
			}
			if c != nil && c != campaign && c.rec.Alert.Entity.Kind == schemas.EntityCampaign && b.live(c, &in.Finding) {
				continue // a part of another campaign, which goes on
			}
			if c != nil && c != campaign && b.live(c, &in.Finding) {
				if c.rec.Alert.Severity > campaign.rec.Alert.Severity {
					continue // what is worse than the campaign is not hidden in it
				}
				absorbed++
				b.merge(c, campaign)
			}
			if err := b.tie(e, id, false); err != nil {
				return 0, err
			}
		}
	}
	return 0, nil
}

// A transaction ties at most chunkMembers members and takes up at most
// chunkAbsorbed alerts.
const (
	chunkMembers  = 5000
	chunkAbsorbed = 250
)

// merge makes the alert of c a part of a campaign's.
func (b *Book) merge(c, campaign *change) {
	a, by := &c.rec.Alert, &campaign.rec.Alert
	open := a.State != schemas.AlertResolved
	how := "It is part of campaign " + by.Entity.Name + "."
	a.MergedInto = by.ID
	b.note(campaign, "absorbed", "", a.Title)
	b.note(c, "merged", "", by.Title)
	if open {
		b.close(c, schemas.Mark{Comment: "part of campaign " + by.Entity.Name}, how)
		return
	}
	// It had lapsed, of which people were told.
	a.Resolution, a.Outcome = &schemas.Mark{At: b.now, Comment: "part of campaign " + by.Entity.Name}, bound.Cut(story.Outcome(a, how), bound.MaxText)
}
