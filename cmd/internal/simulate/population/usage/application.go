// Package usage is what customers do with models: applications and their priors, from
// which every principal draws a habit, and the gateway's services and models.
package usage

import (
	"github.com/gatehound/gatehound/cmd/internal/simulate/gateway"
	"github.com/gatehound/gatehound/cmd/internal/simulate/population/rhythm"
)

// Application is what customers do with models: priors, from which each principal
// draws its own. The shapes of the lengths follow published traces: BurstGPT
// (2024), Azure's LLM inference traces (2023: code and conversation), LMSYS-Chat-1M
// and WildChat; see README.md.
type Application struct {
	Name string
	// Share is how many of the principals do it, Volume the median of their calls a
	// day before the whole is scaled, Tail the sigma.
	Share, Volume, Tail float64
	Pace                Pace
	// in and out are the medians of the tokens, of one prompt and of one answer,
	// beside a system prompt of about system tokens; inVary and outVary the sigma
	// among a principal's calls. If ratio is not 0, the answer's length is that share
	// of the prompt's.
	in, inVary, system   float64
	out, outVary, ratio  float64
	turns                float64
	tools                int
	users                int
	stream, filled, same float64
	embeds               bool
	// caps are the usual limits of answers; 0 is none. All other clients have them
	// of a list.
	caps []int
}

// Pace is when calls come.
type Pace uint8

// The paces.

const (
	People  Pace = iota // one person's sessions
	Crowd               // the users of a service behind one key
	Nightly             // a job once a day or a week
	Streams             // machines that call when something arrives
	Ticks               // a clock
)

// Applications are all of them.
var Applications = []Application{
	{Name: "assistant", Share: 16, Volume: 14, Tail: 1, Pace: People, in: 180, inVary: 1.1, system: 60, out: 240, outVary: .9, turns: 3.5, stream: .9},
	{Name: "chat service", Share: 12, Volume: 90, Tail: 1.9, Pace: Crowd, in: 120, inVary: 1, system: 450, out: 190, outVary: .8, turns: 3.2, users: 300, stream: .8},
	{Name: "rag", Share: 13, Volume: 70, Tail: 1.7, Pace: Crowd, in: 2200, inVary: .45, system: 350, out: 210, outVary: .6, turns: 1.6, users: 120, stream: .6, filled: .9, same: .1},
	{Name: "summaries", Share: 7, Volume: 50, Tail: 1.6, Pace: Streams, in: 2600, inVary: .9, system: 120, out: 220, outVary: .4, turns: 1, filled: 1, caps: []int{300, 500, 512, 1000}},
	{Name: "classification", Share: 8, Volume: 150, Tail: 2, Pace: Streams, in: 190, inVary: .6, system: 380, out: 6, outVary: .5, turns: 1, filled: 1, same: .08, caps: []int{5, 10, 16, 20, 50, 100}},
	{Name: "translation", Share: 4, Volume: 60, Tail: 1.8, Pace: Streams, in: 260, inVary: 1, system: 80, ratio: 1.1, turns: 1, filled: 1},
	{Name: "completion", Share: 5, Volume: 160, Tail: 1, Pace: People, in: 900, inVary: .5, system: 90, out: 38, outVary: .8, turns: 14, stream: .7, caps: []int{64, 128, 256}},
	{Name: "agent", Share: 7, Volume: 120, Tail: 1.6, Pace: People, in: 900, inVary: .7, system: 1800, out: 170, outVary: 1, turns: 14, tools: 12, stream: .6},
	{Name: "support bot", Share: 6, Volume: 80, Tail: 1.7, Pace: Crowd, in: 90, inVary: .8, system: 900, out: 110, outVary: .6, turns: 4, tools: 4, users: 500, stream: .3},
	{Name: "copywriting", Share: 6, Volume: 60, Tail: 1.5, Pace: Crowd, in: 140, inVary: .6, system: 250, out: 1100, outVary: .5, turns: 1.3, users: 40, stream: .7, filled: .9, caps: []int{0, 2000, 2048, 4000, 4096}},
	{Name: "enrichment", Share: 4, Volume: 350, Tail: 1.8, Pace: Nightly, in: 320, inVary: .5, system: 300, out: 120, outVary: .5, turns: 1, filled: 1},
	{Name: "indexing", Share: 4, Volume: 250, Tail: 1.9, Pace: Nightly, in: 380, inVary: .35, turns: 1, embeds: true},
	{Name: "search", Share: 4, Volume: 120, Tail: 1.8, Pace: Crowd, in: 14, inVary: .6, turns: 1, embeds: true, same: .3},
	{Name: "evaluation", Share: 2, Volume: 120, Tail: 1.3, Pace: Nightly, in: 260, inVary: .9, system: 120, out: 160, outVary: 1, turns: 1, filled: .6, same: 1, caps: []int{1, 256, 512, 1024}},
	{Name: "catalogue", Share: 1.5, Volume: 60, Tail: 1.6, Pace: Nightly, in: 160, inVary: .4, system: 200, out: 420, outVary: .4, turns: 1, filled: 1, caps: []int{0, 1000, 1024, 2000}},
	{Name: "minutes", Share: 2, Volume: 20, Tail: 1.4, Pace: Streams, in: 5200, inVary: .8, system: 200, ratio: .12, turns: 1, filled: 1},
	{Name: "check", Share: 1, Volume: 288, Tail: .5, Pace: Ticks, in: 12, inVary: .01, out: 4, outVary: .2, turns: 1, same: 1, caps: []int{5, 10}},
}

// limits are what clients set as the limit of an answer, the most popular first; 0
// is none.
var limits = [...]int{0, 1024, 1000, 4096, 2048, 500, 512, 2000, 256, 300, 4000, 8192, 800, 150, 1500, 16384, 3000, 600, 400, 700}

// heats are temperatures, the most popular first; below 0 is none.
var heats = [...]float64{-1, 0, .7, .2, 1, .3, .5, .1, .8, .4, .6, .9}

// personal is the most calls that one person makes a day, on average.
const personal = 350

// Rhythm returns when a principal calls that makes so many calls a day.
func (a *Application) Rhythm(d *gateway.Dice, calls float64, zone int64, h *Habit) rhythm.Rhythm {
	r := rhythm.Rhythm{Zone: zone, Swing: .35 + .3*d.Float(), Salt: d.Next()}
	pace := a.Pace
	if pace == People && calls > personal {
		pace = Crowd // a key that a team shares
		if h.Users == 0 {
			h.Users = 2 + int(calls/60)
		}
	}
	switch pace {
	case People:
		// As many calls a visit as the conversation has turns; agents and editors
		// call every few seconds, people every minute.
		r.Calls, r.Gap, r.Spread, r.Shape = max(h.Turns, 1.01), d.Lognormal(45, .4), .9, rhythm.Office
		if a.tools > 0 || a.Name == "completion" {
			r.Gap = d.Lognormal(5, .4)
		}
		if d.Chance(.3) {
			r.Shape = rhythm.Leisure
		}
		r.Visits = calls / r.Calls
	case Crowd:
		r.Shape = [...]*rhythm.Shape{rhythm.Backend, rhythm.Backend, rhythm.Office, rhythm.Leisure, rhythm.Global}[d.Below(5)]
		r.Visits = calls
	case Streams:
		// What arrives comes in batches of a few.
		r.Shape = [...]*rhythm.Shape{rhythm.Backend, rhythm.Office, rhythm.Global, rhythm.Flat}[d.Below(4)]
		r.Calls, r.Gap, r.Spread = 1+d.Exp(6), d.Lognormal(1.5, .6), .6
		r.Visits = calls / r.Calls
	case Nightly:
		r.Mask = 0x7f
		switch x := d.Float(); {
		case x < .15:
			r.Mask = 1 << d.Below(7) // once a week
		case x < .35:
			r.Mask = 0x3e // on working days
		}
		runs := 0.
		for i := range 7 {
			runs += float64(r.Mask >> i & 1)
		}
		r.At = int64(d.Below(24*4)) * 15 * rhythm.Minute
		if d.Chance(.5) {
			r.At = int64(d.Below(6)) * rhythm.Hour // most people think of midnight to five
		}
		r.At = max(r.At, rhythm.Minute)
		r.Size = calls * 7 / runs
		r.Swing = .3
		r.Gap, r.Spread = min(d.Lognormal(1.2, .7), float64(10*rhythm.Hour/rhythm.Second)/r.Size), .4
	case Ticks:
		r.Every, r.Jitter = int64(float64(rhythm.Day)/calls), .02
	}
	return r
}

// Limit draws a limit as clients set it, 0 if none.
func Limit(d *gateway.Dice) int { return limits[d.Rank(len(limits), .5)] }

// Heat draws a temperature as clients set it, below 0 if none.
func Heat(d *gateway.Dice) float64 { return heats[d.Rank(len(heats), .5)] }

// Of returns the application of one of the names.
func Of(d *gateway.Dice, names ...string) *Application { return Named(names[d.Below(len(names))]) }

// Named returns the application of that name, nil if there is none.
func Named(name string) *Application {
	for i := range Applications {
		if Applications[i].Name == name {
			return &Applications[i]
		}
	}
	return nil
}
