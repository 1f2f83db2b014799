// Package profile sums up how a principal uses models, in a few hundred bytes: so
// that millions of principals can be held against one another.
package profile

// Profile is how a principal used models, until the end of a window. Only
// successful calls of models count (all operations, embeddings too). Shares are in
// 1/254, so that 254 is all, and NotKnown if the log does not state enough.
type Profile struct {
	// First and Last are the times of the first and the last call, in minutes
	// since the epoch.
	First, Last uint32
	// Calls, Input and Output are all calls since First, with their tokens (0 if
	// the log does not state them); Day are the calls of the last 24 hours, Now
	// those of the window.
	Calls, Input, Output, Day, Now float32
	// Measured is how many calls, with the older ones fading, Inputs and Outputs
	// rest on, and in Bytes tells that they are of bytes, not of tokens.
	Measured float32
	// Inputs and Outputs are the distributions of the lengths: shares of Bins.
	Inputs, Outputs [Bins]uint8
	// Hours is the distribution of the calls over the hours of the day, UTC.
	Hours [24]uint8
	// Days are the calls of each UTC day, that of the window's last minute first.
	Days [8]uint16
	// Traits are what most of its calls have in common.
	Traits [Traits]Trait
	// Networks are up to four networks (an IPv4 /24, an IPv6 /48) that it calls
	// from most, hashed; 0 is none. Places is about how many there are, up to 255.
	Networks [4]uint32
	Places   uint8
	// Templates are the most frequent templates of its prompts, hashed. Phrase is
	// what most of them have in common: a number of their MinHash, whose share is
	// about that of the words which all share (an instruction, say) in a prompt.
	Templates [4]Trait
	Phrase    Trait
	// Prompts are the smallest hashes of its different prompts, in rising order (0
	// is none): of two sets of prompts they tell how many are the same. Prompted
	// is how many calls had a prompt, Different about how many prompts there were.
	Prompts             [16]uint32
	Prompted, Different float32
	// Scatter is the variance of the calls in ten minutes over their mean, within
	// the hours with calls: 1 of independent calls, near 0 of a clock, many of
	// people; -1 is not known. Sessions is the share of calls that follow the one
	// before within two minutes.
	Scatter  float32
	Sessions uint8
	// Single is the share of conversations of one turn, Pinned of answers that
	// end at their limit, One of answers of one token, Tooled of calls that offer
	// tools, Probed of calls that ask for log probabilities or bias the logits,
	// Reasoned of prompts that ask for the reasoning, Embedded of embeddings,
	// Failed of all requests that failed.
	Single, Pinned, One, Tooled, Probed, Reasoned, Embedded, Failed uint8
	// Users is about how many end users stand behind it, up to 64.
	Users uint8
	// Bytes tells that lengths are of bytes, four to a token.
	Bytes bool
	// Pivot is when most of its calls moved to Traits[Model] from Earlier, in
	// minutes since the epoch; 0 is never.
	Pivot   uint32
	Earlier uint32
}

// NotKnown is a share that the log does not tell.
const NotKnown = 255

// Trait is a value, hashed, and the share of calls that have it; a share of 0 is
// none.
type Trait struct {
	Value uint32
	Share uint8
}

// The traits.
const (
	// Model is provider and model, Settings the request's parameters together
	// (max tokens, temperature, choices, stream, tools or not, log probabilities).
	Model = iota
	Settings
	// Client is the user agent, Hello the fingerprint of the TLS hello.
	Client
	Hello
	// System is the autonomous system, Country the country.
	System
	Country
	// Tenant is the tenant, Route the route.
	Tenant
	Route
	// Traits is how many there are.
	Traits
)

// Bins is how many bins a distribution of lengths has: the first is below 8
// tokens, the others are a third of an octave each, the last is open.
const Bins = 32
