-- +goose Up
CREATE TABLE order_log (
    order_id INTEGER NOT NULL,
    logged_at TEXT NOT NULL
);

-- The body of the trigger holds semicolons; brant knows where it ends.
CREATE TRIGGER log_order AFTER INSERT ON orders
BEGIN
    INSERT INTO order_log (order_id, logged_at) VALUES (NEW.id, datetime('now'));
END;

INSERT INTO customers (email) VALUES ('ada@example.com');
INSERT INTO orders (customer_id, total_cents) VALUES (1, 4200);

-- +goose Down
DELETE FROM orders;
DELETE FROM customers;
DROP TRIGGER log_order;
DROP TABLE order_log;
