-- name: applied
-- Every migration that this database has seen.
SELECT version FROM schema_migrations ORDER BY version;
