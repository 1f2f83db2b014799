package population

// application is what customers do with models: priors, from which each principal
// draws its own. The shapes of the lengths follow published traces: BurstGPT
// (2024), Azure's LLM inference traces (2023: code and conversation), LMSYS-Chat-1M
// and WildChat; see README.md.
type application struct {
	name string
	// share is how many of the principals do it, volume the median of their calls a
	// day before the whole is scaled, tail the sigma.
	share, volume, tail float64
	pace                pace
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

// pace is when calls come.
type pace uint8

const (
	people  pace = iota // one person's sessions
	crowd               // the users of a service behind one key
	nightly             // a job once a day or a week
	streams             // machines that call when something arrives
	ticks               // a clock
)

// applications are all of them.
var applications = []application{
	{name: "assistant", share: 16, volume: 14, tail: 1, pace: people, in: 180, inVary: 1.1, system: 60, out: 240, outVary: .9, turns: 3.5, stream: .9},
	{name: "chat service", share: 12, volume: 90, tail: 1.9, pace: crowd, in: 120, inVary: 1, system: 450, out: 190, outVary: .8, turns: 3.2, users: 300, stream: .8},
	{name: "rag", share: 13, volume: 70, tail: 1.7, pace: crowd, in: 2200, inVary: .45, system: 350, out: 210, outVary: .6, turns: 1.6, users: 120, stream: .6, filled: .9, same: .1},
	{name: "summaries", share: 7, volume: 50, tail: 1.6, pace: streams, in: 2600, inVary: .9, system: 120, out: 220, outVary: .4, turns: 1, filled: 1, caps: []int{300, 500, 512, 1000}},
	{name: "classification", share: 8, volume: 150, tail: 2, pace: streams, in: 190, inVary: .6, system: 380, out: 6, outVary: .5, turns: 1, filled: 1, same: .08, caps: []int{5, 10, 16, 20, 50, 100}},
	{name: "translation", share: 4, volume: 60, tail: 1.8, pace: streams, in: 260, inVary: 1, system: 80, ratio: 1.1, turns: 1, filled: 1},
	{name: "completion", share: 5, volume: 160, tail: 1, pace: people, in: 900, inVary: .5, system: 90, out: 38, outVary: .8, turns: 14, stream: .7, caps: []int{64, 128, 256}},
	{name: "agent", share: 7, volume: 120, tail: 1.6, pace: people, in: 900, inVary: .7, system: 1800, out: 170, outVary: 1, turns: 14, tools: 12, stream: .6},
	{name: "support bot", share: 6, volume: 80, tail: 1.7, pace: crowd, in: 90, inVary: .8, system: 900, out: 110, outVary: .6, turns: 4, tools: 4, users: 500, stream: .3},
	{name: "copywriting", share: 5, volume: 25, tail: 1.5, pace: crowd, in: 140, inVary: .6, system: 250, out: 1100, outVary: .5, turns: 1.3, users: 40, stream: .7, filled: .9, caps: []int{0, 2000, 2048, 4000, 4096}},
	{name: "enrichment", share: 4, volume: 350, tail: 1.8, pace: nightly, in: 320, inVary: .5, system: 300, out: 120, outVary: .5, turns: 1, filled: 1},
	{name: "indexing", share: 4, volume: 250, tail: 1.9, pace: nightly, in: 380, inVary: .35, turns: 1, embeds: true},
	{name: "search", share: 4, volume: 120, tail: 1.8, pace: crowd, in: 14, inVary: .6, turns: 1, embeds: true, same: .3},
	{name: "evaluation", share: 2, volume: 120, tail: 1.3, pace: nightly, in: 260, inVary: .9, system: 120, out: 160, outVary: 1, turns: 1, filled: .6, same: 1, caps: []int{1, 256, 512, 1024}},
	{name: "catalogue", share: 1.5, volume: 60, tail: 1.6, pace: nightly, in: 160, inVary: .4, system: 200, out: 420, outVary: .4, turns: 1, filled: 1, caps: []int{0, 1000, 1024, 2000}},
	{name: "minutes", share: 2, volume: 20, tail: 1.4, pace: streams, in: 5200, inVary: .8, system: 200, ratio: .12, turns: 1, filled: 1},
	{name: "check", share: 1, volume: 288, tail: .5, pace: ticks, in: 12, inVary: .01, out: 4, outVary: .2, turns: 1, same: 1, caps: []int{5, 10}},
}

// limits are what clients set as the limit of an answer, the most popular first; 0
// is none.
var limits = [...]int{0, 1024, 1000, 4096, 2048, 500, 512, 2000, 256, 300, 4000, 8192, 800, 150, 1500, 16384, 3000, 600, 400, 700}

// heats are temperatures, the most popular first; below 0 is none.
var heats = [...]float64{-1, 0, .7, .2, 1, .3, .5, .1, .8, .4, .6, .9}
