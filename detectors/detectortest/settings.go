package detectortest

import (
	"testing"

	"github.com/gatehound/gatehound/detectors"
)

// Fresh returns what makes new watchers of a family at the settings c.
func Fresh[C any](t testing.TB, watchers func(C) ([]detectors.Watcher, error), c C) func() []detectors.Watcher {
	return func() []detectors.Watcher {
		t.Helper()
		w, err := watchers(c)
		if err != nil {
			t.Fatalf("making the watchers: %v", err)
		}
		return w
	}
}

// Bounds checks that the defaults of a family's settings are valid, and that each
// change of spoiled is refused with its key as the error: by Validate, and by the
// family's watchers, to whose error builtin adds the family's name.
func Bounds[C any, P interface {
	*C
	Validate() error
}](t *testing.T, defaults func() C, watchers func(C) ([]detectors.Watcher, error), spoiled map[string]func(*C)) {
	t.Helper()
	c := defaults()
	if err := P(&c).Validate(); err != nil {
		t.Fatalf("the defaults are not valid: %v", err)
	}
	for want, spoil := range spoiled {
		c := defaults()
		spoil(&c)
		if err := P(&c).Validate(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
		if _, err := watchers(c); err == nil || err.Error() != want {
			t.Errorf("watchers: got %v, want %s", err, want)
		}
	}
}
