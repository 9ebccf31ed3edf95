-- name: come
-- A row of this process alone, so that no other waits for it.
INSERT INTO watches (name, since, seen_at) VALUES (:name, @now, @now);

-- name: go
-- In the same transaction: nothing stays but the synced commit.
DELETE FROM watches WHERE name = :name;

-- name: checksums (sqlite)
-- SQLite has none; its pages are checked as they are read (cell_size_check).
SELECT 'on';

-- name: checksums (postgres)
-- Whether damage of a page would be noticed when it is read.
SELECT current_setting('data_checksums');
