// Package field reads hostile JSON and the values that gateways put into it.
//
// It holds what every log format needs and none should write twice: a JSON
// reader that works in one pass over borrowed bytes, and the coercions of text
// to numbers, times, durations and statuses, each with its bounds. It knows no
// format and no event.
//
// A value of the wrong type, out of range or absent is "not known": coercions
// return false and accessors return "", never an error. Nothing here quotes
// input, panics on it, or keeps it.
package field
