package app

import (
	"errors"
	"sort"
	"sync"

	"github.com/gatehound/gatehound/cmd/internal/console"
)

// Health knows of each component whether it works. A component that has not
// reported yet does not.
type Health struct {
	mu    sync.Mutex // components report from their own goroutines
	state map[string]error
}

var errStarting = errors.New("starting")

func newHealth() *Health {
	return &Health{state: map[string]error{"pipeline": errStarting, "store": errStarting, "source": errStarting}}
}

// set records a component's state.
func (h *Health) set(component string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.state[component] = err
}

// without forgets a component that the configuration goes without.
func (h *Health) without(component string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.state, component)
}

// Ready returns the components in order and whether all of them work.
func (h *Health) Ready() ([]console.Component, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	ok := true
	var out []console.Component
	for name, err := range h.state {
		c := console.Component{Name: name, OK: err == nil}
		if err != nil {
			c.Error, ok = err.Error(), false
		}
		out = append(out, c)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out, ok
}
