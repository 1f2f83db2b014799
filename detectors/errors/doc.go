// Package errors detects what goes wrong on a route or with a model: server
// errors, timeouts, upstreams that fail, quotas that are used up, and answers
// that take longer than they did.
//
// What one caller runs into is the caller's: it takes several callers. Refusals
// (4xx) never count, but for 429 and timeouts.
package errors
