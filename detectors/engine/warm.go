package engine

// ahead is how many items are looked up at once: about as many as a core has
// reads from memory under way.
const ahead = 16

// warmFrom is the number of entities from which a directory is taken not to be
// in the caches.
const warmFrom = 256

// warm touches what the items will need: index, record, card and states, each
// for all items before the next. With a million entities nearly every access
// misses the caches; one after the other they would take most of the time.
func (s *shard) warm(items []item) {
	for i := range items {
		it := &items[i]
		s.hints[i] = s.dirs[it.kind].Peek(it.key)
		ev := &s.engine.batch.Parts[it.part].Events[it.event]
		s.touched += uint64(ev.Time) + uint64(ev.Status) + uint64(len(ev.Credential)) + uint64(ev.ClientClass) +
			uint64(ev.Latency) + uint64(ev.InputTokens) + ev.PromptFingerprint
	}
	for i := range items {
		d := s.dirs[items[i].kind]
		if used, _ := d.Used(); used < warmFrom || !d.Has(s.hints[i]) {
			continue
		}
		s.touched += d.At(int(s.hints[i] - 1)).Key
	}
	for i := range items {
		d := s.dirs[items[i].kind]
		if used, _ := d.Used(); used >= warmFrom {
			s.touched += d.TouchCard(s.hints[i])
		}
	}
	for i := range items {
		d := s.dirs[items[i].kind]
		if used, _ := d.Used(); used >= warmFrom {
			s.touched += d.TouchStates(s.hints[i], items[i].wants)
		}
	}
}
