package decode

// The stages in which a record can be rejected.
const (
	StageFrame  = "frame"
	StageDecode = "decode"
)

// The reasons for which a record is rejected. They are constants: a reason
// never quotes input, and can label a metric.
const (
	// Frame: the message could not be taken apart.
	Empty       = "empty"        // nothing but white space
	InvalidGzip = "invalid_gzip" // it starts as gzip and is none
	GzipBomb    = "gzip_bomb"    // it inflates beyond the bounds of gzip.go
	InvalidJSON = "invalid_json" // it starts as JSON and is none, or is cut off
	TooDeep     = "too_deep"     // JSON in strings in strings beyond 3, or nested beyond Options.MaxDepth and cut off
	TooLarge    = "too_large"    // it is longer than Options.MaxBytes
	TooMany     = "too_many"     // the rest of a message with too many records or rejects

	// Decode: the record could not become one.
	UnknownFormat  = "unknown_format"    // no format knows it
	NoTime         = "no_time"           // neither it nor its envelope has a time
	TimeOutOfRange = "time_out_of_range" // before 2000, or too far in the future
)

// Bounds of one message, so that what a small message makes stays small: the
// largest batches that gateways send have some thousand records, and a message
// of which a thousand parts were rejected has told what it can.
const (
	maxRecords = 100_000
	maxRejects = 1_000
)

func (d *Decoder) reject(stage, reason, format string, raw []byte) {
	if d.stop {
		return
	}
	if d.rejects++; d.rejects > maxRejects {
		d.stop = true
		stage, reason, format = StageFrame, TooMany, ""
	}
	d.sink.Reject(d.index, stage, reason, format, raw)
	d.index++
}

func (d *Decoder) emit() {
	if d.stop {
		return
	}
	if d.index >= maxRecords {
		d.stop = true
		d.sink.Reject(d.index, StageFrame, TooMany, "", nil)
		return
	}
	d.sink.Record(d.index, &d.rec)
	d.index++
}
