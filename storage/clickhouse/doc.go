// Package clickhouse keeps events, roll-ups, findings, alerts, rejects and the
// ledger of what was begun in ClickHouse, through clickhouse-go: a server over
// its native protocol or HTTP, or the embedded engine behind the same client.
//
// Every write returns nil only when ClickHouse has acknowledged it, and may be
// repeated: a batch is inserted as one block under its token, which the tables
// and the targets of their views remember; findings and alerts replace their
// older selves; intents are told apart by their token when they are read.
//
// The package retries nothing. IsRetryable tells callers whether they should.
package clickhouse
