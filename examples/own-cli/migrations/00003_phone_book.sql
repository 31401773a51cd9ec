-- +goose Up
CREATE TABLE phones (phone VARCHAR(40) NOT NULL PRIMARY KEY);
INSERT INTO phones SELECT phone FROM customers;

-- +goose Down
DROP TABLE phones;
