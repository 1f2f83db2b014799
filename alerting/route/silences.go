package route

import (
	"errors"
	"fmt"
	"time"

	"github.com/gatehound/gatehound/schemas"
)

// MaxSilences is how many silences a decision looks at.
const MaxSilences = 10_000

// Silences are silences that were read once, for decisions that are made often.
type Silences struct{ list []silence }

type silence struct {
	schemas.Silence
	matchers Matchers
}

// ReadSilences reads silences. One that cannot be read, has no matchers or
// comes after MaxSilences silences nothing; the error names it by its id, and
// the others are returned all the same.
func ReadSilences(all []schemas.Silence) (*Silences, error) {
	var errs []error
	out := &Silences{list: make([]silence, 0, min(len(all), MaxSilences))}
	for i := range all {
		s := &all[i]
		m, err := ParseMatchers(s.Matchers)
		switch {
		case len(out.list) == MaxSilences:
			return out, errors.Join(append(errs, fmt.Errorf("there are %d silences: want at most %d", len(all), MaxSilences))...)
		case err != nil:
			errs = append(errs, fmt.Errorf("silence %s: %w", s.ID, err))
		case m.Len() == 0:
			errs = append(errs, fmt.Errorf("silence %s: matchers is empty: want at least one", s.ID))
		default:
			out.list = append(out.list, silence{*s, m})
		}
	}
	return out, errors.Join(errs...)
}

// covers returns the silence that covers s at now, and of several the one that
// lasts longest; nil if none does.
func (q *Silences) covers(s *subject, now time.Time) *silence {
	var best *silence
	for i := range q.list {
		x := &q.list[i]
		if now.Before(x.From) || !now.Before(x.Until) || (!x.Ended.IsZero() && !now.Before(x.Ended)) {
			continue
		}
		if (best == nil || x.Until.After(best.Until)) && x.matchers.cover(s) {
			best = x
		}
	}
	return best
}
