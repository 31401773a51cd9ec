-- +goose Up
CREATE TABLE orders (
    id INTEGER PRIMARY KEY,
    customer_id INTEGER NOT NULL REFERENCES customers (id),
    total_cents INTEGER NOT NULL CHECK (total_cents >= 0),
    note TEXT NOT NULL DEFAULT 'no note; a semicolon in a string ends nothing'
);

CREATE INDEX orders_by_customer ON orders (customer_id);

-- +goose Down
DROP TABLE orders;
