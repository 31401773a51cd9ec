-- +goose Up
CREATE TABLE shops (
    id        INTEGER NOT NULL PRIMARY KEY,
    region_id INTEGER NOT NULL REFERENCES regions (id)
);

-- +goose Down
DROP TABLE shops;
