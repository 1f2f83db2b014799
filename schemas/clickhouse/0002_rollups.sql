-- Per-minute sums, kept longer than the events. Each view's target has a
-- deduplication window of its own: an insert that is repeated reaches the views
-- again, and only the target's window drops what it already has.
CREATE TABLE IF NOT EXISTS rollup_principal
(
    minute        DateTime('UTC') CODEC(Delta, ZSTD(1)),
    tenant        LowCardinality(String),
    principal     String CODEC(ZSTD(1)),
    requests      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failures      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unauthorized  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    forbidden     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    throttled     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    input_tokens  SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    output_tokens SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    cost          SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes         SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    addresses     AggregateFunction(uniq, IPv6)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (principal, tenant, minute)
TTL minute + toIntervalSecond(34560000)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
    min_bytes_for_wide_part = 134217728;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_principal_view TO rollup_principal AS
SELECT
    toStartOfMinute(toDateTime(time)) AS minute,
    tenant,
    principal,
    count() AS requests,
    countIf(status >= 400) AS failures,
    countIf(status = 401) AS unauthorized,
    countIf(status = 403) AS forbidden,
    countIf(status = 429) AS throttled,
    countIf(status >= 500) AS server_errors,
    sum(ifNull(input_tokens, 0)) AS input_tokens,
    sum(ifNull(output_tokens, 0)) AS output_tokens,
    sum(ifNull(cost, 0)) AS cost,
    sum(ifNull(request_bytes, 0) + ifNull(response_bytes, 0)) AS bytes,
    uniqState(client) AS addresses
FROM events
GROUP BY minute, tenant, principal;

CREATE TABLE IF NOT EXISTS rollup_address
(
    minute        DateTime('UTC') CODEC(Delta, ZSTD(1)),
    client        IPv6 CODEC(ZSTD(1)),
    requests      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failures      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unauthorized  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    forbidden     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    throttled     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    bytes         SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    principals    AggregateFunction(uniq, String),
    credentials   AggregateFunction(uniq, String)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (client, minute)
TTL minute + toIntervalSecond(34560000)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
    min_bytes_for_wide_part = 134217728;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_address_view TO rollup_address AS
SELECT
    toStartOfMinute(toDateTime(time)) AS minute,
    client,
    count() AS requests,
    countIf(status >= 400) AS failures,
    countIf(status = 401) AS unauthorized,
    countIf(status = 403) AS forbidden,
    countIf(status = 429) AS throttled,
    countIf(status >= 500) AS server_errors,
    sum(ifNull(request_bytes, 0) + ifNull(response_bytes, 0)) AS bytes,
    uniqState(principal) AS principals,
    uniqState(credential) AS credentials
FROM events
GROUP BY minute, client;

CREATE TABLE IF NOT EXISTS rollup_route
(
    minute        DateTime('UTC') CODEC(Delta, ZSTD(1)),
    tenant        LowCardinality(String),
    method        LowCardinality(String),
    route         LowCardinality(String),
    model         LowCardinality(String),
    requests      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    failures      SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    unauthorized  SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    forbidden     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    throttled     SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    server_errors SimpleAggregateFunction(sum, UInt64) CODEC(T64, ZSTD(1)),
    input_tokens  SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    output_tokens SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    cost          SimpleAggregateFunction(sum, Float64) CODEC(ZSTD(1)),
    bytes         SimpleAggregateFunction(sum, Int64) CODEC(T64, ZSTD(1)),
    principals    AggregateFunction(uniq, String),
    addresses     AggregateFunction(uniq, IPv6),
    latency_ms    AggregateFunction(quantilesTDigest(0.5, 0.9, 0.99), Float32)
)
ENGINE = AggregatingMergeTree
PARTITION BY toYYYYMMDD(minute)
ORDER BY (route, method, model, tenant, minute)
TTL minute + toIntervalSecond(34560000)
SETTINGS non_replicated_deduplication_window = 10000, ttl_only_drop_parts = 1,
    min_bytes_for_wide_part = 134217728;

CREATE MATERIALIZED VIEW IF NOT EXISTS rollup_route_view TO rollup_route AS
SELECT
    toStartOfMinute(toDateTime(time)) AS minute,
    tenant,
    method,
    route,
    model,
    count() AS requests,
    countIf(status >= 400) AS failures,
    countIf(status = 401) AS unauthorized,
    countIf(status = 403) AS forbidden,
    countIf(status = 429) AS throttled,
    countIf(status >= 500) AS server_errors,
    sum(ifNull(input_tokens, 0)) AS input_tokens,
    sum(ifNull(output_tokens, 0)) AS output_tokens,
    sum(ifNull(cost, 0)) AS cost,
    sum(ifNull(request_bytes, 0) + ifNull(response_bytes, 0)) AS bytes,
    uniqState(principal) AS principals,
    uniqState(client) AS addresses,
    quantilesTDigestStateIf(0.5, 0.9, 0.99)(toFloat32(ifNull(latency, 0) / 1e6), latency IS NOT NULL) AS latency_ms
FROM events
GROUP BY minute, tenant, method, route, model;
