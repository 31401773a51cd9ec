-- +goose Up
-- +goose NO TRANSACTION
-- => CRITICAL: CREATE INDEX CONCURRENTLY must run outside a transaction
-- => Without NO TRANSACTION, Goose wraps this in a transaction and PG returns an error
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_orders_customer_status
ON orders (customer_id, status)
WHERE status IN ('pending', 'processing');
-- => Partial index: only indexes rows matching the WHERE clause
-- => Smaller index size; faster writes for rows in other statuses
-- => CONCURRENTLY: allows reads AND writes during index build (no ACCESS EXCLUSIVE lock)
-- => Build time: proportional to table size; can take minutes on large tables
-- => IF NOT EXISTS: idempotent; safe to re-run if migration was interrupted
-- +goose Down
-- +goose NO TRANSACTION
-- => DROP INDEX CONCURRENTLY also requires no transaction
DROP INDEX CONCURRENTLY IF EXISTS idx_orders_customer_status;
-- => CONCURRENTLY: drops without locking the table for writes
