-- +goose Up
INSERT INTO users (email) VALUES ('ann@example.org'), ('bob@example.org');

-- +goose Down
DELETE FROM users;
