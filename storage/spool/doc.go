// Package spool keeps batches in files while the store is away, oldest first,
// until they are removed.
//
// A batch is in the spool when Append has returned nil: its file was written
// aside, flushed to the disk, renamed, and its folder flushed. A process that is
// killed at any point leaves whole batches, and files aside that Open removes.
// A file that does not match its checksum is put into a folder of its own,
// logged and counted, and the rest goes on.
//
// A spool's folder belongs to one process. The package starts no goroutine.
package spool
