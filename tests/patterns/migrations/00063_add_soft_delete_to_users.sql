-- +goose Up
-- => Add soft delete columns to users table
ALTER TABLE users ADD COLUMN IF NOT EXISTS deleted_at TIMESTAMPTZ NULL;
-- => NULL means the row is active; non-NULL means the row is soft-deleted
-- => TIMESTAMPTZ: records when deletion occurred with timezone awareness
ALTER TABLE users ADD COLUMN IF NOT EXISTS deleted_by TEXT NULL;
-- => Who deleted the row; useful for audit and compliance reporting
-- => Partial index: speeds up all queries that exclude soft-deleted rows
CREATE UNIQUE INDEX IF NOT EXISTS idx_users_email_active
ON users (email)
WHERE deleted_at IS NULL;
-- => Unique constraint only on active rows: allows email reuse after soft delete
-- => Without WHERE: soft-deleted rows would block re-registration with same email
-- +goose Down
DROP INDEX IF EXISTS idx_users_email_active;
ALTER TABLE users DROP COLUMN IF EXISTS deleted_by;
ALTER TABLE users DROP COLUMN IF EXISTS deleted_at;
-- => Drop index before columns: prevents constraint violations during rollback
