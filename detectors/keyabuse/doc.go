// Package keyabuse watches for keys that somebody else uses too: stolen ones
// (LLMjacking), and shared or resold ones.
//
// It holds the networks, countries, models, clients, hours and volumes of a key
// against the key's own past. A single novelty is no finding, because customers
// move, travel and try things; several at once are. It does not look at refused
// logins: see detectors/authfail.
package keyabuse
