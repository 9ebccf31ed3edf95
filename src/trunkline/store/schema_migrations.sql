-- name: applied
-- Every migration that this database has seen.
SELECT * FROM schema_migrations ORDER BY version;
