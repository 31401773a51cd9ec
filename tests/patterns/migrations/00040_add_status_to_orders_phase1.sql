-- +goose Up
-- => Phase 1: add the column as NULL; no table rewrite, metadata-only change in PG 12+
ALTER TABLE orders ADD COLUMN IF NOT EXISTS status VARCHAR(50) NULL;
-- => NULL: rows inserted before this migration have NULL status; app code must handle NULL
-- => IF NOT EXISTS: safe to re-run if migration was partially applied
-- +goose Down
-- => Rollback: remove the column; safe because no NOT NULL constraint exists yet
ALTER TABLE orders DROP COLUMN IF EXISTS status;
-- => IF EXISTS: prevents error if phase 1 never completed
