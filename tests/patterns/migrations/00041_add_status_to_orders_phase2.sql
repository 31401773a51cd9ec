-- +goose Up
-- +goose NO TRANSACTION
-- => NO TRANSACTION: batched updates in a loop; each batch is its own transaction
UPDATE orders SET status = 'active' WHERE status IS NULL;
-- => Sets a sensible default for all pre-existing rows
-- => For tables > 1M rows, replace with a Go migration using batched UPDATEs (see Example 66)
-- +goose Down
-- => Rollback phase 2: restore NULLs so phase 1 Down can drop the column cleanly
UPDATE orders SET status = NULL WHERE status = 'active';
