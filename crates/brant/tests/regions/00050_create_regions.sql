-- +goose Up
CREATE TABLE regions (
    id   INTEGER NOT NULL PRIMARY KEY,
    code VARCHAR(10) NOT NULL UNIQUE,
    name VARCHAR(255) NOT NULL
);

-- +goose Down
DROP TABLE IF EXISTS regions;
