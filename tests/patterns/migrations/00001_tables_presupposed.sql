-- The tables that the patterns below presuppose.
-- +goose Up
CREATE TABLE users (
    id BIGSERIAL PRIMARY KEY,
    email TEXT NOT NULL
);
CREATE TABLE orders (
    id BIGSERIAL PRIMARY KEY,
    customer_id BIGINT NOT NULL,
    legacy_notes TEXT NULL DEFAULT ''
);
CREATE TABLE accounts (
    id BIGSERIAL PRIMARY KEY,
    owner TEXT NOT NULL
);
CREATE TABLE employees (
    id BIGSERIAL PRIMARY KEY,
    ssn_plaintext TEXT NULL
);
INSERT INTO users (email) VALUES ('ada@example.com'), ('bob@example.com');
INSERT INTO orders (customer_id) SELECT g FROM generate_series(1, 100) g;
INSERT INTO accounts (owner) VALUES ('ada');
INSERT INTO employees (ssn_plaintext) VALUES ('123-45-6789');
-- +goose Down
DROP TABLE employees;
DROP TABLE accounts;
DROP TABLE orders;
DROP TABLE users;
