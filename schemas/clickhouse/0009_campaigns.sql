-- What findings said about principals that work together: a row for each such
-- finding, under the finding's id. Its reason and figures are in findings, so
-- that no row here names anybody. The newest row of a key stays: read it with
-- FINAL.
CREATE TABLE IF NOT EXISTS campaigns
(
    id            String,
    campaign      String,
    detector      LowCardinality(String),
    severity      Enum8('info' = 0, 'low' = 1, 'medium' = 2, 'high' = 3, 'critical' = 4),
    confidence    Float64,
    window_start  DateTime64(9, 'UTC'),
    window_end    DateTime64(9, 'UTC'),
    detected      DateTime64(9, 'UTC'),
    score         Float64,
    first_seen    DateTime64(9, 'UTC'),
    last_seen     DateTime64(9, 'UTC'),
    size          Int64,
    joined        Int64,
    exchanges     Int64,
    today         Int64,
    input_tokens  Int64,
    output_tokens Int64,
    links         Nested(kind LowCardinality(String), members Int64, others Int64, weight Float64, text String),
    stored_at     DateTime64(9, 'UTC')
)
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(window_start)
ORDER BY (campaign, window_start, id)
TTL toDateTime(window_start) + toIntervalSecond(34560000);

-- Who belongs to a campaign. Seen is when the finding that said so was made, in
-- event time: what an older finding said never takes the place of a newer one's
-- word, and who is not in the newest has an older seen than the others.
CREATE TABLE IF NOT EXISTS campaign_members
(
    campaign      String,
    principal     String CODEC(ZSTD(1)),
    first_seen    DateTime64(9, 'UTC'),
    last_seen     DateTime64(9, 'UTC'),
    exchanges     Int64,
    input_tokens  Int64,
    output_tokens Int64,
    likeness      Float64,
    links         Array(LowCardinality(String)),
    seen          DateTime64(9, 'UTC'),
    INDEX principal_bloom principal TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = ReplacingMergeTree(seen)
ORDER BY (campaign, principal)
TTL toDateTime(seen) + toIntervalSecond(34560000);
