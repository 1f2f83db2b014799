package engine

import (
	"fmt"
	"slices"

	"github.com/gatehound/gatehound/detectors"
	"github.com/gatehound/gatehound/detectors/engine/internal/correlation"
	"github.com/gatehound/gatehound/detectors/engine/internal/entities"
	"github.com/gatehound/gatehound/detectors/engine/internal/shard"
	"github.com/gatehound/gatehound/schemas"
)

// install puts watchers in force and keeps the state of those that were there.
func (e *Engine) install(watchers []detectors.Watcher) error {
	var watches []*shard.Watch
	for i, w := range watchers {
		n, err := shard.NewWatch(w, i)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(watches, func(o *shard.Watch) bool { return o.Spec.ID == n.Spec.ID }) {
			return fmt.Errorf("detector %s is there twice", n.Spec.ID)
		}
		if c := w.Correlating(); c != nil {
			n.Runs = correlation.New(c, correlation.Settings{
				Spec: n.Spec, Key: e.shared.Key, Table: e.shared.Table, Room: e.settings.Config.Findings,
			})
		}
		watches = append(watches, n)
	}
	e.settleAll()
	kept := map[string][]byte{}
	for _, w := range e.watches {
		kept[w.Spec.ID] = e.save(w)
	}
	e.retire() // who panicked by then
	old := make([]*shard.Watch, len(watches))
	for i, w := range watches {
		if j := slices.IndexFunc(e.watches, w.Continues); j >= 0 && !e.watches[j].Disabled() {
			old[i] = e.watches[j]
			w.Frame, w.Prev = old[i].Frame, old[i].Prev
		}
	}
	var byKind [shard.Kinds][]*shard.Watch
	var watched []entities.Watched
	var ids []string
	cohort := 0
	for _, w := range watches {
		of := &byKind[w.Spec.Entity]
		if w.Slot = len(*of); w.Slot == maxOfKind {
			return fmt.Errorf("detector %s: there are more than %d of its kind of entity", w.Spec.ID, maxOfKind)
		}
		*of = append(*of, w)
		cohort, ids = max(cohort, len(w.Total)), append(ids, w.Spec.ID)
		size, _ := w.Sizes()
		watched = append(watched, entities.Watched{Kind: w.Spec.Entity, Size: size, Share: w.Spec.Share})
	}
	plan := entities.NewPlan(int(e.settings.Config.Memory)/len(e.shards), watched, e.pages)
	for _, s := range e.shards {
		s.Equip(&byKind, old, cohort, plan)
	}
	e.watches, e.shared.ByKind = watches, byKind
	e.rekind()
	e.metrics.Watch(ids)
	for i, w := range watches {
		if w.Runs == nil {
			continue
		}
		e.metrics.Correlate(w.Spec.ID)
		if old[i] != nil {
			e.load(w, kept[w.Spec.ID])
		} else {
			e.load(w, nil)
		}
	}
	e.reckon()
	return nil
}

// maxOfKind is how many watches a kind of entity can have: an item has a bit
// for each.
const maxOfKind = 32

// rekind notes which watches of each kind want what.
func (e *Engine) rekind() {
	for kind, of := range e.shared.ByKind {
		k := kindOf{watched: len(of) > 0, counts: kind == int(schemas.EntityAddress) && len(of) > 0}
		for _, w := range of {
			k.counts = k.counts || w.Spec.MinEvents > 1
			switch {
			case w.Disabled():
			case w.Spec.Wants == nil:
				k.always |= 1 << w.Slot
			default:
				k.picky = append(k.picky, w)
			}
		}
		e.kinds[kind] = k
	}
}
