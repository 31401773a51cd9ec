-- => Adds schema for recommendations feature behind feature flag
-- => Schema is deployed before the feature is enabled; app code gates access to it
-- +goose Up
-- => Create table now; application code reads it only when flag is ON
CREATE TABLE IF NOT EXISTS recommendations (
id UUID NOT NULL DEFAULT gen_random_uuid() PRIMARY KEY,
-- => gen_random_uuid(): PostgreSQL 13+ built-in; no pgcrypto needed
user_id BIGINT NOT NULL REFERENCES users(id) ON DELETE CASCADE,
-- => CASCADE: deleting a user removes their recommendations automatically
item_id BIGINT NOT NULL,
score NUMERIC(5,4) NOT NULL CHECK (score >= 0 AND score <= 1),
-- => NUMERIC(5,4): 5 digits total, 4 decimal places; stores scores 0.0000-1.0000
-- => CHECK constraint: enforces valid probability range at DB level
created_at TIMESTAMPTZ NOT NULL DEFAULT NOW(),
expires_at TIMESTAMPTZ NULL
-- => expires_at NULL means recommendation never expires
);
CREATE INDEX IF NOT EXISTS idx_recommendations_user_score
ON recommendations (user_id, score DESC)
WHERE expires_at IS NULL;
-- => Partial index: only recommendations that never expire (NOW() is not allowed here: it is not immutable)
-- => score DESC: supports "top N recommendations for user" queries efficiently
-- +goose Down
DROP INDEX IF EXISTS idx_recommendations_user_score;
DROP TABLE IF EXISTS recommendations;
-- => Drop index before table: avoids dependency conflicts
