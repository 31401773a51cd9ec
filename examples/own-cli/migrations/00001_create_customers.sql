-- +goose Up
CREATE TABLE customers (
    id    INTEGER NOT NULL PRIMARY KEY,
    name  VARCHAR(100) NOT NULL,
    phone VARCHAR(40) NOT NULL
);
INSERT INTO customers (id, name, phone) VALUES (1, 'Ada', '+1 (555) 010-1234'), (2, 'Bo', '555-010-9876');

-- +goose Down
DROP TABLE customers;
