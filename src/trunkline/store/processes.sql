-- name: beat
-- A process is alive, or new.
INSERT INTO processes (id, host, roles, started_at, expires_at)
VALUES (:id, :host, :roles, @now, @now + CAST(:life_ms AS BIGINT))
ON CONFLICT (id) DO UPDATE SET expires_at = excluded.expires_at;

-- name: living
-- The processes that were heard of lately, with their age in milliseconds.
SELECT id, host, roles, @now - started_at FROM processes WHERE expires_at > @now ORDER BY id;

-- name: leave
DELETE FROM processes WHERE id = :id;

-- name: died_since
-- Whether a process that takes providers' posts ended without a word after a moment.
SELECT 1 FROM processes
WHERE expires_at > :since AND expires_at <= @now AND ',' || roles || ',' LIKE '%,hooks,%' LIMIT 1;

-- name: forget_dead
-- Those that ended without a word, some time ago.
DELETE FROM processes WHERE expires_at < @now - CAST(:for_ms AS BIGINT) RETURNING id;
