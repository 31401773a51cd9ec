-- +goose Up
CREATE INDEX visits_by_path ON visits (path);

-- +goose Down
DROP INDEX visits_by_path;
