-- +goose Up
CREATE TABLE products (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    in_stock INTEGER NOT NULL DEFAULT 0 CHECK (in_stock >= 0)
);

-- +goose Down
DROP TABLE products;
