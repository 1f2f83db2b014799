-- Findings say how the entity's events spread, and whom the window's events tie to
-- it. A series without counts is not known.
ALTER TABLE findings ADD COLUMN IF NOT EXISTS series_start DateTime64(9, 'UTC') AFTER samples;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS series_step Int64 AFTER series_start;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS series_counts Array(Int64) AFTER series_step;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS `related.kind` Array(LowCardinality(String)) AFTER series_counts;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS `related.name` Array(String) AFTER `related.kind`;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS related_all Bool AFTER `related.name`;

-- Alerts are incidents of several parts, which are in JSON. A time of 1970 is none.
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS parts String CODEC(ZSTD(1)) AFTER events;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS acknowledged_at DateTime64(9, 'UTC') AFTER parts;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS acknowledged_by String AFTER acknowledged_at;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS acknowledged_comment String AFTER acknowledged_by;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS escalated Int64 AFTER acknowledged_comment;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS reopened Int64 AFTER escalated;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS resolution_at DateTime64(9, 'UTC') AFTER reopened;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS resolution_by String AFTER resolution_at;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS resolution_comment String AFTER resolution_by;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS outcome String AFTER resolution_comment;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS muted String AFTER outcome;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS merged_into String AFTER muted;
ALTER TABLE alerts ADD COLUMN IF NOT EXISTS url String AFTER merged_into;

-- What happened to an alert: a row for each entry of its history, by its number.
-- The newest row of a key stays: read it with FINAL.
CREATE TABLE IF NOT EXISTS alert_history
(
    id         String,
    number     Int64,
    at         DateTime64(9, 'UTC'),
    event_time DateTime64(9, 'UTC'),
    what       LowCardinality(String),
    who        String,
    text       String,
    severity   Enum8('info' = 0, 'low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    stored_at  DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (id, number)
TTL toDateTime(at) + toIntervalSecond(34560000);
