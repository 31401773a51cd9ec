-- +goose Up
-- => Phase 1: remove DEFAULT so new rows do not populate this column
-- => Application must be updated to not SELECT/INSERT this column before phase 2
ALTER TABLE orders ALTER COLUMN legacy_notes DROP DEFAULT;
-- => After this, app code should treat the column as non-existent
-- +goose Down
ALTER TABLE orders ALTER COLUMN legacy_notes SET DEFAULT '';
-- => Restores the default; safe rollback if app code change is reverted
