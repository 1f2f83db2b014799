-- What could not become an event: position, stage and reason, never raw bytes.
-- There is no partition by day, since a repeated insert must meet its token in
-- the partition that it went to first, and a reject has no time of its own.
CREATE TABLE IF NOT EXISTS rejects
(
    rejected_at    DateTime('UTC') DEFAULT now() CODEC(DoubleDelta, LZ4),
    topic          LowCardinality(String),
    partition      Int32,
    message_offset Int64 CODEC(Delta, ZSTD(1)),
    record_index   Int32,
    stage          LowCardinality(String),
    reason         LowCardinality(String),
    format         LowCardinality(String),
    bytes          Int64,
    excerpt        String CODEC(ZSTD(1))
)
ENGINE = MergeTree
ORDER BY (topic, partition, message_offset, record_index)
TTL rejected_at + toIntervalSecond(2592000)
SETTINGS non_replicated_deduplication_window = 10000;

-- The ledger of begun batches: a row for each range of each batch.
CREATE TABLE IF NOT EXISTS ingest_intents
(
    consumer_group LowCardinality(String),
    topic          LowCardinality(String),
    partition      Int32,
    first          Int64 CODEC(Delta, ZSTD(1)),
    next           Int64 CODEC(Delta, ZSTD(1)),
    token          String CODEC(ZSTD(1)),
    created        DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    INDEX created_minmax created TYPE minmax GRANULARITY 1,
    INDEX token_bloom token TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(created)
ORDER BY (consumer_group, topic, partition, next)
TTL toDateTime(created) + toIntervalSecond(604800);

-- Snapshots of the detectors in chunks; the newest of a group and fingerprint
-- replaces those before it.
CREATE TABLE IF NOT EXISTS checkpoints
(
    consumer_group LowCardinality(String),
    fingerprint    String,
    chunk          UInt32,
    chunks         UInt32,
    created        DateTime64(9, 'UTC'),
    seen           Nested(topic String, partition Int32, next Int64),
    state          String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(created)
ORDER BY (consumer_group, fingerprint, chunk)
TTL toDateTime(created) + toIntervalSecond(604800)
SETTINGS index_granularity = 16;
