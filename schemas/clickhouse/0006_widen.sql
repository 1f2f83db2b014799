-- What tells a record from its redelivery, the key of its pseudonyms, more of
-- the network, the inventory's word and the features of prompts.
ALTER TABLE events ADD COLUMN IF NOT EXISTS delivery UInt64 CODEC(ZSTD(1)) AFTER request_id;
ALTER TABLE events ADD COLUMN IF NOT EXISTS key_id LowCardinality(String) AFTER delivery;
ALTER TABLE events ADD COLUMN IF NOT EXISTS network Enum8('unknown' = 0, 'hosting' = 1, 'proxy' = 2, 'tor' = 3, 'internal' = 4) AFTER country;
ALTER TABLE events ADD COLUMN IF NOT EXISTS tls LowCardinality(String) AFTER network;
ALTER TABLE events ADD COLUMN IF NOT EXISTS endpoint Enum8('unknown' = 0, 'known' = 1, 'deprecated' = 2, 'internal' = 3, 'unlisted' = 4) AFTER tls;
ALTER TABLE events ADD COLUMN IF NOT EXISTS model_listing Enum8('unknown' = 0, 'known' = 1, 'deprecated' = 2, 'internal' = 3, 'unlisted' = 4) AFTER model;
ALTER TABLE events ADD COLUMN IF NOT EXISTS tool LowCardinality(String) AFTER operation;
ALTER TABLE events ADD COLUMN IF NOT EXISTS cost_estimated Bool AFTER cost;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_simhash UInt64 CODEC(ZSTD(1)) AFTER template_fingerprint;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_minhash Array(UInt32) CODEC(ZSTD(1)) AFTER prompt_simhash;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_script Enum8('unknown' = 0, 'latin' = 1, 'cyrillic' = 2, 'greek' = 3, 'arabic' = 4, 'hebrew' = 5, 'devanagari' = 6, 'thai' = 7, 'han' = 8, 'japanese' = 9, 'hangul' = 10, 'other' = 11, 'mixed' = 12) AFTER prompt_minhash;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_language LowCardinality(String) AFTER prompt_script;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_hidden UInt8 CODEC(ZSTD(1)) AFTER prompt_language;
ALTER TABLE events ADD COLUMN IF NOT EXISTS prompt_signals UInt16 CODEC(ZSTD(1)) AFTER prompt_hidden;
-- The alias shows the bits by name: has(signals, 'injection').
ALTER TABLE events ADD COLUMN IF NOT EXISTS signals Array(String) ALIAS arrayFilter((name, i) -> bitTest(prompt_signals, i),
    ['injection', 'jailbreak', 'prompt_leak', 'reasoning', 'invisible', 'encoded', 'lookalike'], range(7)) AFTER prompt_signals;
