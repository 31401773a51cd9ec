-- +goose Up
CREATE TABLE sales (
    product INTEGER NOT NULL REFERENCES products (id),
    pieces INTEGER NOT NULL CHECK (pieces > 0)
);
CREATE TRIGGER take_from_stock AFTER INSERT ON sales
BEGIN
    UPDATE products SET in_stock = in_stock - NEW.pieces WHERE id = NEW.product;
END;

-- +goose Down
DROP TABLE sales;
