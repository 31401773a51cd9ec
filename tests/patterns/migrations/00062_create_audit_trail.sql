-- +goose Up
-- => Audit trail captures all INSERT/UPDATE/DELETE on monitored tables
CREATE TABLE IF NOT EXISTS audit_trail (
id BIGSERIAL NOT NULL PRIMARY KEY,
-- => BIGSERIAL: audit tables are high-write; BIGINT avoids integer overflow
entity_type VARCHAR(100) NOT NULL,
-- => Which table was changed: 'users', 'orders', 'payments', etc.
entity_id BIGINT NOT NULL,
-- => Primary key of the changed row in the source table
operation VARCHAR(10) NOT NULL CHECK (operation IN ('INSERT', 'UPDATE', 'DELETE')),
-- => CHECK: enforces only valid operation names
old_data JSONB NULL,
-- => NULL for INSERT (no previous state); JSONB for efficient partial queries
new_data JSONB NULL,
-- => NULL for DELETE (no new state)
changed_by TEXT NOT NULL DEFAULT current_user,
-- => current_user: PostgreSQL session user; useful for DB-level auth systems
changed_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);
-- => Index for querying audit history of a specific entity
CREATE INDEX IF NOT EXISTS idx_audit_trail_entity
ON audit_trail (entity_type, entity_id, changed_at DESC);
-- => Composite index: fast "show history for users.id=42" queries
-- => changed_at DESC: most recent events returned first by default
-- => Generic trigger function reused by all monitored tables
CREATE OR REPLACE FUNCTION audit_trail_trigger() RETURNS TRIGGER AS $$
BEGIN
IF TG_OP = 'INSERT' THEN
-- => TG_OP: trigger operation type; set by PostgreSQL for each trigger call
INSERT INTO audit_trail (entity_type, entity_id, operation, new_data)
VALUES (TG_TABLE_NAME, NEW.id, 'INSERT', row_to_json(NEW)::jsonb);
-- => TG_TABLE_NAME: name of the table that fired the trigger
RETURN NEW;
ELSIF TG_OP = 'UPDATE' THEN
INSERT INTO audit_trail (entity_type, entity_id, operation, old_data, new_data)
VALUES (TG_TABLE_NAME, NEW.id, 'UPDATE', row_to_json(OLD)::jsonb, row_to_json(NEW)::jsonb);
-- => OLD: row state before the UPDATE; NEW: row state after
RETURN NEW;
ELSIF TG_OP = 'DELETE' THEN
INSERT INTO audit_trail (entity_type, entity_id, operation, old_data)
VALUES (TG_TABLE_NAME, OLD.id, 'DELETE', row_to_json(OLD)::jsonb);
RETURN OLD;
END IF;
RETURN NULL;
END;
$$ LANGUAGE plpgsql;
-- => plpgsql: PostgreSQL procedural language; required for conditional trigger logic
-- => Attach trigger to the users table
CREATE OR REPLACE TRIGGER users_audit_trigger
AFTER INSERT OR UPDATE OR DELETE ON users
FOR EACH ROW EXECUTE FUNCTION audit_trail_trigger();
-- => AFTER: trigger fires after the operation completes; row is committed
-- => FOR EACH ROW: fires once per modified row (not once per statement)
-- +goose Down
DROP TRIGGER IF EXISTS users_audit_trigger ON users;
DROP FUNCTION IF EXISTS audit_trail_trigger;
DROP INDEX IF EXISTS idx_audit_trail_entity;
DROP TABLE IF EXISTS audit_trail;
-- => ORDER MATTERS: drop trigger before function, function before table
