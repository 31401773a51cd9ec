-- +goose Up
INSERT INTO users VALUES ('ada');
-- +goose Down
DELETE FROM users;
