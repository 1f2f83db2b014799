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
TTL toDateTime(time) + toIntervalSecond(34560000);
