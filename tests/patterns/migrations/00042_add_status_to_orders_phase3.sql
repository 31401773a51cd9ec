-- +goose Up
-- => Phase 3: enforce NOT NULL now that all rows have a value
ALTER TABLE orders ALTER COLUMN status SET NOT NULL;
-- => PostgreSQL validates the constraint by scanning the table; no rewrite needed in PG 11+
-- => Fast because all rows already have non-NULL values from phase 2
-- +goose Down
-- => Rollback: remove the constraint so the column becomes nullable again
ALTER TABLE orders ALTER COLUMN status DROP NOT NULL;
