-- +goose Up
CREATE TABLE users (name text NOT NULL);
-- +goose Down
DROP TABLE users;
