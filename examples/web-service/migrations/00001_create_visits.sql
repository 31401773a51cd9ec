-- +goose Up
CREATE TABLE visits (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path text NOT NULL
);

-- +goose Down
DROP TABLE visits;
