// Package embedded runs the real ClickHouse engine in the process: libchdb, a
// shared library that is bound without cgo, behind the client that also talks
// to a server.
//
// Engine answers ClickHouse's HTTP interface as an http.RoundTripper, which
// clickhouse-go takes in place of a connection: no port is opened, so nothing
// outside of the process can reach the data. A statement holds one of a fixed
// number of sessions while it runs; more statements wait. Cancelling a
// statement's context kills it in the engine.
//
// The package knows nothing of Gatehound's tables; storage/clickhouse does.
package embedded
