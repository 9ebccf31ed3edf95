-- name: keep
-- It is watched still.
INSERT INTO watches (name, since, seen_at) VALUES (:name, :since, :seen_at)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at;

-- name: begin
-- It is watched anew: what came before may have been missed. Of several processes the last one counts.
INSERT INTO watches (name, since, seen_at) VALUES (:name, :since, :seen_at)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at,
    since = CASE WHEN excluded.since > watches.since THEN excluded.since ELSE watches.since END;

-- name: get
SELECT since, seen_at FROM watches WHERE name = :name;
