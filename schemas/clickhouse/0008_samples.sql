-- Findings name requests of their window, and the model that they are about.
ALTER TABLE findings ADD COLUMN IF NOT EXISTS samples Array(String) AFTER techniques.name;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS provider LowCardinality(String) AFTER query;
ALTER TABLE findings ADD COLUMN IF NOT EXISTS model LowCardinality(String) AFTER provider;
