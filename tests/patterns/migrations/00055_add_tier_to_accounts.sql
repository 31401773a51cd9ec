-- => Blue-green compatible migration: backward-compatible schema change
-- +goose Up
-- => Rule 1: new columns must be nullable or have a default
-- => This allows the old (blue) app to keep INSERTing without supplying the new column
ALTER TABLE accounts ADD COLUMN IF NOT EXISTS tier VARCHAR(20) NULL DEFAULT 'standard';
-- => NULL: old app INSERT statements omit this column; DB stores NULL or default
-- => DEFAULT 'standard': new app reads this column; gets sensible value on old rows
-- => Rule 2: do NOT rename columns or tables in a blue-green migration
-- => Rule 3: do NOT add NOT NULL constraints without defaults during the switch window
-- +goose Down
ALTER TABLE accounts DROP COLUMN IF EXISTS tier;
