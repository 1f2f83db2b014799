// Package simulate is a fleet of AI-gateway clients with attackers among them,
// whose truth is known: for the demo, the tests and the benchmarks.
//
// A Fleet yields requests in the order of their event time; a Record renders
// itself as the line that its gateway would have written (Kong, nginx, Envoy
// AI Gateway, LiteLLM, an application), bare or in a Filebeat envelope. The
// same Config gives the same bytes. What was planted, attacks and innocent
// look-alikes, is told by Truths.
//
// A Fleet is used by one goroutine. Produce sends it somewhere at a pace;
// WriteFile puts it into a file. The package knows nothing of the pipeline.
package simulate
