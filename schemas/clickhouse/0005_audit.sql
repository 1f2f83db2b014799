-- Who revealed, forgot or changed what, and why.
CREATE TABLE IF NOT EXISTS audit
(
    time   DateTime64(9, 'UTC'),
    who    String,
    action LowCardinality(String),
    reason String
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY time
TTL toDateTime(time) + toIntervalSecond(34560000)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1;
