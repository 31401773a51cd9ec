-- +goose Up
CREATE INDEX sales_by_product ON sales (product);

-- +goose Down
DROP INDEX sales_by_product;
