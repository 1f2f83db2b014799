-- One row a request. Columns are named like the fields of schemas.Event in
-- JSON. A field whose zero is a value is Nullable: NULL means that the log did
-- not state it, so that averages and quantiles pass over it.
--
-- The order serves the forensic questions: they ask about an hour or some, of
-- one principal. Addresses, request ids, credentials, end users and prompts
-- are found through the skipping indices. A day is a partition, and goes whole.
-- A part is compact up to 128 MiB, so that an insert makes a few files and not
-- two for each column.
CREATE TABLE IF NOT EXISTS events
(
    time                 DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    ingested_at          DateTime('UTC') DEFAULT now() CODEC(DoubleDelta, LZ4),
    topic                LowCardinality(String),
    partition            Int32 CODEC(T64, LZ4),
    message_offset       Int64 CODEC(Delta, ZSTD(1)),
    record_index         Int32 CODEC(T64, LZ4),

    format               LowCardinality(String),
    gateway              LowCardinality(String),
    tenant               LowCardinality(String),
    request_id           String CODEC(ZSTD(1)),
    method               LowCardinality(String),
    host                 LowCardinality(String),
    route                LowCardinality(String),
    path                 String CODEC(ZSTD(1)),
    query                String CODEC(ZSTD(1)),
    status               Nullable(UInt16) CODEC(ZSTD(1)),
    upstream_status      Nullable(UInt16) CODEC(ZSTD(1)),
    responder            Enum8('unknown' = 0, 'gateway' = 1, 'upstream' = 2),
    auth                 Enum8('unknown' = 0, 'success' = 1, 'failure' = 2),
    auth_reason          Enum8('' = 0, 'missing' = 1, 'invalid' = 2, 'expired' = 3, 'forbidden' = 4, 'unstated' = 5),

    principal            String CODEC(ZSTD(1)),
    end_user             String CODEC(ZSTD(1)),
    credential           String CODEC(ZSTD(1)),
    client               IPv6 CODEC(ZSTD(1)),
    asn                  UInt32 CODEC(ZSTD(1)),
    country              LowCardinality(String),
    user_agent           String CODEC(ZSTD(1)),
    client_class         Enum8('unknown' = 0, 'sdk' = 1, 'http_library' = 2, 'browser' = 3, 'crawler' = 4, 'ai_crawler' = 5, 'scanner' = 6, 'empty' = 7),

    latency              Nullable(Int64) CODEC(T64, ZSTD(1)),
    upstream_latency     Nullable(Int64) CODEC(T64, ZSTD(1)),
    request_bytes        Nullable(Int64) CODEC(T64, ZSTD(1)),
    response_bytes       Nullable(Int64) CODEC(T64, ZSTD(1)),

    provider             LowCardinality(String),
    model                LowCardinality(String),
    operation            LowCardinality(String),
    input_tokens         Nullable(Int64) CODEC(T64, ZSTD(1)),
    output_tokens        Nullable(Int64) CODEC(T64, ZSTD(1)),
    cached_tokens        Nullable(Int64) CODEC(T64, ZSTD(1)),
    reasoning_tokens     Nullable(Int64) CODEC(T64, ZSTD(1)),
    cost                 Nullable(Float64) CODEC(ZSTD(1)),
    stream               Nullable(Bool),
    temperature          Nullable(Float32) CODEC(ZSTD(1)),
    max_tokens           Nullable(Int32) CODEC(T64, ZSTD(1)),
    choices              Nullable(Int32) CODEC(T64, ZSTD(1)),
    logprobs             Nullable(Bool),
    top_logprobs         Nullable(Int32) CODEC(T64, ZSTD(1)),
    logit_bias           Nullable(Int32) CODEC(T64, ZSTD(1)),
    tools                Nullable(Int32) CODEC(T64, ZSTD(1)),
    messages             Nullable(Int32) CODEC(T64, ZSTD(1)),
    finish_reason        LowCardinality(String),
    guardrail            Enum8('unknown' = 0, 'passed' = 1, 'input_blocked' = 2, 'output_blocked' = 3, 'masked' = 4),
    prompt_length        Nullable(Int32) CODEC(T64, ZSTD(1)),
    prompt_fingerprint   UInt64,
    template_fingerprint UInt64,

    -- Byte N counts the redactions of kind N; zeros at the end are left out.
    -- The alias shows them by name: redacted['email'].
    redacted_counts      String CODEC(ZSTD(1)),
    redacted             Map(String, UInt8) ALIAS mapFilter((k, n) -> n > 0, mapFromArrays(
        ['email', 'phone', 'card', 'iban', 'national_id', 'address', 'bearer', 'jwt', 'api_key', 'cloud_key',
         'private_key', 'parameter', 'high_entropy', 'prompt', 'unproven', 'principal'],
        arrayMap(i -> reinterpretAsUInt8(substring(redacted_counts, i, 1)), range(1, 17)))),

    latency_ms           Nullable(Float64) ALIAS latency / 1e6,
    upstream_latency_ms  Nullable(Float64) ALIAS upstream_latency / 1e6,

    INDEX request_id_bloom request_id TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX client_bloom client TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX credential_bloom credential TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX end_user_bloom end_user TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX template_bloom template_fingerprint TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX status_set status TYPE set(64) GRANULARITY 1,
    INDEX offset_minmax message_offset TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMMDD(time)
ORDER BY (toStartOfHour(time), principal, time)
TTL toDateTime(time) + toIntervalSecond(2592000)
SETTINGS non_replicated_deduplication_window = 10000,
    ttl_only_drop_parts = 1,
    min_bytes_for_wide_part = 134217728;
