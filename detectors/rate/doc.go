// Package rate watches how much each principal, address and route asks for,
// minute by minute, each against its own past and against its peers.
//
// It has three detectors, one for each kind of entity, with the same rules:
// rate.spike, rate.shift, rate.drop, rate.throttled (429) and rate.errors
// (5xx). What moves many entities at once is one finding on everything
// instead. It does not look at what is asked, and not at failed logins.
package rate
