-- The transition of 00045 is over; `accounts` is a table again for the patterns below.
-- +goose Up
DROP VIEW accounts;
ALTER TABLE wallets RENAME TO accounts;
-- +goose Down
ALTER TABLE accounts RENAME TO wallets;
CREATE VIEW accounts AS SELECT * FROM wallets;
