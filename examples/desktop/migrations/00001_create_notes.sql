-- +goose Up
CREATE TABLE notes (
    id   INTEGER PRIMARY KEY,
    text TEXT NOT NULL
);

-- +goose Down
DROP TABLE notes;
