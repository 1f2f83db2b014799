// Package clickhouse holds the ClickHouse schema as ordered migrations.
//
// A migration is a file NNNN_name.sql of statements that end in ";" at the end
// of a line. Each statement can be run again without harm (IF NOT EXISTS), so
// that a migration that was cut short, or that two processes run at once, ends
// well. A file that was released is never edited: a change is a new file.
package clickhouse

import "embed"

// Files holds the migrations; the order of their names is the order of their
// application.
//
//go:embed *.sql
var Files embed.FS
