-- +goose Up
DROP TABLE users;

-- +goose Down
CREATE TABLE users (id integer PRIMARY KEY, email text NOT NULL);
