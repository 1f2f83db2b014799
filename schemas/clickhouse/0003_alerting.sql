-- Findings and alerts are written again after a crash: the newest row of a key
-- stays. Read them with FINAL.
CREATE TABLE IF NOT EXISTS findings
(
    id                     String,
    detector               LowCardinality(String),
    entity_kind            LowCardinality(String),
    entity                 String,
    tenant                 LowCardinality(String),
    severity               Enum8('info' = 0, 'low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    confidence             Float64,
    title                  String,
    summary                String,
    window_start           DateTime64(9, 'UTC'),
    window_end             DateTime64(9, 'UTC'),
    detected               DateTime64(9, 'UTC'),
    events                 Int64,
    features               Nested(name LowCardinality(String), observed Float64, expected Float64, unit LowCardinality(String), weight Float64, text String),
    techniques             Nested(framework LowCardinality(String), id LowCardinality(String), name LowCardinality(String)),
    query                  String CODEC(ZSTD(1)),
    exception_owner        String,
    exception_reason       String,
    stored_at              DateTime64(9, 'UTC'),
    INDEX entity_bloom entity TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(window_start)
ORDER BY (detector, window_start, id)
TTL toDateTime(window_start) + toIntervalSecond(34560000);

CREATE TABLE IF NOT EXISTS alerts
(
    id          String,
    sequence    Int64,
    fingerprint String,
    state       LowCardinality(String),
    severity    Enum8('info' = 0, 'low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    confidence  Float64,
    title       String,
    summary     String,
    detector    LowCardinality(String),
    entity_kind LowCardinality(String),
    entity      String,
    tenant      LowCardinality(String),
    first_seen  DateTime64(9, 'UTC'),
    last_seen   DateTime64(9, 'UTC'),
    findings    Int64,
    events      Int64,
    finding_id  String,
    finding     String CODEC(ZSTD(1)),
    stored_at   DateTime64(9, 'UTC'),
    INDEX entity_bloom entity TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (id, sequence)
TTL toDateTime(last_seen) + toIntervalSecond(34560000);
