-- +goose Up
-- => Step 1: enable pgcrypto extension if not already present
CREATE EXTENSION IF NOT EXISTS pgcrypto;
-- => pgcrypto provides pgp_sym_encrypt/decrypt and gen_random_bytes
-- => IF NOT EXISTS: idempotent; safe to re-run on a DB where it is already installed
-- => Step 2: add encrypted column alongside plaintext for migration window
ALTER TABLE employees ADD COLUMN IF NOT EXISTS ssn_encrypted BYTEA NULL;
-- => BYTEA: stores raw binary output of pgp_sym_encrypt
-- => NULL initially: backfill Go migration will populate this from ssn_plaintext
-- => Step 3: add deterministic hash column for equality lookups
ALTER TABLE employees ADD COLUMN IF NOT EXISTS ssn_hash TEXT NULL;
-- => ssn_hash = SHA-256(ssn_plaintext); enables "find by SSN" without decrypting
-- => Cannot index ssn_encrypted directly (different ciphertext each time due to random IV)
-- +goose Down
ALTER TABLE employees DROP COLUMN IF EXISTS ssn_hash;
ALTER TABLE employees DROP COLUMN IF EXISTS ssn_encrypted;
-- => Do NOT drop the pgcrypto extension (other tables may depend on it)
