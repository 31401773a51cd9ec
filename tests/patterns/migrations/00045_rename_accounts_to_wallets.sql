-- +goose Up
-- +goose NO TRANSACTION
-- => NO TRANSACTION: two separate DDL steps that each need their own lock state
-- Step 1: rename the table
ALTER TABLE accounts RENAME TO wallets;
-- => ACCESS EXCLUSIVE lock; completes in milliseconds; old name is now invalid
-- Step 2: create a view with the old name so legacy code keeps working
CREATE OR REPLACE VIEW accounts AS SELECT * FROM wallets;
-- => Any SELECT/INSERT/UPDATE against "accounts" now goes through this view
-- => INSERT and UPDATE on simple views work transparently in PostgreSQL
-- => Complex views (joins, aggregates) may require INSTEAD OF triggers for writes
-- +goose Down
-- => Rollback: remove the view and rename back
DROP VIEW IF EXISTS accounts;
ALTER TABLE wallets RENAME TO accounts;
-- => Restores original structure; ORDER MATTERS: drop view before renaming
