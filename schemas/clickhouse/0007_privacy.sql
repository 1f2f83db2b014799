-- Pseudonyms of one identity under two keys of the ring, as the workers met
-- them while the keys overlapped. Several workers and instances may meet one
-- pair: of equal pairs one row stays.
CREATE TABLE IF NOT EXISTS aliases
(
    old        String,
    new        String,
    first_seen DateTime64(9, 'UTC'),
    INDEX new_bloom new TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
ORDER BY (old, new)
TTL toDateTime(first_seen) + toIntervalSecond(34560000)
SETTINGS non_replicated_deduplication_window = 10000;

-- The redacted texts of prompts, encrypted, if policy keeps them; for a shorter
-- time than the events.
CREATE TABLE IF NOT EXISTS sealed_prompts
(
    time           DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    topic          LowCardinality(String),
    partition      Int32 CODEC(T64, LZ4),
    message_offset Int64 CODEC(Delta, ZSTD(1)),
    record_index   Int32 CODEC(T64, LZ4),
    principal      String CODEC(ZSTD(1)),
    request_id     String CODEC(ZSTD(1)),
    key_id         LowCardinality(String),
    data           String CODEC(NONE),
    INDEX principal_bloom principal TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (topic, partition, message_offset, record_index)
TTL toDateTime(time) + toIntervalSecond(604800)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1;

-- What was revealed or forgotten: a stored address and its key, the position of
-- a prompt, the number of a receipt. It never names a person.
ALTER TABLE audit ADD COLUMN IF NOT EXISTS what String AFTER action;
