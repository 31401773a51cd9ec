-- +goose Up
-- => Phase 2: safe to drop now that no running application code reads this column
ALTER TABLE orders DROP COLUMN IF EXISTS legacy_notes;
-- => ACCESS EXCLUSIVE lock is brief; column removal is fast in PostgreSQL
-- +goose Down
-- => Rollback: re-add the column so old app versions can run again if needed
ALTER TABLE orders ADD COLUMN IF NOT EXISTS legacy_notes TEXT NULL DEFAULT '';
-- => Cannot restore data; this only restores the schema structure
