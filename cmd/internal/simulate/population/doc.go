// Package population is a gateway's customers over days and weeks of event time,
// with heavy tails, day and week cycles, tenants and shared things, and among
// them those who copy models and those who only look like it: for the evaluation
// of extraction and campaigns.
//
// A World yields requests in the order of their time; gateway.Record renders them
// as log lines. The same Config gives the same requests. Truths tells what was
// planted, by whom, and when each exchange was taken. A World is used by one
// goroutine; its memory is bounded by the number of principals and the times of
// the planted exchanges. The package knows nothing of the pipeline.
package population
